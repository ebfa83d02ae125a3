//! The YAML that the first awsenv wrote: mappings of texts.
//!
//! Every scalar is text, whatever it looks like: a profile may be called `null`, `1e3` or `2017-11-05`. `<<` is a name like any
//! other. `!!binary` is decoded, and bytes that are no text become `\xNN`.

use base64::{Engine, prelude::BASE64_STANDARD};
use saphyr_parser::{Event, Parser};

/// A part of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Node {
    Text(String),
    Mapping(Vec<(Node, Node)>),
    Sequence,
}

/// Deeper than any database is.
const DEEPEST: usize = 8;

/// Parses one document; `None` for whatever is not one.
pub(super) fn parse(text: &str) -> Option<Node> {
    let mut events = Parser::new_from_str(text).map_while(|event| event.ok().map(|(event, _)| event));
    loop {
        match events.next()? {
            Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
            first => {
                let node = node(first, &mut events, 0)?;
                // The end of the stream shows that nothing was wrong on the way.
                return events.any(|event| event == Event::StreamEnd).then_some(node);
            }
        }
    }
}

impl Node {
    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// What a mapping has under this key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Mapping(pairs) = self else { return None };
        pairs.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// True for a value that was left out.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty() || text == "null" || text == "~")
    }
}

fn node<'e>(event: Event<'e>, events: &mut impl Iterator<Item = Event<'e>>, depth: usize) -> Option<Node> {
    if depth > DEEPEST {
        return None;
    }
    match event {
        Event::Scalar(text, _, _, tag) => Some(Node::Text(match tag {
            Some(tag) if tag.suffix == "binary" => decoded(&text)?,
            _ => text.into_owned(),
        })),
        Event::MappingStart(..) => {
            let mut pairs = Vec::new();
            loop {
                match events.next()? {
                    Event::MappingEnd => return Some(Node::Mapping(pairs)),
                    key => {
                        let key = node(key, events, depth + 1)?;
                        let value = events.next()?;
                        pairs.push((key, node(value, events, depth + 1)?));
                    }
                }
            }
        }
        Event::SequenceStart(..) => loop {
            match events.next()? {
                Event::SequenceEnd => return Some(Node::Sequence),
                item => node(item, events, depth + 1).map(drop)?,
            }
        },
        // Aliases, which the old program never wrote, and ends without a beginning.
        _ => None,
    }
}

fn decoded(text: &str) -> Option<String> {
    let compact: String = text.split_whitespace().collect();
    let bytes = BASE64_STANDARD.decode(compact).ok()?;
    Some(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => error.as_bytes().iter().fold(String::new(), |text, byte| match byte {
            b' '..=b'~' => text + char::from(*byte).encode_utf8(&mut [0; 4]),
            byte => text + &format!("\\x{byte:02x}"),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        let Some(Node::Mapping(pairs)) = parse(text) else { panic!("{text} is no mapping") };
        pairs.iter().map(|(key, _)| key.text().unwrap().to_owned()).collect()
    }

    #[test]
    fn every_name_is_text_whatever_it_looks_like() {
        let text =
            "\"yes\": a\n1e3: a\n2017-11-05: a\n<<: a\n=: a\n\"~\": a\n\"0123\": a\n190:20:30: a\n\"bell\\a\": a\n";
        assert_eq!(keys(text), ["yes", "1e3", "2017-11-05", "<<", "=", "~", "0123", "190:20:30", "bell\u{7}"]);
    }

    #[test]
    fn long_odd_and_binary_names_are_read() {
        assert_eq!(
            keys("? |-\n  two\n  lines\n: a\n? very long\n  folded\n: b\n!!binary /2E=: c\n"),
            ["two\nlines", "very long folded", "\\xffa"]
        );
    }

    #[test]
    fn what_is_no_document_is_none() {
        for text in ["a: [1", "a: &x b\nc: *x\n", "a: b\n  c: d\n", "\t\tx: y: z", "", "{{{{{{{{{{{{a: b}}}}}}}}}}}}"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
        assert_eq!(parse("Hallo Welt"), Some(Node::Text("Hallo Welt".into())));
    }
}
