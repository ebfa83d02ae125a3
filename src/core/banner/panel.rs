//! A block with its fields, notes and warnings, to a width.

use jiff::Timestamp;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::words::expiry;
use crate::core::{
    context::Request,
    style::{ColorDepth, Label, Line, Look},
};

/// Narrower than this there is room for one line only.
pub(super) const NARROW: usize = 40;
/// Wider than this a block is a wall.
const WIDE: usize = 100;
/// Columns before a field's value.
const INDENT: usize = 14;

/// Lines that belong together, with a stripe in the block's colour beside them.
pub(super) struct Panel<'a> {
    look: &'a Look,
    stripe: Label,
    lines: Vec<Line>,
}

impl<'a> Panel<'a> {
    /// Lines without a block.
    pub(super) fn bare(look: &'a Look) -> Self {
        Self { look, stripe: Label::Plain, lines: Vec::new() }
    }

    /// Begins with the filled block: a word in its frame, then a name that is cut to what is left. The frame may be of
    /// another colour.
    pub(super) fn new(look: &'a Look, (label, ends): (Label, Label), word: &str, frame: &str, name: &str) -> Self {
        let after = mirrored(frame);
        // Ends of another colour have room of their own.
        let gap = if label == ends { "" } else { " " };
        let mut line = Line::default()
            .with(ends, format!(" {frame}{gap}"))
            .with(label, format!(" {word} "))
            .with(ends, format!("{gap}{after} "));
        let mut panel = Self { look, stripe: label, lines: Vec::new() };
        let room = panel.width().saturating_sub(line.width() + 2);
        line = line.with(label, format!(" {} ", look.cut(name, room)));
        let left = panel.width().saturating_sub(line.width());
        // Without colour a warning's block is filled with the frame itself.
        let filler = if look.depth == ColorDepth::None && frame.len() > 1 { &frame[..1] } else { " " };
        panel.lines.push(line.with(label, filler.repeat(left)));
        panel
    }

    /// A field: its name, then its value, wrapped below itself.
    pub(super) fn field(&mut self, name: &str, value: &str) {
        self.field_as(Label::Plain, name, value);
    }

    /// A field whose value is more than plain text.
    pub(super) fn field_as(&mut self, label: Label, name: &str, value: &str) {
        for (at, part) in wrap(value, self.width() - INDENT).into_iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            let name = format!("{name:<width$}", width = INDENT - 2);
            let line = Line::default().with(self.stripe, " ").with(Label::Plain, " ");
            self.lines.push(line.with(Label::Field, name).with(label, part));
        }
    }

    /// The fields that verified and unverified credentials have alike.
    pub(super) fn request(&mut self, request: &Request, now: Timestamp) {
        self.field("region", request.region.as_ref().map_or("none exported", |region| region.as_str()));
        match request.expires {
            Some(end) if end <= now => self.field_as(Label::Error, "expires", &expiry(end, now)),
            Some(end) => self.field("expires", &expiry(end, now)),
            // Key IDs of long-term keys begin so (IAM, "Unique identifiers").
            None if request.access_key_id.starts_with("AKIA") => self.field("expires", "never (long-term keys)"),
            None => self.field("expires", "not known"),
        }
        let trail: Vec<String> = request.trail.iter().map(|step| self.look.show_field(step)).collect();
        self.field("from", &trail.join(self.look.arrow()));
        if !request.shadowed.is_empty() {
            let shadowed: Vec<String> = request.shadowed.iter().map(|what| self.look.show_field(what)).collect();
            self.field("shadows", &shadowed.join(", "));
        }
    }

    /// A safe sentence beside the stripe, wrapped.
    pub(super) fn note(&mut self, text: &str) {
        for part in wrap(text, self.width() - 2) {
            self.lines.push(Line::default().with(self.stripe, " ").with(Label::Plain, format!(" {part}")));
        }
    }

    /// Something to type. Not wrapped: it is there to be copied.
    pub(super) fn command(&mut self, typed: &str) {
        let line = Line::default().with(self.stripe, " ").with(Label::Plain, "   ");
        self.lines.push(line.with(Label::Command, typed));
    }

    /// A warning, from raw text.
    pub(super) fn warning(&mut self, raw: &str) {
        self.sentence(Label::Warning, " warning: ", raw);
    }

    /// A marked sentence from raw text, wrapped beside its mark.
    pub(super) fn sentence(&mut self, label: Label, mark: &str, raw: &str) {
        let indent = mark.width() + 1;
        let room = self.width().saturating_sub(indent);
        for (at, part) in wrap(&self.look.show(raw), room).into_iter().enumerate() {
            self.lines.push(if at == 0 {
                Line::default().with(label, mark).with(Label::Plain, format!(" {part}"))
            } else {
                Line::plain(format!("{}{part}", " ".repeat(indent)))
            });
        }
    }

    /// The lines.
    pub(super) fn into_lines(self) -> Vec<Line> {
        self.lines
    }

    fn width(&self) -> usize {
        self.look.width.clamp(NARROW, WIDE)
    }
}

fn mirrored(frame: &str) -> &str {
    match frame {
        "[" => "]",
        "(" => ")",
        "{" => "}",
        other => other,
    }
}

/// Breaks text at spaces, and inside a word only where the word alone is too wide. At least one line.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if line.width() + 1 + word.width() <= width && !line.is_empty() {
            line.push(' ');
        } else if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            if line.width() + c.width().unwrap_or_default() > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, width: usize, expect: &[&str]) {
        assert_eq!(wrap(text, width), expect);
    }

    #[test]
    fn text_is_broken_at_spaces_where_it_can_be() {
        check("", 10, &[""]);
        check("one two three", 7, &["one two", "three"]);
        check("one two three", 80, &["one two three"]);
        check("abcdefgh ij", 4, &["abcd", "efgh", "ij"]);
        check("日本語 x", 4, &["日本", "語 x"]);
    }
}
