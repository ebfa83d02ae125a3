//! Bash's own text holds nothing that bash 3.2, which macOS has, cannot read.

const BASH: [&str; 3] = [
    include_str!("../../../src/shell/init/posix.sh"),
    include_str!("../../../src/shell/init/hook.sh"),
    include_str!("../../../src/shell/init/bash.sh"),
];

/// What came later, as it stands in a script.
const LATER: [&str; 16] = [
    "^^",
    ",,}",
    "|&",
    "declare -A",
    "local -A",
    "declare -n",
    "local -n",
    "mapfile",
    "readarray",
    "&>>",
    "coproc",
    "[-1]",
    ";;&",
    "[[ -v",
    "@Q}",
    "@a}",
];

#[test]
fn bash_3_2_reads_the_function_and_the_hook() {
    for text in BASH {
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#')) {
            for later in LATER {
                assert!(!line.contains(later), "line {}: `{later}` in {line}", at + 1);
            }
            // The one form of `printf` that is newer stands where the version was asked about.
            assert!(!line.contains("%(") || line.contains("printf -v __awsenv_time"), "line {}: {line}", at + 1);
        }
    }
}
