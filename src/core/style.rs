//! Labels and their styles: what a piece of text is, apart from how a terminal paints it.

use unicode_width::UnicodeWidthStr;

use super::{
    palette::{CAUTION, Ink, QUIET, RED, Swatch},
    registry::Color,
    sanitize,
};

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// As the environment and the stream say.
    #[default]
    Auto,
    /// Colours, whatever the stream is.
    Always,
    /// None.
    Never,
}

/// How many colours a stream can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColorDepth {
    /// None: plain text.
    None,
    /// The 16 of the terminal's theme.
    Ansi16,
    /// The fixed 256.
    Ansi256,
    /// 24 bits.
    Rgb,
}

/// What a stream can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Columns.
    pub width: usize,
    /// Whether characters beyond ASCII arrive.
    pub unicode: bool,
    /// Colours.
    pub depth: ColorDepth,
}

impl Look {
    /// Plain text of 80 columns, for a stream that nothing is known about.
    pub const PLAIN: Self = Self { width: 80, unicode: false, depth: ColorDepth::None };

    /// Makes foreign text safe for this stream; once for each text.
    pub fn show(&self, text: &str) -> String {
        if self.unicode { sanitize::show(text) } else { sanitize::show_ascii(text) }.into_owned()
    }

    /// Makes a foreign field safe, and cuts it to 64 columns.
    pub fn show_field(&self, text: &str) -> String {
        self.cut(&self.show(text), sanitize::FIELD_WIDTH)
    }

    /// Cuts shown text to a number of columns.
    pub fn cut(&self, shown: &str, columns: usize) -> String {
        sanitize::limit(shown, columns, self.unicode).into_owned()
    }

    /// The arrow between the steps of a trail.
    pub fn arrow(&self) -> &'static str {
        if self.unicode { " → " } else { " -> " }
    }
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Text.
    Plain,
    /// The block of an account, in its colour.
    Account(Color),
    /// The ends of a block that warns.
    Caution,
    /// The middle of a block that warns.
    Doubt,
    /// The word before a warning.
    Warning,
    /// The word before an error.
    Error,
    /// A field's name.
    Field,
    /// What to look at first: the account ID.
    Strong,
    /// Something to type.
    Command,
}

/// How a label is painted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Bold.
    pub bold: bool,
    /// Colour of the letters; on a fill, the fill's own readable one.
    pub ink: Option<Ink>,
    /// Colour behind them.
    pub fill: Option<Swatch>,
}

impl Label {
    /// The style, as data.
    pub fn style(self) -> Style {
        let fill = |swatch| Style { bold: true, ink: None, fill: Some(swatch) };
        match self {
            Self::Plain => Style::default(),
            Self::Account(color) => fill(Swatch::of(color)),
            Self::Caution | Self::Warning => fill(CAUTION),
            Self::Doubt => fill(Swatch::of_class("unknown")),
            Self::Error => Style { bold: true, ink: Some(RED), fill: None },
            Self::Field => Style { bold: false, ink: Some(QUIET), fill: None },
            Self::Strong | Self::Command => Style { bold: true, ink: None, fill: None },
        }
    }
}

/// A piece of text with its label. The text is already safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// What is printed.
    pub text: String,
    /// What it is.
    pub label: Label,
}

/// One line for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(pub Vec<Span>);

impl Line {
    /// A line of text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::default().with(Label::Plain, text)
    }

    /// Adds a piece; one of the same label as the last is joined to it.
    #[must_use]
    pub fn with(mut self, label: Label, text: impl Into<String>) -> Self {
        let text = text.into();
        match self.0.last_mut().filter(|last| last.label == label) {
            Some(last) => last.text.push_str(&text),
            None => self.0.push(Span { text, label }),
        }
        self
    }

    /// The text alone.
    pub fn text(&self) -> String {
        self.0.iter().map(|span| span.text.as_str()).collect()
    }

    /// Columns that it takes.
    pub fn width(&self) -> usize {
        self.0.iter().map(|span| span.text.width()).sum()
    }
}
