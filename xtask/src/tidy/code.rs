//! Rust text without its comments and the insides of its literals, line by line where it was.

/// `text` with every comment and every literal's inside turned to spaces; the line breaks stay.
pub(super) fn bare(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after_name = bare.ends_with(|last: char| last.is_alphanumeric() || last == '_');
        let hidden = match first {
            '/' => comment(rest),
            '"' => Some(quoted(rest, 1)),
            'r' | 'b' | 'c' if !after_name => prefixed(rest),
            '\'' => character(rest),
            _ => None,
        };
        let length = hidden.unwrap_or(first.len_utf8()).min(rest.len());
        let (taken, left) = rest.split_at(length);
        if hidden.is_some() {
            bare.extend(taken.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        } else {
            bare.push_str(taken);
        }
        rest = left;
    }
    bare
}

/// The number of lines before the test module at the end of a file; one in a sibling file is not meant.
pub(super) fn lines_before_tests(text: &str) -> usize {
    let next = text.lines().skip(1).chain([""]);
    let tests = |(line, next): &(&str, &str)| {
        line.trim() == "#[cfg(test)]" && next.trim_start().starts_with("mod ") && next.ends_with('{')
    };
    text.lines().zip(next).take_while(|lines| !tests(lines)).count()
}

/// How many lines the braces take that open at or after `start` of a [`bare`] text, the line of `start` included.
pub(super) fn lines_to_closing_brace(bare: &str, start: usize) -> usize {
    let text = bare.get(start..).unwrap_or_default();
    let (mut depth, mut within, mut lines) = (0_usize, 0_usize, 1_usize);
    for c in text.chars() {
        match c {
            '\n' => lines += 1,
            '(' | '[' => within += 1,
            ')' | ']' => within = within.saturating_sub(1),
            '{' => depth += 1,
            '}' if depth <= 1 => return lines,
            '}' => depth -= 1,
            // A declaration without a body.
            ';' if depth == 0 && within == 0 => return lines,
            _ => {}
        }
    }
    lines
}

/// Whether `word` stands in `line` with no letter, digit or underscore beside it.
pub(super) fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = line.split_at(at);
        !before.ends_with(part) && !after.get(word.len()..).unwrap_or_default().starts_with(part)
    })
}

fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0_usize, 0_usize);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    Some(text.len())
}

/// The length of a literal whose inside begins at `from` and which ends with a plain quote.
fn quoted(text: &str, from: usize) -> usize {
    let mut inside = text.get(from..).unwrap_or_default().char_indices();
    while let Some((at, c)) = inside.next() {
        match c {
            '"' => return from + at + 1,
            '\\' => drop(inside.next()),
            _ => {}
        }
    }
    text.len()
}

/// Literals that begin with a letter: `b"`, `c"`, `r"`, `r#"`, `br#"`, `b'`.
fn prefixed(text: &str) -> Option<usize> {
    let letters = text.find(|c| !matches!(c, 'b' | 'c' | 'r')).filter(|count| *count <= 2)?;
    let (prefix, rest) = text.split_at(letters);
    if prefix == "b" && rest.starts_with('\'') {
        return character(rest).map(|length| letters + length);
    }
    let hashes = rest.find(|c| c != '#')?;
    if !rest.get(hashes..)?.starts_with('"') {
        return None;
    }
    let from = letters + hashes + 1;
    if !prefix.ends_with('r') {
        return (hashes == 0).then(|| quoted(text, from));
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let inside = text.get(from..)?;
    Some(inside.find(&end).map_or(text.len(), |at| from + at + end.len()))
}

/// A character literal; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let mut inside = text.char_indices().skip(1);
    let (_, first) = inside.next()?;
    if first == '\\' {
        inside.next()?;
        return inside.find(|(_, c)| *c == '\'').map(|(at, _)| at + 1);
    }
    let (at, next) = inside.next()?;
    (next == '\'').then_some(at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_and_code_stays() {
        for (text, seen) in [
            ("a // unsafe", "a"),
            ("a /* x /* y */ z */ b", "a                   b"),
            ("f(\"unsafe \\\" {\")", "f(             )"),
            ("f(r#\"a \" b\"#)", "f(          )"),
            ("f(b\"x\", br\"y\", c\"z\")", "f(    ,      ,     )"),
            ("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)"),
            ("['{', '\\'', '\\u{1F}', b'}', 'ä']", "[   ,     ,         ,     ,    ]"),
            ("for r in number", "for r in number"),
            ("r#type", "r#type"),
        ] {
            assert_eq!(bare(text).trim_end(), seen, "{text}");
        }
        assert_eq!(bare("\"a\nb\" // c\nd"), "  \n       \nd");
    }

    #[test]
    fn tests_begin_at_their_attribute() {
        assert_eq!(lines_before_tests("a\nb\n#[cfg(test)]\nmod tests {\n}\n"), 2);
        assert_eq!(lines_before_tests("a\n#[cfg(test)]\nmod tests;\nb\n"), 4);
        assert_eq!(lines_before_tests("a\nb\n"), 2);
    }

    #[test]
    fn a_body_ends_at_its_own_brace() {
        assert_eq!(lines_to_closing_brace("fn f(\n) {\n if a { }\n}\nfn g() {}\n", 0), 4);
        assert_eq!(lines_to_closing_brace("fn f(x: [u8; 4])\n{\n}\n", 0), 3);
        assert_eq!(lines_to_closing_brace("fn f();\n\n{}", 0), 1);
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("x unsafe {", "unsafe") && has_word("unsafe", "unsafe"));
        assert!(!has_word("unsafe_code", "unsafe") && !has_word("not_unsafe", "unsafe"));
    }
}
