//! Text to the tokens of an uncased BERT: basic tokenizer, then the longest token that matches, again and again.
//!
//! Gives the numbers that the `tokenizers` library gives, in time linear in the text whatever the text is: a word of
//! more than 100 characters is unknown as a whole, and within a word no more is tried than the longest token.

mod characters;
mod file;
mod vocabulary;

use std::ops::ControlFlow;

use characters::{Ascii, Part};
use vocabulary::{Hash, LONGEST};

pub(crate) use file::tokens;
pub(crate) use vocabulary::Vocabulary;

use crate::ModelError;

/// A word of more characters is unknown.
const LONGEST_WORD: usize = 100;
/// A word of so many tokens is read only if these are long enough.
const SHREDS: usize = 4;
/// Least length of the tokens of such a word, on average: "kubernetes" has 2.5, a hexadecimal digest about 1.5.
const READABLE_CHARACTERS: usize = 2;
/// Tokens that stand in a text as they are written here.
const SPECIAL: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// A tokenizer.
#[derive(Clone, Debug)]
pub struct WordPiece {
    vocabulary: Vocabulary,
    special: [Option<u32>; SPECIAL.len()],
    unknown: u32,
    start: u32,
    end: u32,
}

impl WordPiece {
    pub(crate) fn new(vocabulary: Vocabulary) -> Result<Self, ModelError> {
        let special = SPECIAL.map(|token| vocabulary.number(token));
        let [_, unknown, start, end, _] = special;
        let (Some(unknown), Some(start), Some(end)) = (unknown, start, end) else {
            return Err(ModelError::Vocabulary("lacks [UNK], [CLS] or [SEP]".to_owned()));
        };
        Ok(Self { vocabulary, special, unknown, start, end })
    }

    /// Of `tokens` in the order of their numbers.
    pub(crate) fn of(tokens: &[String]) -> Result<Self, ModelError> {
        Self::new(Vocabulary::of(tokens)?)
    }

