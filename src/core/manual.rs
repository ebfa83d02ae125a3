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
            let mut rows = vec![line];
            while let Some(next) = source.next_if(|next| next.starts_with('|')) {
                rows.push(next);
            }
            let rows = rows.into_iter().filter(|row| !row.starts_with("| ---")).map(cells).collect();
            table(&mut lines, rows, width);
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

/// The cells of a table's row.
fn cells(line: &str) -> Vec<Vec<Word>> {
    line.trim_matches('|').split(" | ").map(|cell| words(cell.trim())).collect()
}

/// The narrowest that a column with text is set.
const COLUMN_LEAST: usize = 16;
const GAP: usize = 2;

/// A table: of two columns as a list, of more in columns, as far as there is room for them.
fn table(lines: &mut Vec<Line>, rows: Vec<Vec<Vec<Word>>>, width: usize) {
    let count = rows.first().map_or(0, Vec::len);
    let natural = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| columns(cell)).max();
    let mut widths: Vec<usize> = (0..count).map(|column| natural(column).unwrap_or_default()).collect();
    let room = width.saturating_sub(GAP * count);
    while widths.iter().sum::<usize>() > room {
        match widths.iter_mut().max().filter(|widest| **widest > COLUMN_LEAST) {
            Some(widest) => *widest -= 1,
            None => break,
        }
    }
    let longest = |cell: &Vec<Word>| cell.iter().map(|word| word.text.width()).max().unwrap_or_default();
    let fits = rows.iter().flat_map(|row| row.iter().zip(&widths)).all(|(cell, width)| longest(cell) <= *width);
    let in_columns = count > 2 && fits && widths.iter().sum::<usize>() <= room;
    let headings = rows.first().cloned().unwrap_or_default();
    for (at, row) in rows.into_iter().enumerate() {
        match (count, at) {
            (..=2, _) => listed(lines, &row, width),
            _ if in_columns => beside(lines, &row, &widths),
            (_, 0) => {}
            _ => below(lines, &headings, &row, width),
        }
    }
}

/// The columns that words take on one line.
fn columns(words: &[Word]) -> usize {
    words.iter().map(|word| word.text.width() + 1).sum::<usize>().saturating_sub(1)
}

/// A row of a list: its first cell, and the other indented below or beside it.
fn listed(lines: &mut Vec<Line>, row: &[Vec<Word>], width: usize) {
    const COLUMN: usize = 12;
    let Some((head, others)) = row.split_first() else { return };
    let text: Vec<Word> = others.iter().flatten().cloned().collect();
    let rest = " ".repeat(COLUMN);
    if columns(head) + 4 <= COLUMN {
        let first = head.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        fill(lines, &text, &format!("  {first}{}", " ".repeat(COLUMN - 2 - first.width())), &rest, width);
    } else {
        fill(lines, head, "  ", "  ", width);
        fill(lines, &text, &rest, &rest, width);
    }
}

/// A row whose cells stand beside each other, each wrapped within its column.
fn beside(lines: &mut Vec<Line>, row: &[Vec<Word>], widths: &[usize]) {
    let set = |(cell, width): (&Vec<Word>, &usize)| {
        let mut lines = Vec::new();
        fill(&mut lines, cell, "", "", *width);
        lines
    };
    let set: Vec<Vec<Line>> = row.iter().zip(widths).map(set).collect();
    for at in 0..set.iter().map(Vec::len).max().unwrap_or_default() {
        let mut line = Line::default();
        let mut end = 0;
        for (cell, width) in set.iter().zip(widths) {
            end += GAP;
            let Some(part) = cell.get(at).filter(|part| part.width() > 0) else {
                end += width;
                continue;
            };
            line = line.clone().with(Label::Plain, " ".repeat(end - line.width()));
            line = part.0.iter().fold(line, |line, span| line.with(span.label, &*span.text));
            end += width;
        }
        lines.push(line);
    }
}

