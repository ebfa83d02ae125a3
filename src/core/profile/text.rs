//! The names and bodies of the sections that are kept, one behind the other.

/// A stretch of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    from: u32,
    to: u32,
}

/// While the files are read, bytes; afterwards text, if all of it is: checked once and as a whole, which is many times
/// as fast as name by name and body by body.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    /// Everything, unless it stands in `utf8`.
    bytes: Vec<u8>,
    utf8: Option<String>,
}

impl Text {
    /// The bytes, to add to.
    pub(super) fn open(&mut self) -> &mut Vec<u8> {
        if let Some(text) = self.utf8.take() {
            self.bytes = text.into_bytes();
        }
        &mut self.bytes
    }

    /// Nothing more will be added for now.
    pub(super) fn settle(&mut self) {
        match String::from_utf8(std::mem::take(self.open())) {
            Ok(text) => self.utf8 = Some(text),
            Err(error) => self.bytes = error.into_bytes(),
        }
    }

    /// Adds a stretch.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Span {
        let text = self.open();
        let from = offset(text.len());
        text.extend_from_slice(bytes);
        Span { from, to: offset(text.len()) }
    }

    /// Adds to the last stretch.
    pub(super) fn extend(&mut self, span: &mut Span, bytes: &[u8]) {
        span.to = self.push(bytes).to;
    }

    pub(super) fn bytes(&self, span: Span) -> &[u8] {
        &self.all()[span.from as usize..span.to as usize]
    }

    fn all(&self) -> &[u8] {
        self.utf8.as_ref().map_or(&self.bytes[..], String::as_bytes)
    }

    /// The stretch as text, if it is UTF-8.
    pub(super) fn text(&self, span: Span) -> Option<&str> {
        match &self.utf8 {
            Some(text) => text.get(span.from as usize..span.to as usize),
            None => std::str::from_utf8(self.bytes(span)).ok(),
        }
    }
}

impl Span {
    /// The empty stretch behind this one.
    pub(super) fn end(self) -> Self {
        Self { from: self.to, to: self.to }
    }
}

/// Two files of at most 64 MiB each fit.
pub(super) fn offset(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stretch_of_other_bytes_does_not_harm_the_others() {
        let mut all = Text::default();
        let (a, mut b) = (all.push("é".as_bytes()), all.push(b"b"));
        all.settle();
        assert_eq!((all.text(a), all.text(b)), (Some("é"), Some("b")));
        all.extend(&mut b, b"\xe9");
        all.settle();
        assert_eq!((all.text(a), all.text(b)), (Some("é"), None));
        assert_eq!((all.bytes(b), all.bytes(b.end())), (&b"b\xe9"[..], &b""[..]));
    }
}
