//! English words that say nothing about what a text is about.

/// The stop words of the Snowball project, with the contractions that it lists, sorted. Words that name something in
/// code or commands (`off`, `down`, `up`, `out`) are kept in the index: "the server is down" is about being down.
const STOP_WORDS: [&str; 169] = [
    "a",
    "about",
    "after",
    "again",
    "against",
    "all",
    "am",
    "an",
    "and",
    "any",
    "are",
    "aren't",
    "as",
    "at",
    "be",
    "because",
    "been",
    "before",
    "being",
    "between",
    "both",
    "but",
    "by",
    "can",
    "can't",
    "cannot",
    "could",
    "couldn't",
    "did",
    "didn't",
    "do",
    "does",
    "doesn't",
    "doing",
    "don't",
    "during",
    "each",
    "few",
    "for",
    "from",
    "further",
    "had",
    "hadn't",
    "has",
    "hasn't",
    "have",
    "haven't",
    "having",
    "he",
    "he'd",
    "he'll",
    "he's",
    "her",
    "here",
    "here's",
    "hers",
    "herself",
    "him",
    "himself",
    "his",
    "how",
    "how's",
    "i",
    "i'd",
    "i'll",
    "i'm",
    "i've",
    "if",
    "in",
    "into",
    "is",
    "isn't",
    "it",
    "it's",
    "its",
    "itself",
    "just",
    "let's",
    "me",
    "more",
    "most",
    "mustn't",
    "my",
    "myself",
    "no",
    "nor",
    "not",
    "of",
    "on",
    "once",
    "only",
    "or",
    "other",
    "ought",
    "our",
    "ours",
    "ourselves",
    "own",
    "same",
    "shan't",
    "she",
    "she'd",
    "she'll",
    "she's",
    "should",
    "shouldn't",
    "so",
    "some",
    "such",
    "than",
    "that",
    "that's",
    "the",
    "their",
    "theirs",
    "them",
    "themselves",
    "then",
    "there",
    "there's",
    "these",
    "they",
    "they'd",
    "they'll",
    "they're",
    "they've",
    "this",
    "those",
    "through",
    "to",
    "too",
    "until",
    "very",
    "was",
    "wasn't",
    "we",
    "we'd",
    "we'll",
    "we're",
    "we've",
    "were",
    "weren't",
    "what",
    "what's",
    "when",
    "when's",
    "where",
    "where's",
    "which",
    "while",
    "who",
    "who's",
    "whom",
    "why",
    "why's",
    "will",
    "with",
    "won't",
    "would",
    "wouldn't",
    "you",
    "you'd",
    "you'll",
    "you're",
    "you've",
    "your",
    "yours",
    "yourself",
    "yourselves",
];

/// Length of the longest of them, in bytes: what is longer is not compared.
const LONGEST: usize = 10;

/// The same words as numbers, which are compared in an instruction or two. They are in the same order.
static NUMBERS: [u128; STOP_WORDS.len()] = numbers();

#[expect(clippy::indexing_slicing, reason = "while it is compiled, and both are of one length")]
const fn numbers() -> [u128; STOP_WORDS.len()] {
    let mut numbers = [0; STOP_WORDS.len()];
    let mut at = 0;
    while at < numbers.len() {
        numbers[at] = number(STOP_WORDS[at].as_bytes());
        at += 1;
    }
    numbers
}

/// Up to 15 bytes as a number: the first of them in its highest byte, how many they are in its lowest.
const fn number(word: &[u8]) -> u128 {
    let (mut number, mut rest, mut place) = (word.len() as u128, word, 128);
    while let [first, others @ ..] = rest {
        place -= 8;
        number |= (*first as u128) << place;
        rest = others;
    }
    number
}

/// Whether the folded `term` is left out of the index.
pub(super) fn is_stop_word(term: &str) -> bool {
    term.len() <= LONGEST && NUMBERS.binary_search(&number(term.as_bytes())).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_searched() {
        assert!(STOP_WORDS.is_sorted_by(|a, b| a < b));
        assert_eq!(STOP_WORDS.iter().map(|word| word.len()).max(), Some(LONGEST));
        assert!(STOP_WORDS.iter().all(|word| is_stop_word(word)));
        for other in ["server", "", "\0", "a\0", "th", "theme", "yourselvest", "\u{e9}"] {
            assert!(!is_stop_word(other), "{other:?}");
        }
    }
}
