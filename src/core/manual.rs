//! The documentation on a terminal: our own Markdown as lines of text, so that nothing is written twice.
//!
//! As much of Markdown as the documents use: headings, paragraphs, lists, tables, blocks of code; code, bold text and links
//! within a line.

use unicode_width::UnicodeWidthStr;

use super::style::{Label, Line};

/// The widest that text is set: longer lines are hard to read.
const WIDTH_MOST: usize = 100;
const WIDTH_LEAST: usize = 20;

/// The part of a document below a heading, with it, up to the next one of its level or above.
pub fn section<'t>(document: &'t str, heading: &str) -> Option<&'t str> {
    let mark = format!("## {heading}\n");
    let start = if document.starts_with(&mark) { 0 } else { document.find(&format!("\n{mark}"))? + 1 };
    let rest = &document[start..];
    let end = rest[mark.len()..].find("\n## ").map_or(rest.len(), |at| mark.len() + at + 1);
    Some(&rest[..end])
}

/// A document as lines of at most this width.
pub fn render(markdown: &str, width: usize) -> Vec<Line> {
    let width = width.clamp(WIDTH_LEAST, WIDTH_MOST);
    let mut lines: Vec<Line> = Vec::new();
    let mut source = markdown.lines().peekable();
    while let Some(line) = source.next() {
        if line.starts_with("```") {
            let code = source.by_ref().take_while(|line| !line.starts_with("```"));
            lines.extend(code.map(|line| Line::default().with(Label::Command, format!("    {line}"))));
        } else if let Some(heading) = line.strip_prefix('#') {
            let heading = heading.trim_start_matches('#').trim();
            let text: String = words(heading).into_iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
            lines.push(Line::default().with(Label::Strong, text));
        } else if line.starts_with("<!--") {
            continue;
        } else if line.starts_with('|') {
            if !line.starts_with("| ---") {
                row(&mut lines, line, width);
            }
        } else if line.is_empty() {
            lines.push(Line::default());
        } else {
            let (first, rest) = marker(line);
            let mut text = line[first.len()..].to_owned();
            while let Some(next) = source.peek() {
                let goes_on = !next.is_empty()
                    && !["|", "#", "```", "<!--"].iter().any(|mark| next.starts_with(mark))
                    && marker(next).0.is_empty();
                if !goes_on {
                    break;
                }
                text = format!("{text} {}", next.trim());
                source.next();
            }
            fill(&mut lines, &words(&text), &first, &rest, width);
        }
    }
    let is_blank = |line: &Line| line.0.is_empty();
    lines.dedup_by(|a, b| is_blank(a) && is_blank(b));
    while lines.last().is_some_and(is_blank) {
        lines.pop();
    }
    lines
}

/// A list's mark, and the blanks below it.
fn marker(line: &str) -> (String, String) {
    let indent = line.len() - line.trim_start().len();
    let rest = &line[indent..];
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let length = match rest.as_bytes().get(digits..) {
        Some([b'.', b' ', ..]) if digits > 0 => digits + 2,
        Some([b'-', b' ', ..]) if digits == 0 => 2,
        _ => return (String::new(), String::new()),
    };
    (line[..indent + length].to_owned(), " ".repeat(indent + length))
}

/// A row of a table: its first cell, and the others indented below or beside it.
fn row(lines: &mut Vec<Line>, line: &str, width: usize) {
    const COLUMN: usize = 12;
    let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
    let Some((first, others)) = cells.split_first() else { return };
    let head = words(first);
    let text: Vec<Word> = others.iter().flat_map(|cell| words(cell)).collect();
    let wide: usize = head.iter().map(|word| word.text.width() + 1).sum();
    let rest = " ".repeat(COLUMN);
    if wide + 3 <= COLUMN {
        let first = head.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        fill(lines, &text, &format!("  {first}{}", " ".repeat(COLUMN - 2 - first.width())), &rest, width);
    } else {
        fill(lines, &head, "  ", "  ", width);
        fill(lines, &text, &rest, &rest, width);
    }
}

