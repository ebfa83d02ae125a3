//! Blocks, fields and wrapped text, to a width.

use unicode_width::UnicodeWidthStr;

use crate::core::style::{Label, Line, Look};

/// Narrower than this there is room for one line only.
pub(super) const NARROW: usize = 40;
/// The word before a warning, as a small block.
pub(super) const WARNING: &str = " warning: ";
/// Wider than this a block is a wall.
const WIDE: usize = 100;
/// Columns before a field's value.
const INDENT: usize = 14;

/// The columns that a block fills.
pub(super) fn block_width(look: &Look) -> usize {
    look.width.min(WIDE)
}

/// A filled line: a word in its frame, then a name that is cut to what is left.
pub(super) fn block(label: Label, ends: Label, word: &str, frame: (&str, &str), name: &str, look: &Look) -> Line {
    let (before, after) = frame;
    // Ends of another colour have room of their own.
    let gap = if label == ends { "" } else { " " };
    let line = Line::default()
        .with(ends, format!(" {before}{gap}"))
        .with(label, format!(" {word} "))
        .with(ends, format!("{gap}{after} "))
        .with(label, " ");
    let room = block_width(look).saturating_sub(line.width() + 1);
    let name = look.cut(name, room);
    let fill = " ".repeat((room + 1).saturating_sub(name.width()));
    line.with(label, name + &fill)
}

/// A field: its name, then its value, wrapped below itself.
pub(super) fn field(lines: &mut Vec<Line>, stripe: Label, name: &str, value_label: Label, value: &str, look: &Look) {
    let room = block_width(look).saturating_sub(INDENT);
    for (at, part) in wrap(value, room).into_iter().enumerate() {
        let name = if at == 0 { name } else { "" };
        lines.push(
            Line::default()
                .with(stripe, " ")
                .with(Label::Plain, " ")
                .with(Label::Field, format!("{name:<width$}", width = INDENT - 2))
                .with(value_label, part),
        );
    }
}

/// A sentence beside the stripe, wrapped.
pub(super) fn note(lines: &mut Vec<Line>, stripe: Label, text: &str, look: &Look) {
    let parts = wrap(text, block_width(look).saturating_sub(2));
    lines
        .extend(parts.into_iter().map(|part| Line::default().with(stripe, " ").with(Label::Plain, format!(" {part}"))));
}

/// Something to type. Not wrapped: it is there to be copied.
pub(super) fn command(lines: &mut Vec<Line>, stripe: Label, command: &str) {
    lines.push(Line::default().with(stripe, " ").with(Label::Plain, "   ").with(Label::Command, command));
}

/// A marked sentence, wrapped.
pub(super) fn sentence(lines: &mut Vec<Line>, mark_label: Label, mark: &str, text: &str, look: &Look) {
    let indent = mark.width() + 1;
    for (at, part) in wrap(text, block_width(look).saturating_sub(indent)).into_iter().enumerate() {
        lines.push(if at == 0 {
            Line::default().with(mark_label, mark).with(Label::Plain, format!(" {part}"))
        } else {
            Line::plain(format!("{}{part}", " ".repeat(indent)))
        });
    }
}

/// Breaks text at spaces, and inside a word only where the word alone is too wide. At least one line.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always a line");
        let gap = usize::from(!line.is_empty());
        if line.width() + gap + word.width() <= width {
            if gap == 1 {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(String::new());
        }
        for c in word.chars() {
            let line = lines.last_mut().expect("there is always a line");
            if !line.is_empty() && line.width() + c.to_string().width() > width {
                lines.push(c.to_string());
            } else {
                line.push(c);
            }
        }
    }
    lines
}
