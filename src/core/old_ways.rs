//! What users of the first awsenv type out of habit, and what it is called now: said below the usage error that it gets.

/// The new way, for the words behind `awsenv` of a command line that was refused. No word of theirs is repeated: some of
/// them were secrets.
pub fn hint(words: &[&str]) -> Option<&'static str> {
    let ours = words.split(|word| *word == "--").next().unwrap_or_default();
    let is = |word: &str, short: &str, long: &str| {
        let is_short = !word.starts_with("--") && word.starts_with(short);
        is_short || word == long || word.strip_prefix(long).is_some_and(|rest| rest.starts_with('='))
    };
    let has = |short: &str, long: &str| ours.iter().any(|word| is(word, short, long));
    let verb =
        |verbs: &[&str]| ours.iter().find(|word| !word.starts_with('-')).is_some_and(|word| verbs.contains(word));
    if has("-p", "--password") {
        return Some(
            "Other users can read arguments: `awsenv unlock` asks for the passphrase, --passphrase-fd N reads it.",
        );
    }
    if ours.iter().any(|word| is(word, "\0", "--database")) {
        return Some(
            "There is one vault, below $XDG_DATA_HOME; `awsenv import --from awsenv PATH` copies a database into it.",
        );
    }
    if verb(&["add"]) && (has("-a", "--access-key") || has("-s", "--secret-access-key")) {
        return Some(
            "Other users can read arguments: `awsenv add NAME` asks for the keys, --stdin reads them, a line each.",
        );
    }
    if verb(&["shell"]) && (has("-s", "--shell") || has("-x", "--export")) {
        return Some(
            "`awsenv shell NAME` sees which shell asks; another one is named with `awsenv use NAME --shell SHELL`.",
        );
    }
    if verb(&["unlock"]) && has("\0", "--timeout") {
        return Some("--for 30m locks again after 30 minutes in any case, --idle 30m after 30 minutes without use.");
    }
    if ours.len() == words.len() && ours.len() > 2 {
        if verb(&["exec"]) {
            return Some("Two hyphens go before the command: `awsenv exec PROFILE -- COMMAND`.");
        }
        if verb(&["run"]) {
            return Some("Two hyphens go before the command: `awsenv run PROFILE -- COMMAND`.");
        }
    }
    if verb(&["console"]) {
        return Some("There is no console yet; `awsenv use NAME` puts the account into this shell.");
    }
    if verb(&["version", "v"]) {
        return Some("`awsenv --version` prints the version.");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p4_each_old_way_is_answered_with_the_new_one_and_no_word_of_it() {
        let check = |line: &str, part: &str| {
            let words: Vec<&str> = line.split(' ').collect();
            let hint = hint(&words).unwrap_or_default();
            assert!(hint.contains(part) && !hint.contains("hunter2"), "{line}: {hint}");
        };
        for line in ["-p hunter2 list", "list -phunter2", "--password=hunter2 list", "list --password hunter2"] {
            check(line, "--passphrase-fd N");
        }
        check("--database /x list", "import --from awsenv");
        for line in ["add -a AKIA -s hunter2 x", "add --secret-access-key=hunter2 x", "add x --access-key hunter2"] {
            check(line, "--stdin");
        }
        check("shell -s bash x", "use NAME --shell SHELL");
        check("shell --export=false x", "use NAME --shell SHELL");
        check("unlock --timeout 30m", "--for 30m");
        check("run x aws s3", "awsenv run PROFILE -- COMMAND");
        check("exec x aws s3", "awsenv exec PROFILE -- COMMAND");
        check("console x", "no console yet");
        check("v", "awsenv --version");
    }

    #[test]
    fn what_is_new_gets_no_old_answer() {
        for line in ["list --json", "exec x -- env -p", "add x --stdin", "use -s", "run x --", "exec x"] {
            let words: Vec<&str> = line.split(' ').collect();
            assert_eq!(hint(&words), None, "{line}");
        }
    }
}
