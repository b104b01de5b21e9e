//! What a chunk (text without white space) is made of.

use unicode_segmentation::UnicodeSegmentation;

use super::{Tokenizer, identifier, script};

/// Characters that tie words to an identifier, one at a time; `::` does so as well.
const JOINERS: [char; 9] = ['.', '-', '/', '\\', ':', '@', '#', '+', '&'];

/// A run of text that grows while what follows belongs to it.
#[derive(Clone, Copy)]
enum Run {
    Identifier { start: usize, end: usize },
    Unspaced { start: usize, end: usize },
}

impl<F: FnMut(&str, bool)> Tokenizer<F> {
    pub(super) fn chunk(&mut self, chunk: &str) {
        let bare = chunk.trim_matches(|c: char| c.is_ascii_punctuation());
        if is_plain_word(bare) {
            return self.word(bare, identifier::is_code(bare));
        }
        let mut run: Option<Run> = None;
        for (start, piece) in chunk.split_word_bound_indices() {
            let end = start + piece.len();
            let next = if piece.contains(script::is_unspaced) {
                Run::Unspaced { start, end }
            } else if piece.contains(|c: char| c == '_' || c.is_alphanumeric()) {
                Run::Identifier { start, end }
            } else {
                if piece.contains(script::is_emoji) {
                    self.finish(chunk, run.take());
                    self.emoji(piece);
                }
                continue;
            };
            run = match (run, next) {
                (Some(Run::Unspaced { start, end: before }), Run::Unspaced { start: after, end })
                    if before == after =>
                {
                    Some(Run::Unspaced { start, end })
                }
                (Some(Run::Identifier { start, end: before }), Run::Identifier { start: after, end })
                    if chunk.get(before..after).is_some_and(joins) =>
                {
                    Some(Run::Identifier { start, end })
                }
                (done, next) => {
                    self.finish(chunk, done);
                    Some(next)
                }
            };
        }
        self.finish(chunk, run);
    }

    fn finish(&mut self, chunk: &str, run: Option<Run>) {
        match run {
            Some(Run::Identifier { start, end }) => {
                self.identifier(chunk.get(start..end).unwrap_or_default());
            }
            Some(Run::Unspaced { start, end }) => self.unspaced(chunk.get(start..end).unwrap_or_default()),
            None => {}
        }
    }

    /// Bigrams of the unspaced stretches of `text`; what lies between them is taken as identifiers.
    fn unspaced(&mut self, text: &str) {
        for stretch in script::stretches(text) {
            if !stretch.starts_with(script::is_unspaced) {
                self.identifier(stretch);
                continue;
            }
            let ends = stretch.char_indices().map(|(at, c)| at + c.len_utf8());
            let starts = stretch.char_indices().map(|(at, _)| at);
            let mut alone = true;
            for (start, end) in starts.zip(ends.skip(1)) {
                alone = false;
                self.emit(stretch.get(start..end).unwrap_or_default(), false);
            }
            if alone {
                self.emit(stretch, false);
            }
        }
    }

    fn emoji(&mut self, piece: &str) {
        let plain: String = piece.chars().filter(|&c| !script::is_emoji_style(c)).collect();
        self.emit(&plain, false);
    }
}

/// Small letters and digits after the first letter: nothing to take apart, and most chunks are this.
fn is_plain_word(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphanumeric())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn joins(gap: &str) -> bool {
    let mut chars = gap.chars();
    match (chars.next(), chars.next()) {
        (None, _) => true,
        (Some(only), None) => JOINERS.contains(&only),
        _ => gap == "::",
    }
}
