//! The `.env` file: `NAME=value` lines.
//!
//! Read here and not by a crate, for three reasons: a fault names its line without repeating what stands there,
//! nothing is put into the environment of the process, and `$` in a password means itself.
//!
//! A value may be bare (it ends at ` #` or at the end of the line), in single quotes (taken to the letter), or in
//! double quotes (with `\n`, `\r`, `\t`, `\"`, `\\` and `\$`). `export` in front of a name is passed over.
//! The last of two equal names wins. Names that are no settings are left alone: other programs read the file too.

use super::faults::Fault;
use super::sources::Layer;

/// The name of the file, in the working directory.
pub(super) const FILE: &str = ".env";

/// The variables of the file; a line that is none becomes a fault.
pub(super) fn parse(text: &str, faults: &mut Vec<Fault>) -> Layer {
    let mut layer = Layer::new();
    // Some editors put a byte order mark in front.
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match variable(line) {
            Ok((name, value)) => {
                layer.insert(name.to_owned(), value);
            }
            Err(what) => faults.push(Fault::of_file(format!("{FILE}, line {}", index + 1), what)),
        }
    }
    layer
}

fn variable(line: &str) -> Result<(&str, String), &'static str> {
    let line = match line.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start(),
        _ => line,
    };
    let (name, value) = line.split_once('=').ok_or("has no `=`; write NAME=value")?;
    let name = name.trim_end();
    if !is_name(name) {
        return Err("has no name in front of `=`; write NAME=value");
    }
    Ok((name, unquoted(value.trim_start())?))
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
}

fn unquoted(value: &str) -> Result<String, &'static str> {
    const OPEN: &str =
        "has a quote that is not closed on the same line; close it, or write \\n for a new line";
    if let Some(rest) = value.strip_prefix('\'') {
        let (inner, after) = rest.split_once('\'').ok_or(OPEN)?;
        nothing_after(after)?;
        return Ok(inner.to_owned());
    }
    let Some(rest) = value.strip_prefix('"') else {
        let end = value
            .char_indices()
            .find(|(at, c)| *c == '#' && value.get(..*at).is_some_and(ends_blank))
            .map_or(value.len(), |(at, _)| at);
        return Ok(value.get(..end).unwrap_or_default().trim_end().to_owned());
    };
    let mut inner = String::new();
    let mut chars = rest.chars();
    loop {
        match chars.next().ok_or(OPEN)? {
            '"' => break,
            '\\' => inner.push(match chars.next().ok_or(OPEN)? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                same @ ('"' | '\\' | '$' | '\'') => same,
                _ => {
                    return Err(
                        "has an unknown escape; `\\n`, `\\r`, `\\t`, `\\\"`, `\\\\` and `\\$` are known",
                    );
                }
            }),
            other => inner.push(other),
        }
    }
    nothing_after(chars.as_str())?;
    Ok(inner)
}

/// Whether a `#` that follows begins a comment: at the start of the value or after a blank.
fn ends_blank(before: &str) -> bool {
    before.is_empty() || before.ends_with([' ', '\t'])
}

fn nothing_after(rest: &str) -> Result<(), &'static str> {
    let rest = rest.trim_start();
    if rest.is_empty() || rest.starts_with('#') {
        Ok(())
    } else {
        Err("goes on behind the closing quote; put the whole value between quotes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_bare_or_quoted() {
        let text = "\u{feff}A=1\r\nexport B = two words # a remark\nC='to #the $letter \\n'\n\
                    D=\"tab\\tquote\\\"dollar$x\" # a remark\nE=\nF=a#b\nG=#none\n  # a remark\n\nA=2\nexported=x\n";
        let mut faults = Vec::new();
        let layer = parse(text, &mut faults);
        assert_eq!(faults, []);
        for (name, value) in [
            ("A", "2"),
            ("B", "two words"),
            ("C", "to #the $letter \\n"),
            ("D", "tab\tquote\"dollar$x"),
            ("E", ""),
            ("F", "a#b"),
            ("G", ""),
            ("exported", "x"),
        ] {
            assert_eq!(layer.get(name).map(String::as_str), Some(value), "{name}");
        }
    }

    #[test]
    fn a_line_that_is_no_variable_is_named_by_its_number() {
        let text = "A=1\n=2\nB C=3\nD='open\nE=\"open\nF='x' y\nG=\"\\q\"\n";
        let mut faults = Vec::new();
        parse(text, &mut faults);
        let places: Vec<String> = faults.iter().map(|fault| fault.to_string()[..12].to_owned()).collect();
        assert_eq!(places, (2..=7).map(|n| format!(".env, line {n}")).collect::<Vec<_>>());
    }
}