    /// The numbers of the tokens of `text`, the first `most` of them, without `[CLS]` and `[SEP]`. Reads no further
    /// than it must.
    pub fn encode(&self, text: &str, most: usize) -> Vec<u32> {
        let mut numbers = Vec::new();
        self.words(text, |word| {
            numbers.extend_from_slice(word.get(..most - numbers.len()).unwrap_or(word));
            if numbers.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        numbers.truncate(most);
        numbers
    }

    /// Whether any word of `text` is one that an English vocabulary can read: in ASCII, and not shredded, which is to say
    /// into four tokens or more of less than two characters on average. Hashes, UUIDs, encoded data and other scripts
    /// are not: their vectors say how they are spelt, not what they mean.
    pub fn reads(&self, text: &str) -> bool {
        let mut read = false;
        self.words(text, |word| {
            read = self.reads_word(word);
            if read { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        read
    }

    fn reads_word(&self, tokens: &[u32]) -> bool {
        let mut characters = 0;
        for token in tokens {
            let text = self.token(*token).filter(|_| *token != self.unknown).unwrap_or_default();
            let text = text.strip_prefix("##").unwrap_or(text);
            if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return false;
            }
            characters += text.len();
        }
        characters > 0 && (tokens.len() < SHREDS || characters >= READABLE_CHARACTERS * tokens.len())
    }

    /// How many tokens there are; their numbers are below.
    pub fn len(&self) -> usize {
        self.vocabulary.len()
    }

    /// Never: an empty vocabulary is refused.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text of a token, `##` at the beginning if it continues a word.
    pub fn token(&self, number: u32) -> Option<&str> {
        std::str::from_utf8(self.vocabulary.text(number)?).ok()
    }

    /// `[UNK]`: what stands for a word that has no tokens.
    pub fn unknown(&self) -> u32 {
        self.unknown
    }

    /// `[CLS]`, which begins a text.
    pub(crate) fn start(&self) -> u32 {
        self.start
    }

    /// `[SEP]`, which ends a text.
    pub(crate) fn end(&self) -> u32 {
        self.end
    }

    /// Hands the tokens of each word to `each`, until it breaks.
    pub(crate) fn words(&self, text: &str, each: impl FnMut(&[u32]) -> ControlFlow<()>) {
        // Whether it was broken is known to who broke it.
        let hashes = [Hash::default(); LONGEST];
        let _ = Reader { tokenizer: self, word: Word::default(), hashes, each }.read(text);
    }

    fn special(&self, text: &str) -> Option<(u32, usize)> {
        let found = SPECIAL.iter().zip(self.special).find(|(token, _)| text.starts_with(*token));
        found.and_then(|(token, number)| Some((number?, token.len())))
    }
}

/// The word that is being read.
struct Word {
    bytes: [u8; LONGEST_WORD * 4],
    length: usize,
    characters: usize,
}

impl Default for Word {
    fn default() -> Self {
        Self { bytes: [0; LONGEST_WORD * 4], length: 0, characters: 0 }
    }
}

impl Word {
    fn push(&mut self, byte: u8) {
        self.characters += 1;
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    fn push_character(&mut self, c: char) {
        self.characters += 1;
        if let Some(place) = self.bytes.get_mut(self.length..self.length + c.len_utf8()) {
            self.length += c.encode_utf8(place).len();
        }
    }
}

struct Reader<'a, F> {
    tokenizer: &'a WordPiece,
    word: Word,
    /// Of the beginnings of what is left of a word: room that is used again and again.
    hashes: [Hash; LONGEST],
    each: F,
}

impl<F: FnMut(&[u32]) -> ControlFlow<()>> Reader<'_, F> {
    fn read(&mut self, text: &str) -> ControlFlow<()> {
        let mut rest = text;
        while let Some(byte) = rest.bytes().next() {
            let mut taken = 1;
            if !byte.is_ascii() {
                taken = characters::run(rest);
                characters::parts(rest.get(..taken).unwrap_or_default(), |part| self.part(part))?;
            } else if byte == b'['
                && let Some((number, length)) = self.tokenizer.special(rest)
            {
                taken = length;
                self.end_word()?;
                (self.each)(&[number])?;
            } else {
                match Ascii::of(byte) {
                    Ascii::Letter => self.word.push(byte.to_ascii_lowercase()),
                    Ascii::Single => self.part(Part::Single(char::from(byte)))?,
                    Ascii::Gap => self.end_word()?,
                    Ascii::Dropped => {}
                }
            }
            rest = rest.get(taken..).unwrap_or_default();
        }
        self.end_word()
    }

    fn part(&mut self, part: Part) -> ControlFlow<()> {
        match part {
            Part::Letter(c) => self.word.push_character(c),
            Part::Gap => self.end_word()?,
            Part::Single(c) => {
                self.end_word()?;
                self.word.push_character(c);
                self.end_word()?;
            }
        }
        ControlFlow::Continue(())
    }

    fn end_word(&mut self) -> ControlFlow<()> {
        if self.word.characters == 0 {
            return ControlFlow::Continue(());
        }
        let mut numbers = [0; LONGEST_WORD];
        let word = self.word.bytes.get(..self.word.length).unwrap_or_default();
        let known = self.word.characters <= LONGEST_WORD;
        let vocabulary = &self.tokenizer.vocabulary;
        let count = if known { split(vocabulary, word, &mut self.hashes, &mut numbers) } else { None };
        (self.word.length, self.word.characters) = (0, 0);
        match count.and_then(|count| numbers.get(..count)) {
            Some(numbers) => (self.each)(numbers),
            None => (self.each)(&[self.tokenizer.unknown]),
        }
    }
}

/// Puts the tokens of `word` into `numbers` and says how many they are; `None` where it has none.
fn split(
    vocabulary: &Vocabulary,
    word: &[u8],
    hashes: &mut [Hash; LONGEST],
    numbers: &mut [u32; LONGEST_WORD],
) -> Option<usize> {
    let find = vocabulary.find();
    let (mut rest, mut start) = (word, Hash::WORD);
    let mut count = 0;
    while !rest.is_empty() {
        let mut hash = start;
        let begun = rest.get(..vocabulary.longest()).unwrap_or(rest);
        for (place, byte) in hashes.iter_mut().zip(begun) {
            hash = hash.with(*byte);
            *place = hash;
        }
        let lengths = (1..=begun.len()).rev().zip(hashes.get(..begun.len())?.iter().rev());
        let (number, length) = lengths
            .filter(|(length, _)| rest.get(*length).is_none_or(|byte| byte & 0xc0 != 0x80))
            .find_map(|(length, hash)| Some((find.number(*hash, rest.get(..length)?, count > 0)?, length)))?;
        *numbers.get_mut(count)? = number;
        count += 1;
        rest = rest.get(length..)?;
        start = Hash::INNER;
    }
    Some(count)
}
