//! Text that is the same in each run.

/// Words that texts are made of: as many as a project's own vocabulary.
const WORDS: u64 = 2000;

/// A small generator (xorshift64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Words of which some come far more often than others, as in real text.
    pub(crate) fn words(&mut self, count: usize) -> String {
        let number = || (self.number() % WORDS) * (self.number() % WORDS) / WORDS;
        let words: Vec<_> = std::iter::repeat_with(number).take(count).map(word).collect();
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
