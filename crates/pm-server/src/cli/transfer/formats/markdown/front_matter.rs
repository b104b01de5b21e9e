//! What a Markdown file says of itself before its text: YAML between `---`, TOML between `+++`.

use serde_json::{Map, Value};

/// The name of front matter that cannot be read, and is kept as it is.
const UNREAD: &str = "front_matter";

/// The fields, the text behind them, and the number of its first line.
pub(super) fn split(text: &str) -> (Map<String, Value>, &str, usize) {
    for (mark, end) in [("---", &["---", "..."][..]), ("+++", &["+++"])] {
        let mut at = 0;
        for (number, whole) in text.split_inclusive('\n').enumerate() {
            let line = whole.trim_end();
            if number == 0 && line != mark {
                break;
            }
            let (before, behind) = text.split_at(at + whole.len());
            if number > 0 && end.contains(&line) {
                let inner =
                    before.get(before.find('\n').map_or(0, |first| first + 1)..at).unwrap_or_default();
                let fields = if mark == "---" { yaml(inner) } else { toml(inner) };
                return (fields, behind, number + 2);
            }
            at += whole.len();
        }
    }
    (Map::new(), text, 1)
}

fn toml(text: &str) -> Map<String, Value> {
    let parsed: Option<toml::Table> = text.parse().ok();
    let parsed = parsed.and_then(|table| serde_json::to_value(table).ok());
    match parsed {
        Some(Value::Object(fields)) => fields.into_iter().map(|(name, value)| (name, dates(value))).collect(),
        _ => unread(text),
    }
}

/// Dates of TOML come as objects of one field.
fn dates(value: Value) -> Value {
    match value {
        Value::Object(mut fields) => match fields.shift_remove("$__toml_private_datetime") {
            Some(date) => date,
            None => Value::Object(fields.into_iter().map(|(name, value)| (name, dates(value))).collect()),
        },
        Value::Array(elements) => elements.into_iter().map(dates).collect(),
        other => other,
    }
}

fn unread(text: &str) -> Map<String, Value> {
    Map::from_iter([(UNREAD.to_owned(), Value::from(text.trim_end()))])
}

/// The part of YAML that front matter is written in: scalars, lists of scalars, texts of several lines. What is nested
/// deeper is kept as its text.
fn yaml(text: &str) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let name = line.split_once(':').filter(|(name, rest)| {
            let parted = rest.is_empty() || rest.starts_with([' ', '\t']);
            parted && !name.is_empty() && !name.starts_with([' ', '\t', '-', '[', '{', '"', '\''])
        });
        let Some((name, given)) = name else { return unread(text) };
        let mut below = Vec::new();
        // A list may stand as far out as its name does.
        while let Some(next) =
            lines.next_if(|next| next.trim().is_empty() || next.starts_with([' ', '\t', '-']))
        {
            below.push(next);
        }
        let value = match (without_remark(given), below.iter().all(|line| line.trim().is_empty())) {
            (given, true) => scalar_or_list(given),
            ("", false) => list(&below).unwrap_or_else(|| Value::from(block(&below, "\n"))),
            (given, false) if given.starts_with('>') => Value::from(block(&below, " ")),
            (given, false) if given.starts_with('|') => Value::from(block(&below, "\n")),
            // A text or a list that goes on in the next lines.
            (given, false) => scalar_or_list(&format!("{given} {}", block(&below, " "))),
        };
        if fields.insert(name.trim_end().to_owned(), value).is_some() {
            return unread(text);
        }
    }
    fields
}

fn without_remark(text: &str) -> &str {
    let text = text.trim();
    if text.starts_with(['"', '\'']) {
        return text;
    }
    text.split_once(" #").map_or(text, |(before, _)| before.trim_end())
}

/// Lines without what they are indented by.
fn block(lines: &[&str], between: &str) -> String {
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let least = lines.iter().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    let lines: Vec<&str> =
        lines.iter().map(|line| line.get(least..).unwrap_or_default().trim_end()).collect();
    lines.join(between).trim().to_owned()
}