/// A row that has no room: its first cell, and below it the others behind their headings.
fn below(lines: &mut Vec<Line>, headings: &[Vec<Word>], row: &[Vec<Word>], width: usize) {
    for (at, (heading, cell)) in headings.iter().zip(row).enumerate() {
        if at == 0 {
            fill(lines, cell, "  ", "  ", width);
        } else if !cell.is_empty() {
            let heading: Vec<&str> = heading.iter().map(|word| word.text.as_str()).collect();
            fill(lines, cell, &format!("    {}: ", heading.join(" ")), "      ", width);
        }
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
    let mut all = Vec::new();
    let mut word = Word { text: String::new(), label: Label::Plain };
    let mut strong = false;
    let mut end = |word: &mut Word| {
        if !word.text.is_empty() {
            all.push(std::mem::replace(word, Word { text: String::new(), label: Label::Plain }));
        }
    };
    for (code, part) in parts(&without_links(text)) {
        let mut chars = part.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
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
    }
    end(&mut word);
    all
}

/// The parts of a text, and whether each is code.
fn parts(text: &str) -> impl Iterator<Item = (bool, &str)> {
    // A blank at each end is there for a backquote beside it.
    marked(text).into_iter().map(|(mark, part)| (!mark.is_empty(), if mark.len() > 1 { part.trim() } else { part }))
}

/// The parts of a text with the backquotes around each: as many at its end as at its beginning, none where it is no code.
fn marked(text: &str) -> Vec<(&str, &str)> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        let length = rest[start..].bytes().take_while(|byte| *byte == b'`').count();
        let (mark, after) = rest[start..].split_at(length);
        let Some(end) = run_of(after, length) else { break };
        parts.push(("", &rest[..start]));
        parts.push((mark, &after[..end]));
        rest = &after[end + length..];
    }
    parts.push(("", rest));
    parts
}

/// Where a run of just so many backquotes begins.
fn run_of(text: &str, mark: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(next) = text[at..].find('`') {
        let start = at + next;
        let length = text[start..].bytes().take_while(|byte| *byte == b'`').count();
        if length == mark {
            return Some(start);
        }
        at = start + length;
    }
    None
}

/// `[text](target)` as `text`, outside of code; the text may be code.
fn without_links(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    // Where the last bracket was opened, in `plain`.
    let mut open = None;
    for (mark, part) in marked(text) {
        let mut rest = part;
        while let (true, Some(at)) = (mark.is_empty(), rest.find(['[', ']'])) {
            let (before, after) = rest.split_at(at);
            plain.push_str(before);
            let target = after.strip_prefix("](").and_then(|target| target.find(')'));
            rest = match (open, target) {
                (Some(start), Some(end)) => {
                    plain.remove(start);
                    open = None;
                    &after[end + 3..]
                }
                _ => {
                    open = after.starts_with('[').then_some(plain.len());
                    plain.push_str(&after[..1]);
                    &after[1..]
                }
            };
        }
        plain.extend([mark, rest, mark]);
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

    #[test]
    fn a_backquote_in_code_is_one() {
        assert_eq!(shown("the `$`, `` ` `` and [`x`](y), [a](b)", 60), ["the $, ` and x, a"]);
    }

    #[test]
    fn tables_of_more_columns_keep_them() {
        let text = "| terminal | gets | tried |\n| --- | --- | --- |\n| `xterm` | title, colours | in the tests, to the pixel |\n| st |  | by hand |\n";
        let wide = [
            "  terminal  gets            tried",
            "  xterm     title, colours  in the tests, to the pixel",
            "  st                        by hand",
        ];
        assert_eq!(shown(text, 60), wide);
        let narrow = [
            "  terminal  gets            tried",
            "  xterm     title, colours  in the tests, to",
            "                            the pixel",
            "  st                        by hand",
        ];
        assert_eq!(shown(text, 46), narrow);
        let listed = [
            "  xterm",
            "    gets: title, colours",
            "    tried: in the tests,",
            "      to the pixel",
            "  st",
            "    tried: by hand",
        ];
        assert_eq!(shown(text, 26), listed);
    }
}
