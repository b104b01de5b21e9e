//! Texts of made-up words, the same in each run.

/// As many words as a project's own vocabulary.
const WORDS: u64 = 2000;

/// A small generator (xorshift64, Marsaglia 2003) of numbers and words. Its state is not 0.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// One of `count`, small ones far more often than large ones: the product of two even choices.
    pub fn rank(&mut self, count: u64) -> u64 {
        (self.number() % count) * (self.number() % count) / count
    }

    /// Words of which some come far more often than others, as in real text.
    pub fn words(&mut self, count: usize) -> String {
        let words: Vec<_> = (0..count).map(|_| word(self.rank(WORDS))).collect();
        words.join(" ")
    }
}

/// Word `n` of the vocabulary.
fn word(mut n: u64) -> String {
    let mut word = String::from("w");
    loop {
        word.push(char::from(b'a' + u8::try_from(n % 26).unwrap_or(0)));
        n /= 26;
        if n == 0 {
            return word;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn one_seed_says_the_same_and_some_words_far_more_often() {
        let text = Random(7).words(10_000);
        assert_eq!(text, Random(7).words(10_000));
        let mut counts = HashMap::<_, u32>::new();
        text.split(' ').for_each(|word| *counts.entry(word).or_default() += 1);
        assert!((1_000..=2_000).contains(&counts.len()), "{} words", counts.len());
        assert!(counts.values().max() > Some(&30), "{:?}", counts.values().max());
    }
}