/// `- a` in each line.
fn list(lines: &[&str]) -> Option<Value> {
    let lines = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    let elements: Option<Vec<Value>> = lines
        .map(|line| {
            let element =
                without_remark(line.strip_prefix('-').filter(|e| e.is_empty() || e.starts_with(' '))?);
            // A field in a list is nested deeper than is read here.
            let nested =
                element.starts_with(['[', '{', '-']) || element.contains(": ") || element.ends_with(':');
            (!nested || element.starts_with(['"', '\''])).then(|| scalar(element))
        })
        .collect();
    elements.map(Value::from)
}

fn scalar_or_list(text: &str) -> Value {
    match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        Some(inner) if inner.trim().is_empty() => Value::from(Vec::<Value>::new()),
        Some(inner) if !inner.contains(['[', '{', '"', '\'']) => {
            inner.split(',').map(|element| scalar(element.trim())).collect()
        }
        // With quotes it is JSON, or near enough to be kept as it is written.
        Some(_) => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
        None => scalar(text),
    }
}

fn scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" => return Value::Null,
        "true" => return Value::from(true),
        "false" => return Value::from(false),
        _ => {}
    }
    let quoted = |mark: char| text.strip_prefix(mark)?.strip_suffix(mark);
    if let Some(inner) = quoted('\'') {
        return Value::from(inner.replace("''", "'"));
    }
    if let Some(inner) = quoted('"') {
        return serde_json::from_str(text).unwrap_or_else(|_| Value::from(inner));
    }
    // Numbers with a zero in front or a huge exponent are names to people.
    match text.parse::<serde_json::Number>() {
        Ok(number) if number.to_string() == text => Value::Number(number),
        _ => Value::from(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(yaml: &str) -> Value {
        let text = format!("---\n{yaml}\n---\n# Text\n");
        let (fields, body, line) = split(&text);
        assert_eq!((body, line), ("# Text\n", yaml.lines().count() + 3), "{yaml}");
        Value::Object(fields)
    }

    #[test]
    fn yaml_as_front_matter_is_written() {
        let yaml = "title: \"A: \\\"b\\\"\"\nauthor: 'O''Neil'\n# remark\ndate: 2024-05-01 # day\ndraft: false\nn: 1.5\n\
                    version: 007\nurl: https://x.org/#a\nempty:\ntags: [a, 2, b c]\nquoted: [\"a, b\", \"c\"]\nnone: []\n\
                    list:\n- a\n- 'b: c'\nindented:\n  - 1\n  - 2\ntext: |\n  one\n    two\nfolded: >-\n  one\n  two\n\
                    long: one\n  two\nmap:\n  a: 1\n  b: [2]";
        let wanted = json!({"title": "A: \"b\"", "author": "O'Neil", "date": "2024-05-01", "draft": false, "n": 1.5,
            "version": "007", "url": "https://x.org/#a", "empty": null, "tags": ["a", 2, "b c"],
            "quoted": ["a, b", "c"], "none": [], "list": ["a", "b: c"], "indented": [1, 2], "text": "one\n  two",
            "folded": "one two", "long": "one two", "map": "a: 1\nb: [2]"});
        assert_eq!(fields(yaml), wanted);
    }

    #[test]
    fn what_cannot_be_read_is_kept_as_it_is() {
        for odd in ["just text", "{a: 1}", "a: 1\na: 2", "- a\n- b", "\"quoted\": 1"] {
            assert_eq!(fields(odd), json!({ "front_matter": odd }), "{odd}");
        }
    }

    #[test]
    fn toml_and_no_front_matter_at_all() {
        let (fields, body, line) = split("+++\ndate = 2024-05-01T10:00:00Z\n[a]\nb = [1, 2]\n+++\ntext");
        let wanted = json!({"date": "2024-05-01T10:00:00Z", "a": {"b": [1, 2]}});
        assert_eq!((Value::Object(fields), body, line), (wanted, "text", 6));
        assert_eq!(split("+++\na = = 1\n+++\n").0["front_matter"], "a = = 1");
        for text in
            ["", "# A\n---\nx\n---\n", "---\nnever closed\n", "----\na: 1\n----\n", " ---\na: 1\n---\n"]
        {
            assert_eq!(split(text), (Map::new(), text, 1), "{text}");
        }
    }
}
