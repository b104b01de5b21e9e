//! Texts like those that people write, the same in every run.

use pm_testbed::text::Random;

/// The words that occur most in the documents and comments of this repository, the most frequent first. Real words: what
/// a model makes of a text depends on how many pieces its words fall into.
const WORDS: &str = include_str!("words.txt");

/// Writes texts.
pub struct Writer {
    random: Random,
    words: Vec<&'static str>,
}

impl Writer {
    /// One whose texts follow from `seed`, which is not 0.
    pub fn new(seed: u64) -> Self {
        Self { random: Random(seed), words: WORDS.lines().collect() }
    }

    /// The next number, for what else is to be chosen.
    pub fn number(&mut self) -> u64 {
        self.random.number()
    }

    /// 40 words, about 240 bytes.
    pub fn text(&mut self) -> String {
        self.write(40)
    }

    /// Eight words. Two questions are practically never the same.
    pub fn question(&mut self) -> String {
        self.write(8)
    }

    fn write(&mut self, count: usize) -> String {
        let words: Vec<_> = (0..count).map(|_| self.word()).collect();
        words.join(" ")
    }

    /// Some come far more often than others, as in real text.
    fn word(&mut self) -> &'static str {
        let at = self.random.rank(self.words.len() as u64);
        usize::try_from(at).ok().and_then(|at| self.words.get(at)).copied().unwrap_or("word")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn one_seed_writes_the_same_and_questions_differ() {
        let questions = |seed| {
            let mut writer = Writer::new(seed);
            (0..10_000).map(|_| writer.question()).collect::<Vec<_>>()
        };
        let asked = questions(5);
        assert_eq!(asked, questions(5));
        assert_eq!(asked.iter().collect::<HashSet<_>>().len(), asked.len());
    }

    #[test]
    fn a_text_is_as_long_as_a_note() {
        let mut writer = Writer::new(1);
        let bytes: usize = (0..1000).map(|_| writer.text().len()).sum();
        assert!((200_000..320_000).contains(&bytes), "{bytes} bytes in 1,000 texts");
    }
}
