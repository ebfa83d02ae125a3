#!/usr/bin/env bash
# The whole test suite: installs what is missing, then formatting, lints, tests, and an independent AWS (moto).
#
# usage: tests/run.sh            everything
#        AWSENV_TEST_OFFLINE=1 tests/run.sh    installs nothing; what is missing is still a failure
set -euo pipefail
cd "$(dirname "$0")/.."

# A missing tool fails the tests that need it, in place of leaving them out.
export AWSENV_TEST_ALL=1
export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-auto}"

started=$SECONDS
step_started=$SECONDS
step_name=

# Prints how long the step took, and the heading of the next.
step() {
    if [ -n "$step_name" ]; then
        printf -- '--- %s: %d s\n' "$step_name" "$((SECONDS - step_started))"
    fi
    step_name=$1
    step_started=$SECONDS
    if [ -n "$step_name" ]; then
        printf '\n=== %s\n' "$step_name"
    fi
}

# ---- what the suite needs ----

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# The program and the Debian package that has it.
needs='zsh:zsh fish:fish ksh:ksh mksh:mksh dash:dash busybox:busybox strace:strace valgrind:valgrind tmux:tmux'
needs="$needs direnv:direnv setsid:util-linux setpriv:util-linux fzf:fzf mandoc:mandoc man:man-db python3:python3 openssl:openssl jq:jq bash:bash unshare:util-linux ip:iproute2"
needs="$needs npm:npm dbus-run-session:dbus gnome-keyring-daemon:gnome-keyring secret-tool:libsecret-tools gdb:gdb tcsh:tcsh elvish:elvish xonsh:xonsh"
# A browser that a person would sign in with.
needs="$needs chromium:chromium chromedriver:chromium-driver"
# For what a terminal shows besides text.
needs="$needs xterm:xterm Xvfb:xvfb import:imagemagick xprop:x11-utils screen:screen"
# For a clock that is wrong.
needs="$needs faketime:faketime"

install_programs() {
    local missing=() need
    for need in $needs; do
        command -v "${need%%:*}" >/dev/null || missing+=("${need#*:}")
    done
    # The module may be missing where Python is not.
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
    if [ "${#missing[@]}" = 0 ]; then
        echo 'all there'
    elif [ -n "${AWSENV_TEST_OFFLINE:-}" ]; then
        echo "missing: ${missing[*]}"
    elif command -v apt-get >/dev/null; then
        echo "installing: ${missing[*]}"
        as_root apt-get update -qq
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    else
        echo "missing, and there is no apt-get to install them: ${missing[*]}" >&2
        exit 1
    fi
}

venv=target/test-venv

install_clients() {
    # The copy of the pins is written last: a venv that was cut off on the way is made again.
    if cmp -s tests/requirements.txt "$venv/requirements.txt"; then
        echo 'all there'
        return
    fi
    rm -rf "$venv"
    mkdir -p target
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/requirements.txt
    cp tests/requirements.txt "$venv/requirements.txt"
}

# Packages of npm, one a line; nothing of them is run while they are installed.
npm_packages='
nushell@0.115.1
pure-prompt@1.28.3
spaceship-prompt@4.22.5
'

# The shell among them is found like any other.
PATH="$PWD/target/test-npm/node_modules/.bin:$PATH"

install_npm_packages() {
    local folder=target/test-npm
    if [ "$(cat "$folder/packages" 2>/dev/null)" = "$(printf %s "$npm_packages")" ]; then
        echo 'all there'
    elif [ -n "${AWSENV_TEST_OFFLINE:-}" ]; then
        echo 'missing'
    else
        rm -rf "$folder"
        mkdir -p "$folder"
        # shellcheck disable=SC2086 # one word for each package
        npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent $npm_packages
        printf '%s\n' "$npm_packages" >"$folder/packages"
    fi
}

# A program of crates.io, built as fast as can be: how it performs is of no matter here.
install_starship() {
    local version=1.27.0
    if [ "$(target/test-cargo/bin/starship --version 2>/dev/null | head -n 1)" = "starship $version" ]; then
        echo 'all there'
    elif [ -n "${AWSENV_TEST_OFFLINE:-}" ]; then
        echo 'missing'
    else
        CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
            cargo install starship --version "$version" --locked --quiet --no-default-features --root target/test-cargo
    fi
}

# ---- tests ----

# cargo_test ARGUMENTS…: with nextest where it is installed.
cargo_test() {
    if command -v cargo-nextest >/dev/null; then
        cargo nextest run --locked --no-fail-fast "$@"
        # nextest does not run the examples in the documentation.
        cargo test --locked --quiet --doc "$@"
    else
        cargo test --locked --no-fail-fast "$@"
    fi
}

step 'programs'
install_programs

step 'moto, boto3 and the aws CLI'
install_clients

step 'nushell, spaceship and pure'
install_npm_packages

step 'prompt engines: starship'
install_starship

step 'formatting'
cargo fmt --check

step 'lints'
cargo clippy --locked --all-targets -- -D warnings
cargo clippy --locked --all-targets --no-default-features -- -D warnings

step 'the fuzz targets compile'
# Where dependencies have changed, the same without --locked writes their versions anew.
cargo check --locked --manifest-path fuzz/Cargo.toml --no-default-features --target-dir target

step 'macOS: it compiles'
# Without the AWS SDK, whose cryptography is built with the other system's C compiler.
macos=aarch64-apple-darwin
if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$macos" ] && [ -z "${AWSENV_TEST_OFFLINE:-}" ]; then
    rustup target add "$macos" || true
fi
if [ -d "$(rustc --print sysroot)/lib/rustlib/$macos" ]; then
    cargo clippy --locked --no-default-features --features keyring --target "$macos" -- -D warnings
else
    echo "left out: there is no standard library for $macos here"
fi

step 'dependencies: licences, bans, sources, advisories'
command -v cargo-deny >/dev/null || cargo install --locked --quiet cargo-deny
cargo deny --locked check bans licenses sources
# The advisories are a repository of their own, which not every machine may fetch.
if cargo deny --locked fetch db >/dev/null 2>&1; then
    cargo deny --locked check advisories
else
    echo 'left out: the database of advisories cannot be fetched here'
fi

step 'tests without the AWS SDK'
cargo_test --no-default-features

step 'tests'
cargo_test

step 'release binary'
cargo build --release --locked

step 'the benches still run'
benches/run.sh --smoke

step 'an independent AWS: moto, with boto3 and the aws CLI as clients'
"$venv/bin/python" tests/moto/run.py target/release/awsenv

step 'the AWS files, as botocore reads them'
"$venv/bin/python" tests/botocore_compare.py target/release/awsenv

step 'PowerShell, as a parser reads it'
"$venv/bin/python" tests/powershell_parse.py target/release/awsenv
step 'the vault, as the reader in docs/vault.md reads it'
"$venv/bin/python" tests/vault_reader.py target/release/awsenv

step 'a real browser: Chromium signs in'
"$venv/bin/python" tests/browser/sign_in.py target/release/awsenv

step 'the demo, as a newcomer starts it'
target/release/awsenv demo </dev/null >/dev/null
echo 'exit code 0'

step ''
printf '\nall passed in %d s\n' "$((SECONDS - started))"
