//! Text to terms.

use pm_recall::{Token, tokenize, tuning};

use super::{Seen, Target, hold, magnitude};

pub(super) struct Tokenizer;

/// How many terms a byte may give: the tests of the tokenizer hold it to the same.
const PER_BYTE: usize = 2;

impl Target for Tokenizer {
    fn name(&self) -> &'static str {
        "tokenizer"
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            " ",
            "\n",
            "'s",
            "n't",
            "the ",
            "::",
            "/",
            "\\",
            ".",
            "-",
            "_",
            "@",
            "#",
            "+",
            "&",
            "E0382",
            "userLogin",
            "user_login",
            "MAX_POOL",
            "v2.0.1-rc1",
            "1,000",
            "URLs",
            "src/main.rs",
            "数据库",
            "データ",
            "ข้อ",
            "오류",
            "🇩🇪",
            "👩\u{200D}💻",
            "👍🏽",
            "\u{301}",
            "\u{200D}",
            "\u{FE0F}",
            "ﬁ",
            "İ",
            "Straße",
            "مُحَمَّد",
        ]
    }

    fn good(&self) -> Vec<(&'static str, Vec<u8>)> {
        vec![("words", b"The server's pool in src/main.rs refuses userLogin: E0382".to_vec())]
    }

    /// Terms are bounded, never empty, in small letters and without white space; the same text gives the same terms; and
    /// white space keeps what is before it from what is behind it.
    fn give(&self, input: &[u8]) -> Result<Seen, String> {
        let text = String::from_utf8_lossy(input);
        let terms = tokenize(&text);
        for Token { text: term, .. } in &terms {
            let characters = term.chars().count();
            hold((1..=tuning::MAX_TERM_CHARS).contains(&characters), || format!("{term:?}: {characters}"))?;
            hold(!term.contains(char::is_whitespace), || format!("{term:?} has white space"))?;
            hold(!term.contains(is_capital), || format!("{term:?} has a capital letter"))?;
        }
        hold(terms.len() <= PER_BYTE * text.len(), || {
            format!("{} terms of {} bytes", terms.len(), text.len())
        })?;
        hold(terms == tokenize(&text), || "the same text gives other terms".to_owned())?;
        let half = text.char_indices().map(|(at, _)| at).nth(text.chars().count() / 2).unwrap_or_default();
        let (before, after) = text.split_at(half);
        let apart = [tokenize(before), tokenize(after)].concat();
        hold(tokenize(&format!("{before}\n{after}")) == apart, || {
            format!("{before:?} and {after:?}: apart they give other terms than with a line break between")
        })?;
        let identifiers = terms.iter().filter(|term| term.identifier).count();
        let longest = terms.iter().map(|term| term.text.len()).max().unwrap_or_default();
        let kinds = terms.iter().fold(0_u32, |kinds, term| kinds | kind(&term.text));
        let shape = (magnitude(terms.len()), magnitude(identifiers), magnitude(longest), kinds);
        Ok(Seen::new(!terms.is_empty(), shape))
    }
}

/// A letter that has a small form and is not it.
fn is_capital(c: char) -> bool {
    !c.to_lowercase().eq([c])
}

/// Of which kinds of characters a term is, one bit each.
fn kind(term: &str) -> u32 {
    let kinds: [fn(char) -> bool; 7] = [
        |c| c.is_ascii_lowercase(),
        |c| c.is_ascii_digit(),
        |c| c.is_ascii_punctuation(),
        |c| c.is_alphabetic() && !c.is_ascii(),
        |c| ('\u{3000}'..'\u{D7FF}').contains(&c),
        |c| c >= '\u{10000}',
        |c| !c.is_alphanumeric() && !c.is_ascii(),
    ];
    kinds.iter().enumerate().filter(|(_, is)| term.contains(**is)).fold(0, |bits, (at, _)| bits | 1 << at)
}
