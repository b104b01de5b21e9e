//! Which characters are written without spaces, and which are emoji.

/// Scripts whose words no space separates, or whose particles cling to words (Hangul): indexed as bigrams.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF     // Thai, Lao
        | 0x1000..=0x109F   // Myanmar
        | 0x1100..=0x11FF   // Hangul letters
        | 0x1780..=0x17FF   // Khmer
        | 0x3005..=0x3007   // ideographic iteration mark, closing mark, zero
        | 0x3040..=0x30FA   // Hiragana, Katakana
        | 0x30FC..=0x31BF   // Katakana length mark, Bopomofo, Hangul letters
        | 0x31F0..=0x31FF   // Katakana extensions
        | 0x3400..=0x4DBF   // Han
        | 0x4E00..=0x9FFF
        | 0xAC00..=0xD7FF   // Hangul syllables
        | 0xF900..=0xFAFF   // Han compatibility
        | 0x1B000..=0x1B16F // Kana supplements
        | 0x20000..=0x3FFFF // Han extensions
    )
}

/// Pictographs, dingbats, symbols and flags.
pub(super) fn is_emoji(c: char) -> bool {
    matches!(u32::from(c), 0x2300..=0x23FF | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0x1F000..=0x1FAFF)
}

/// What changes the look of an emoji but not which one it is: skin tones and variation selectors.
pub(super) fn is_emoji_style(c: char) -> bool {
    matches!(u32::from(c), 0xFE00..=0xFE0F | 0x1F3FB..=0x1F3FF)
}

/// `text` cut wherever unspaced script begins or ends.
pub(super) fn stretches(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let unspaced = is_unspaced(rest.chars().next()?);
        let (stretch, after) = rest.split_at(rest.find(|c| is_unspaced(c) != unspaced).unwrap_or(rest.len()));
        rest = after;
        Some(stretch)
    })
}
