//! Texts as the bodies of calls, bounded in number and bytes.

use bytes::Bytes;
use serde::Serialize;

/// The most texts of one call: a server on a small machine embeds them well within the time of a call.
pub(super) const TEXTS: usize = 32;
/// The most bytes of the texts of one call.
const BYTES: usize = 128 * 1024;
/// The most characters of one text: more than the models read that this is used with.
const TEXT_CHARS: usize = 8_000;

/// The body of one call, and how many texts it has.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) body: Bytes,
    pub(super) texts: usize,
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    input: &'a [&'a str],
    encoding_format: &'static str,
}

impl Batch {
    /// The call for one text.
    pub(super) fn of_one(model: &str, text: &str) -> Self {
        Self::new(model, &[cut(text)])
    }

    fn new(model: &str, texts: &[&str]) -> Self {
        let body = Body { model, input: texts, encoding_format: "float" };
        // Text always serialises; were it not so, the server would refuse the empty body.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        Self { body: body.into(), texts: texts.len() }
    }
}

/// The calls for several texts, in their order.
pub(super) fn batches<'a>(model: &'a str, texts: &'a [String]) -> impl Iterator<Item = Batch> + use<'a> {
    let mut rest = texts.iter().map(|text| cut(text)).peekable();
    std::iter::from_fn(move || {
        let mut batch = Vec::with_capacity(TEXTS);
        let mut bytes = 0;
        // The first is taken whatever its size, which is bounded by its characters.
        while let Some(text) =
            rest.next_if(|text| batch.is_empty() || (batch.len() < TEXTS && bytes + text.len() <= BYTES))
        {
            bytes += text.len();
            batch.push(text);
        }
        (!batch.is_empty()).then(|| Batch::new(model, &batch))
    })
}

/// What is sent of a text.
fn cut(text: &str) -> &str {
    if text.trim().is_empty() {
        // Servers refuse what is empty, though models have a vector for it: that of next to nothing.
        return ".";
    }
    let end = text.char_indices().nth(TEXT_CHARS).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(texts: &[String]) -> Vec<usize> {
        batches("m", texts).map(|batch| batch.texts).collect()
    }

    #[test]
    fn calls_are_bounded_in_texts_and_in_bytes() {
        assert_eq!(sizes(&[]), [0; 0]);
        assert_eq!(sizes(&vec!["a".to_owned(); 70]), [32, 32, 6]);
        assert_eq!(sizes(&vec!["\u{1f600}".repeat(TEXT_CHARS); 9]), [4, 4, 1]);
    }

    #[test]
    fn the_body_is_that_of_the_protocol() {
        let batch = batches("a \"model\"", &["one\n".to_owned(), "two".to_owned()]).next().unwrap();
        let body = r#"{"model":"a \"model\"","input":["one\n","two"],"encoding_format":"float"}"#;
        assert_eq!(batch.body, body);
    }

    #[test]
    fn texts_are_cut_between_characters_and_never_empty() {
        assert_eq!(cut(&"\u{e9}".repeat(TEXT_CHARS + 1)), "\u{e9}".repeat(TEXT_CHARS));
        assert_eq!((cut(""), cut(" \n"), cut(" a ")), (".", ".", " a "));
    }
}
