#!/usr/bin/env python3
"""The main job against an AWS that is not ours: moto_server, with the aws CLI and boto3 as clients.

usage: run.py AWSENV    (the binary; run by tests/run.sh with the Python of its venv)

Three accounts, each with a user; moto checks signatures and policies. In every shell, whatever it held before, the
account that the clients see after a switch must be the one that awsenv named; after a failed one they must see none.
The same for every combination of verb, mode and option, in bash, and for what later steps of a CI job get.
"""

import http.server
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import boto3
import cli_cache
import web_identity
from combinations import Combinations, tell
from later_steps import LaterSteps
from rotate import Rotate

PRODUCTION, STAGING, SANDBOX = "111122223333", "444455556666", "777788889999"
ALIASES = {PRODUCTION: "acme-prod", STAGING: "acme-staging", SANDBOX: None}
CHAIN_ROLE = f"arn:aws:iam::{PRODUCTION}:role/Admin"
EVERYTHING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
# Profile → the account it must turn out to be.
PROFILES = {"staging": STAGING, "production": PRODUCTION, "sandbox": SANDBOX, "chain": PRODUCTION}
SHELLS = ["bash", "zsh", "dash", "ksh", "mksh", "fish"]
BIN = Path(sys.executable).parent
ASK_BOTO3 = 'import boto3; print(boto3.client("sts", region_name="us-east-1").get_caller_identity()["Account"])'


def grouped(account):
    """As people are shown it."""
    return f"{account[:4]}-{account[4:8]}-{account[8:]}"


class Moto:
    """A moto_server of our own, ended by its process ID."""

    def __enter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8"}
        command = [BIN / "moto_server", "-H", "127.0.0.1", "-p", str(port)]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/moto-api/", timeout=5).read()
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    sys.exit("moto_server did not come up")
                time.sleep(0.1)

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def client(self, service, account):
        """A client that acts in an account, before moto begins to check."""
        keys = {"aws_access_key_id": "setup", "aws_secret_access_key": "setup"}
        client = boto3.client(service, endpoint_url=self.url, region_name="us-east-1", **keys)

        def act_in_account(request, **_):
            request.headers["x-moto-account-id"] = account

        client.meta.events.register("before-send", act_in_account)
        return client

    def check_signatures(self):
        """From here on every request needs a right signature and a policy that allows it."""
        url, headers = f"{self.url}/moto-api/reset-auth", {"Content-Type": "text/plain"}
        request = urllib.request.Request(url, data=b"0", headers=headers, method="POST")
        urllib.request.urlopen(request, timeout=10).read()


def make_accounts(moto):
    """Users, roles and aliases. Returns account → (key ID, secret)."""
    keys = {}
    for account, alias in ALIASES.items():
        iam = moto.client("iam", account)
        iam.create_user(UserName="ada", Path="/team/")
        iam.put_user_policy(UserName="ada", PolicyName="all", PolicyDocument=EVERYTHING)
        key = iam.create_access_key(UserName="ada")["AccessKey"]
        keys[account] = (key["AccessKeyId"], key["SecretAccessKey"])
        if alias:
            iam.create_account_alias(AccountAlias=alias)
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam.create_role(RoleName="Admin", AssumeRolePolicyDocument=document)
        iam.put_role_policy(RoleName="Admin", PolicyName="all", PolicyDocument=EVERYTHING)
    return keys


def write_home(home, keys):
    """~/.aws with the profiles; [default] is production, so that falling through to it shows."""
    aws = home / ".aws"
    aws.mkdir(mode=0o700)
    regions = "".join(f"[profile {name}]\nregion = eu-west-1\n" for name in ("staging", "production", "sandbox"))
    chain = f"[profile chain]\nregion = eu-west-1\nrole_arn = {CHAIN_ROLE}\nsource_profile = staging-admin\n"
    hop = f"[profile staging-admin]\nrole_arn = arn:aws:iam::{STAGING}:role/Admin\nsource_profile = staging\n"
    (aws / "config").write_text(regions + chain + hop)
    # What SDKs take from awsenv, and one whose pin is wrong.
    by = "[profile by-{0}]\nregion = eu-west-1\ncredential_process = awsenv credential-process {0}\n"
    wrong = f"[profile wrong]\nawsenv_account_id = {STAGING}\nsource_profile = staging\nrole_arn = {CHAIN_ROLE}\n"
    with (aws / "config").open("a") as config:
        config.write("".join(by.format(name) for name in [*PROFILES, "wrong"]) + wrong)
        config.write(cli_cache.profiles(CHAIN_ROLE, PRODUCTION))
        config.write(web_identity.profiles(CHAIN_ROLE, home / "token"))
    named = {"default": PRODUCTION, "staging": STAGING, "production": PRODUCTION, "sandbox": SANDBOX}
    lines = "[{}]\naws_access_key_id = {}\naws_secret_access_key = {}\n"
    (aws / "credentials").write_text("".join(lines.format(name, *keys[account]) for name, account in named.items()))
    (aws / "credentials").chmod(0o600)
    (home / "token").write_text("a.web.token")


