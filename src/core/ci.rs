//! Continuous integration: which system runs us, and the few lines of its log that mean something to it.
//!
//! Facts of the runners' own sources: GitHub's reads `::command::` at the beginning of a line, white space skipped, on both
//! streams; Azure's reads `##vso[…]` anywhere in a line; GitLab's sections need ESC and CR. None of them can be in what
//! passed [`sanitize`](super::sanitize): only what is made here is a command.

use super::user_env::Lookup;

/// A system of continuous integration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ci {
    /// GitHub Actions, and those that run its workflows.
    GitHub,
    /// GitLab CI.
    GitLab,
    /// Azure Pipelines.
    Azure,
    /// CircleCI.
    CircleCi,
    /// Buildkite.
    Buildkite,
    /// Jenkins.
    Jenkins,
    /// Another one, of which only `CI` is known.
    Other,
}

impl Ci {
    /// The system that this environment is of. Where one runs inside another, the variables of the inner one say so first.
    pub fn detect(env: Lookup<'_>) -> Option<Self> {
        let says_yes = |name: &str| env(name).is_some_and(|value| !["false", "0"].contains(&value.as_str()));
        let known = [
            ("GITHUB_ACTIONS", Self::GitHub),
            ("GITLAB_CI", Self::GitLab),
            ("TF_BUILD", Self::Azure),
            ("CIRCLECI", Self::CircleCi),
            ("BUILDKITE", Self::Buildkite),
            ("JENKINS_URL", Self::Jenkins),
            ("CI", Self::Other),
        ];
        known.into_iter().find_map(|(name, ci)| says_yes(name).then_some(ci))
    }

    /// The name that people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::GitHub => "GitHub Actions",
            Self::GitLab => "GitLab CI",
            Self::Azure => "Azure Pipelines",
            Self::CircleCi => "CircleCI",
            Self::Buildkite => "Buildkite",
            Self::Jenkins => "Jenkins",
            Self::Other => "this CI",
        }
    }

    /// True where the log shows colours. That of Jenkins does with a plugin only; without it the codes are in the way.
    pub fn shows_colors(self) -> bool {
        self != Self::Jenkins
    }

    /// Lines that belong together, below a title that stays in sight when they are folded. The title is one safe line;
    /// the body is painted, each line with its end.
    pub fn group(self, title: &str, body: &str, now: i64) -> String {
        match self {
            Self::GitHub => format!("::group::{}\n{body}::endgroup::\n", escape_data(title)),
            Self::Azure => format!("##[group]{title}\n{body}##[endgroup]\n"),
            Self::GitLab => format!(
                "\x1b[0Ksection_start:{now}:awsenv\r\x1b[0K{title}\n{body}\x1b[0Ksection_end:{now}:awsenv\r\x1b[0K\n"
            ),
            Self::Buildkite => format!("--- {title}\n{body}"),
            Self::CircleCi | Self::Jenkins | Self::Other => body.to_owned(),
        }
    }

    /// The line that brings an error to the top of the run, where there is one. The text is one safe line.
    pub fn error(self, text: &str) -> Option<String> {
        match self {
            Self::GitHub => Some(format!("::error title=awsenv::{}\n", escape_data(text))),
            Self::Azure => Some(format!("##[error]{text}\n")),
            Self::GitLab | Self::CircleCi | Self::Buildkite | Self::Jenkins | Self::Other => None,
        }
    }
}

/// The line that makes GitHub's runner hide a value from now on.
pub fn mask(value: &str) -> String {
    format!("::add-mask::{}\n", escape_data(value))
}

/// Azure's logging command, for one property `variable=NAME` and the like.
pub fn vso(command: &str, properties: &str, data: &str) -> String {
    let space = if properties.is_empty() { "" } else { " " };
    let data = data.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A").replace(']', "%5D");
    format!("##vso[{command}{space}{properties}]{data}\n")
}

/// The data of a workflow command of GitHub's.
fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(env: &str, expect: Option<Ci>) {
        let lookup = |name: &str| {
            let pairs = env.split(' ').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(known, value)| *known == name && !value.is_empty()).map(|(_, value)| value.to_owned()).next()
        };
        assert_eq!(Ci::detect(&lookup), expect, "{env}");
    }

    #[test]
    fn the_system_is_known_by_its_own_variable() {
        check("", None);
        check("CI=true GITHUB_ACTIONS=true", Some(Ci::GitHub));
        check("CI=true GITLAB_CI=true", Some(Ci::GitLab));
        check("TF_BUILD=True", Some(Ci::Azure));
        check("CI=true CIRCLECI=true", Some(Ci::CircleCi));
        check("CI=true BUILDKITE=true", Some(Ci::Buildkite));
        check("JENKINS_URL=https://ci.example/", Some(Ci::Jenkins));
        check("CI=1", Some(Ci::Other));
        check("CI=false", None);
        check("CI= GITHUB_ACTIONS=", None);
    }

    #[test]
    fn a_group_has_the_title_in_sight() {
        let group = |ci: Ci| ci.group("100% x", "a\nb\n", 7);
        assert_eq!(group(Ci::GitHub), "::group::100%25 x\na\nb\n::endgroup::\n");
        assert_eq!(group(Ci::Azure), "##[group]100% x\na\nb\n##[endgroup]\n");
        assert_eq!(
            group(Ci::GitLab),
            "\x1b[0Ksection_start:7:awsenv\r\x1b[0K100% x\na\nb\n\x1b[0Ksection_end:7:awsenv\r\x1b[0K\n"
        );
        assert_eq!(group(Ci::Buildkite), "--- 100% x\na\nb\n");
        for plain in [Ci::CircleCi, Ci::Jenkins, Ci::Other] {
            assert_eq!(group(plain), "a\nb\n");
        }
    }

    #[test]
    fn p5_no_value_leaves_its_command() {
        assert_eq!(mask("a%0A::set-output::\r\n"), "::add-mask::a%250A::set-output::%0D%0A\n");
        assert_eq!(vso("task.setsecret", "", "a]%0A\n"), "##vso[task.setsecret]a%5D%AZP250A%0A\n");
        assert_eq!(vso("task.setvariable", "variable=A", "x"), "##vso[task.setvariable variable=A]x\n");
        assert_eq!(Ci::GitHub.error("refused: 100%").as_deref(), Some("::error title=awsenv::refused: 100%25\n"));
        assert_eq!(Ci::Azure.error("x").as_deref(), Some("##[error]x\n"));
        assert_eq!(Ci::GitLab.error("x"), None);
    }
}
