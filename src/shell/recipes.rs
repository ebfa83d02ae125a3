//! The recipes that put the account into the prompt of a prompt engine: `awsenv init --prompt ENGINE`.
//!
//! They are real files of their language in `prompts/`, and stand in docs/guides/prompt.md word for word.

/// A prompt engine that there is a recipe for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// starship.
    Starship,
    /// Oh My Posh.
    #[value(alias = "omp")]
    OhMyPosh,
    /// Powerlevel10k.
    #[value(name = "powerlevel10k", alias = "p10k")]
    Powerlevel10k,
    /// Spaceship.
    Spaceship,
    /// Tide.
    Tide,
    /// Pure.
    Pure,
    /// The status line of tmux.
    Tmux,
    /// No engine: the prompt variables of the shells themselves.
    Ps1,
}

impl Engine {
    /// The recipe.
    pub fn recipe(self) -> &'static str {
        match self {
            Self::Starship => include_str!("prompts/starship.toml"),
            Self::OhMyPosh => concat!(
                include_str!("prompts/oh-my-posh.sh"),
                "\n# And in your theme, among the segments of a block:\n",
                include_str!("prompts/oh-my-posh.json")
            ),
            Self::Powerlevel10k => include_str!("prompts/powerlevel10k.zsh"),
            Self::Spaceship => include_str!("prompts/spaceship.zsh"),
            Self::Tide => include_str!("prompts/tide.fish"),
            Self::Pure => include_str!("prompts/pure.zsh"),
            Self::Tmux => include_str!("prompts/tmux.conf"),
            Self::Ps1 => include_str!("prompts/ps1.sh"),
        }
    }
}