class ContainerCredentials(http.server.BaseHTTPRequestHandler):
    """What a container's credential endpoint says: production."""

    answer = b""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_):
        pass


def container_server(moto):
    """Serves credentials of a role in production."""
    sts = moto.client("sts", PRODUCTION)
    given = sts.assume_role(RoleArn=CHAIN_ROLE, RoleSessionName="container")["Credentials"]
    answer = {name: given[name] for name in ("AccessKeyId", "SecretAccessKey")}
    answer |= {"Token": given["SessionToken"], "Expiration": given["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ")}
    ContainerCredentials.answer = json.dumps(answer).encode()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), ContainerCredentials)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/credentials"


class Checks:
    """Counts, and says what failed."""

    def __init__(self):
        self.passed = self.failed = 0

    def equal(self, what, actual, expected, more=""):
        if actual == expected:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}: expected {expected!r}, got {actual!r}\n{more}", flush=True)

    def true(self, what, condition, more=""):
        self.equal(what, bool(condition), True, more)


class Runner:
    def __init__(self, binary, home, url, states):
        self.states = states
        self.checks = Checks()
        self.home = home
        tools = home / "bin"
        tools.mkdir()
        (tools / "awsenv").symlink_to(binary)
        (tools / "ask-boto3").write_text(f"#!/bin/sh\nexec {sys.executable} -c '{ASK_BOTO3}'\n")
        (tools / "ask-cli").write_text(
            f"#!/bin/sh\nexec {BIN / 'aws'} sts get-caller-identity --query Account --output text --region us-east-1\n"
        )
        (tools / "tell").write_text(tell(BIN))
        for tool in ("ask-boto3", "ask-cli", "tell"):
            (tools / tool).chmod(0o755)
        self.environment = {
            "HOME": str(home),
            "PATH": f"{tools}:{BIN}:{os.environ['PATH']}",
            "TERM": "xterm",
            "LANG": "C.UTF-8",
            "AWS_ENDPOINT_URL": url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
        }

    def run(self, command, state=None):
        environment = self.environment | self.states.get(state, {})
        return subprocess.run(
            command, env=environment, cwd=self.home, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
        )

    def shell(self, shell, state, switches):
        """Switches, then asks both clients. Returns what came out as a dictionary, and standard error."""
        if shell == "fish":
            use = "".join(f"awsenv use {profile} --shell fish | source\n" for profile in switches)
            ask = 'for client in cli boto3; set -l seen (ask-$client 2>/dev/null); echo "$client=$status $seen"; end\n'
            script = use + "echo status=$status\n" + ask
        else:
            use = "".join(f'eval "$(awsenv use {profile})"\n' for profile in switches)
            ask = 'for client in cli boto3; do seen=$(ask-$client 2>/dev/null); echo "$client=$? $seen"; done\n'
            script = use + 'echo "status=$?"\n' + ask
        script += 'echo "id=$AWSENV_ACCOUNT_ID"\necho "alias=$AWSENV_ACCOUNT_ALIAS"\necho "banner=$AWSENV_BANNER"\n'
        run = self.run([shell, "-c", script], state)
        return dict(line.split("=", 1) for line in run.stdout.splitlines() if "=" in line), run.stderr

    def sees(self, what, shell, state, switches, account):
        """After the switches, everything names this account."""
        seen, stderr = self.shell(shell, state, switches)
        for name, expected in {
            "status": "0",
            "id": account,
            "cli": f"0 {account}",
            "boto3": f"0 {account}",
            "alias": ALIASES[account] or "",
        }.items():
            self.checks.equal(f"{what}: {name}", seen.get(name), expected, stderr)
        self.checks.true(f"{what}: exported banner", grouped(account) in seen.get("banner", ""), seen.get("banner"))
        self.checks.true(f"{what}: banner", grouped(account) in stderr, stderr)

    def sees_nothing(self, what, shell, state, switches):
        """After the last switch, which fails, no client reaches any account."""
        seen, stderr = self.shell(shell, state, switches)
        self.checks.equal(f"{what}: status", seen.get("status"), "2", stderr)
        self.checks.equal(f"{what}: id", seen.get("id"), "", stderr)
        for client in ("cli", "boto3"):
            code, _, account = seen.get(client, "0 ").partition(" ")
            self.checks.true(f"{what}: {client} fails", code != "0" and not account, seen)

    def controls(self):
        """Without awsenv, each state reaches production: a switch that left it in place would be seen."""
        for state, client in itertools.product(self.states, ("cli", "boto3")):
            seen = self.run([f"ask-{client}"], state)
            self.checks.equal(f"control: {client} with {state}", seen.stdout.strip(), PRODUCTION, seen.stderr)

    def exec(self, state, profile, account):
        what = f"exec {profile} with {state or 'nothing'}"
        for client in ("cli", "boto3"):
            seen = self.run(["awsenv", "exec", profile, "--", f"ask-{client}"], state)
            self.checks.equal(f"{what}: {client}", (seen.returncode, seen.stdout.strip()), (0, account), seen.stderr)
        said = self.run(["awsenv", "exec", profile, "--", "sh", "-c", "echo $AWSENV_ACCOUNT_ID"], state)
        self.checks.equal(f"{what}: AWSENV_ACCOUNT_ID", said.stdout.strip(), account, said.stderr)

    def credential_process(self):
        """Both clients with awsenv as their source of credentials; boto3 is told the account, too."""
        ask = 'import boto3; print(boto3.Session().get_credentials().get_frozen_credentials().account_id)'
        for profile, account in PROFILES.items():
            chosen = [f"AWS_PROFILE=by-{profile}"]
            for command in (["ask-cli"], ["ask-boto3"], [sys.executable, "-c", ask]):
                seen = self.run(["env", *chosen, *command])
                what = f"credential-process {profile}: {command[0]}"
                self.checks.equal(what, (seen.returncode, seen.stdout.strip()), (0, account), seen.stderr)
        for client in ("ask-cli", "ask-boto3"):
            seen = self.run(["env", "AWS_PROFILE=by-wrong", client])
            self.checks.true(f"credential-process with a wrong pin: {client}", seen.returncode != 0, seen.stdout)
            self.checks.true(f"credential-process with a wrong pin: {client} says", grouped(STAGING) in seen.stderr, seen.stderr)

    def cli_cache(self):
        cli_cache.CliCache(self, PRODUCTION).all()

    def verbs(self):
        listed = self.run(["awsenv", "list"])
        self.checks.equal("list", listed.returncode, 0, listed.stderr)
        for profile, account in PROFILES.items():
            self.checks.true(f"list names {profile}", profile in listed.stdout, listed.stdout)
            shown = self.run(["awsenv", "whoami", profile])
            text = shown.stdout + shown.stderr
            self.checks.true(f"whoami {profile}", shown.returncode == 0 and grouped(account) in text, text)

    def all(self, shells):
        self.verbs()
        self.credential_process()
        self.cli_cache()
        for profile, account in PROFILES.items():
            self.exec(None, profile, account)
        for state in self.states:
            self.exec(state, "staging", STAGING)
        Combinations(self, "another account's keys", STAGING, PRODUCTION, SANDBOX).all()
        print(f"combinations: {self.checks.passed} passed, {self.checks.failed} failed so far", flush=True)
        LaterSteps(self, STAGING).all()
        print(f"later steps: {self.checks.passed} passed, {self.checks.failed} failed so far", flush=True)
        for shell in shells:
            for profile, account in PROFILES.items():
                self.sees(f"{shell}: {profile}", shell, None, [profile], account)
            self.sees(f"{shell}: production, then staging", shell, None, ["production", "staging"], STAGING)
            self.sees(f"{shell}: a refusal, then staging", shell, None, ["no-such", "staging"], STAGING)
            self.sees_nothing(f"{shell}: production, then a refusal", shell, None, ["production", "no-such"])
            for state in [state for state in self.states if state]:
                self.sees(f"{shell}: staging with {state}", shell, state, ["staging"], STAGING)
                self.sees_nothing(f"{shell}: a refusal with {state}", shell, state, ["no-such"])
            print(f"{shell}: {self.checks.passed} passed, {self.checks.failed} failed so far", flush=True)


