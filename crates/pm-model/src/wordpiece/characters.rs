//! What BERT's "basic tokenizer" does with characters: clean, fold, split.
//!
//! As the `tokenizers` library does it (`normalizers/bert.rs`, `pre_tokenizers/bert.rs`), with the same tables of
//! categories.

use std::ops::ControlFlow;

use unicode_categories::UnicodeCategories;
use unicode_normalization::UnicodeNormalization;

/// What a text falls into.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// A character of a word, in lower case and without accents.
    Letter(char),
    /// What stands for itself: punctuation.
    Single(char),
    /// The end of a word.
    Gap,
}

/// What an ASCII character is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ascii {
    Letter,
    Single,
    Gap,
    /// Left out, and no gap either.
    Dropped,
}

impl Ascii {
    pub(super) fn of(byte: u8) -> Self {
        match byte {
            b'\t' | b'\n' | b'\r' | b' ' => Self::Gap,
            0..=0x1f | 0x7f => Self::Dropped,
            _ if byte.is_ascii_punctuation() => Self::Single,
            _ => Self::Letter,
        }
    }
}

/// Where the run of characters ends that begins at the start of `text` and must be decomposed together: those outside
/// ASCII, with what is left out between them.
pub(super) fn run(text: &str) -> usize {
    let ends = |byte: u8| byte.is_ascii() && Ascii::of(byte) != Ascii::Dropped;
    text.bytes().position(ends).unwrap_or(text.len())
}

/// Hands the parts of a [`run`] to `each`.
pub(super) fn parts(run: &str, mut each: impl FnMut(Part) -> ControlFlow<()>) -> ControlFlow<()> {
    let clean = run.chars().filter(|c| !is_dropped(*c));
    let spaced = clean.flat_map(|c| {
        let space = is_chinese(c).then_some(' ');
        [space, Some(c), space].into_iter().flatten()
    });
    let folded = spaced.nfd().filter(|c| !c.is_mark_nonspacing()).flat_map(char::to_lowercase);
    for c in folded {
        each(match c {
            _ if c.is_whitespace() => Part::Gap,
            _ if c.is_ascii_punctuation() || c.is_punctuation() => Part::Single(c),
            _ => Part::Letter(c),
        })?;
    }
    ControlFlow::Continue(())
}

fn is_dropped(c: char) -> bool {
    c == '\u{fffd}' || (c.is_other() && !matches!(c, '\t' | '\n' | '\r'))
}

/// The blocks of ideographs that BERT sets apart.
fn is_chinese(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{2a6df}' | '\u{2a700}'..='\u{2b73f}'
        | '\u{2b740}'..='\u{2b81f}' | '\u{2b920}'..='\u{2ceaf}' | '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}')
}