/// A word that is not broken.
#[derive(Clone, Debug)]
struct Word {
    text: String,
    label: Label,
}

/// The words of a text, without its marks.
fn words(text: &str) -> Vec<Word> {
    let text = without_links(text);
    let mut all = Vec::new();
    let mut word = Word { text: String::new(), label: Label::Plain };
    let (mut code, mut strong) = (false, false);
    let mut chars = text.chars().peekable();
    let mut end = |word: &mut Word| {
        if !word.text.is_empty() {
            all.push(std::mem::replace(word, Word { text: String::new(), label: Label::Plain }));
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '`' => code = !code,
            '*' if !code && chars.peek() == Some(&'*') => {
                chars.next();
                strong = !strong;
            }
            // Emphasis; a star between blanks, or in code, is one.
            '*' if !code => {}
            '\\' if !code && chars.peek().is_some_and(char::is_ascii_punctuation) => word.text.extend(chars.next()),
            ' ' => end(&mut word),
            c => {
                word.text.push(c);
                if code {
                    word.label = Label::Command;
                } else if strong {
                    word.label = Label::Strong;
                }
            }
        }
    }
    end(&mut word);
    all
}

/// `[text](target)` as `text`, outside of code.
fn without_links(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for (at, part) in text.split('`').enumerate() {
        if at > 0 {
            plain.push('`');
        }
        let mut rest = part;
        while let (0, Some(middle)) = (at % 2, rest.find("](")) {
            let (Some(open), Some(close)) = (rest[..middle].rfind('['), rest[middle..].find(')')) else { break };
            plain.push_str(&rest[..open]);
            plain.push_str(&rest[open + 1..middle]);
            rest = &rest[middle + close + 1..];
        }
        plain.push_str(rest);
    }
    plain
}

/// Sets words in lines.
fn fill(lines: &mut Vec<Line>, words: &[Word], first: &str, rest: &str, width: usize) {
    let mut line = Line::default().with(Label::Plain, first);
    let mut is_new = true;
    for word in words {
        let blank = usize::from(!is_new);
        if !is_new && line.width() + blank + word.text.width() > width {
            lines.push(std::mem::replace(&mut line, Line::default().with(Label::Plain, rest)));
            is_new = true;
        }
        line = line.with(Label::Plain, if is_new { "" } else { " " }).with(word.label, &word.text);
        is_new = false;
    }
    lines.push(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(markdown: &str, width: usize) -> Vec<String> {
        render(markdown, width).iter().map(|line| line.text().trim_end().to_owned()).collect()
    }

    #[test]
    fn a_section_ends_at_the_next() {
        let text = "# A\n\n## B\nb\n### C\nc\n\n## D\nd\n";
        assert_eq!(section(text, "B"), Some("## B\nb\n### C\nc\n\n"));
        assert_eq!(section(text, "D"), Some("## D\nd\n"));
        assert_eq!(section(text, "E"), None);
    }

    #[test]
    fn markdown_becomes_lines() {
        let text = "## A `b`\n<!-- no -->\n\n\nSome **bold** text, [a link](x.md#y) and `a*b [c](d)`, wrapped\nat 30.\n- one\n  goes on\n- two\n\n```sh\nx  *y*\n```\n";
        assert_eq!(
            shown(text, 30),
            [
                "A b",
                "",
                "Some bold text, a link and a*b",
                "[c](d), wrapped at 30.",
                "- one goes on",
                "- two",
                "",
                "    x  *y*",
            ]
        );
    }

    #[test]
    fn tables_become_lists() {
        let text = "| code | means |\n| --- | --- |\n| 0 | done |\n| `AWSENV_LONGER` | holds something \\| else |\n";
        assert_eq!(
            shown(text, 30),
            [
                "  code      means",
                "  0         done",
                "  AWSENV_LONGER",
                "            holds something |",
                "            else"
            ]
        );
    }
}