def installed(shells):
    """The shells that there are; where everything must run, all."""
    missing = [shell for shell in shells if not shutil.which(shell)]
    if missing and os.environ.get("AWSENV_TEST_ALL"):
        sys.exit(f"missing: {' '.join(missing)}")
    if missing:
        print(f"left out, not installed: {' '.join(missing)}")
    return [shell for shell in shells if shell not in missing]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    binary = Path(sys.argv[1]).resolve(strict=True)
    with tempfile.TemporaryDirectory(prefix="awsenv-moto-") as directory, Moto() as moto:
        home = Path(directory)
        keys = make_accounts(moto)
        write_home(home, keys)
        container = container_server(moto)
        token = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(home / "token"), "AWS_ROLE_ARN": CHAIN_ROLE}
        key_id, secret = keys[PRODUCTION]
        states = {
            None: {},
            "another account's keys": {"AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": secret},
            "AWS_PROFILE": {"AWS_PROFILE": "production"},
            "a web identity": token,
            "container variables": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": container},
        }
        runner = Runner(binary, home, moto.url, states)
        # Before moto checks: it does not let in AssumeRoleWithWebIdentity, which is not signed, once it does.
        runner.controls()
        web_identity.check(runner, PRODUCTION)
        moto.check_signatures()
        runner.all(installed(SHELLS))
        # Last: it takes the key away that the sandbox had.
        Rotate(runner, SANDBOX, keys[SANDBOX]).all()
        checks = runner.checks
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
