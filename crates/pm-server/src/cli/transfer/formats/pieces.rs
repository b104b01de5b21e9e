//! Texts that are too long for one value, cut into pieces.

/// The bytes of a character in UTF-8.
pub(super) fn in_text(character: char) -> usize {
    character.len_utf8()
}

/// The bytes of a character in a string of compact JSON.
pub(super) fn in_json(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        _ => character.len_utf8(),
    }
}

/// Pieces of `text` that have at most `most` bytes each, as `cost` counts them, and are the text again one after the other.
/// A cut is where a line ends, else where a word does, if one does in the second half of a piece.
pub(super) fn pieces(text: &str, most: usize, cost: fn(char) -> usize) -> Vec<&str> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    loop {
        let (mut spent, mut end) = (0, rest.len());
        let (mut line, mut word) = (None, None);
        for (at, character) in rest.char_indices() {
            spent += cost(character);
            // A character that is larger than a piece stands alone.
            if spent > most && at > 0 {
                end = at;
                break;
            }
            let behind = at + character.len_utf8();
            match character {
                '\n' => line = Some(behind),
                ' ' => word = Some(behind),
                _ => {}
            }
        }
        if end == rest.len() {
            pieces.push(rest);
            return pieces;
        }
        let late = |cut: &usize| *cut > end / 2;
        let cut = line.filter(late).or(word.filter(late)).unwrap_or(end);
        let (piece, behind) = rest.split_at(cut);
        pieces.push(piece);
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cut_is_where_a_line_or_a_word_ends() {
        assert_eq!(pieces("", 10, in_text), [""]);
        assert_eq!(pieces("0123456789", 10, in_text), ["0123456789"]);
        assert_eq!(pieces("one two\nthree four", 12, in_text), ["one two\n", "three four"]);
        assert_eq!(pieces("one two three", 9, in_text), ["one two ", "three"]);
        assert_eq!(pieces("a bcdefghijkl", 10, in_text), ["a bcdefghi", "jkl"]);
        assert_eq!(pieces("\n\n\n", 4, in_json), ["\n\n", "\n"]);
        assert_eq!(pieces("éé", 3, in_text), ["é", "é"]);
    }

    proptest! {
        #[test]
        fn pieces_are_the_text_again_and_within_bounds(text in "[a é\n\"\u{1}😀]{0,60}", most in 6_usize..30) {
            for cost in [in_text, in_json] {
                let pieces = pieces(&text, most, cost);
                prop_assert_eq!(pieces.concat(), &*text);
                for piece in pieces {
                    prop_assert!(piece.chars().map(cost).sum::<usize>() <= most);
                    prop_assert!(text.is_empty() || !piece.is_empty());
                }
            }
            let json: usize = text.chars().map(in_json).sum();
            prop_assert_eq!(json + 2, serde_json::to_string(&text).unwrap().len());
        }
    }
}
