//! The `ai-pm.toml` file: the names of the environment in lower case, at top level.

use toml::{Table, Value};

use super::faults::Fault;
use super::names;
use super::sources::Layer;

/// The name of the file, in the working directory.
pub(super) const FILE: &str = "ai-pm.toml";

/// The settings of the file as text, as if they stood in the environment.
pub(super) fn parse(text: &str, faults: &mut Vec<Fault>) -> Layer {
    let table = match text.parse::<Table>() {
        Ok(table) => table,
        Err(error) => {
            // The error's own text shows the line, which may hold a secret.
            let place = error.span().map_or_else(
                || FILE.to_owned(),
                |span| format!("{FILE}, line {}", line_of(text, span.start)),
            );
            faults.push(Fault::of_file(place, "is not TOML; text values stand in quotes: name = \"value\""));
            return Layer::new();
        }
    };
    let mut layer = Layer::new();
    for (key, value) in &table {
        match setting(key, value) {
            Ok((name, value)) => {
                layer.insert(name.to_owned(), value);
            }
            Err(what) => faults.push(Fault::of_file(format!("{FILE}, {}", key.escape_debug()), what)),
        }
    }
    layer
}

fn setting(key: &str, value: &Value) -> Result<(&'static str, String), String> {
    let name = Some(key)
        .filter(|key| !key.contains(|c: char| c.is_ascii_uppercase()))
        .and_then(|key| names::ALL.iter().find(|spec| spec.name.eq_ignore_ascii_case(key)))
        .map(|spec| spec.name);
    let Some(name) = name else {
        return Err(match names::nearest(key) {
            Some(meant) => format!("is not a setting; did you mean {}?", meant.to_ascii_lowercase()),
            None => "is not a setting; `ai-pm config` lists them all".to_owned(),
        });
    };
    let text = scalar(value)
        .or_else(|| {
            let parts: Option<Vec<String>> = value.as_array()?.iter().map(scalar).collect();
            Some(parts?.join(","))
        })
        .ok_or("must be a text, a number, true or false, or a list of texts")?;
    Ok((name, text))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(flag) => Some(flag.to_string()),
        Value::Datetime(_) | Value::Array(_) | Value::Table(_) => None,
    }
}

/// The number of the line that holds the byte at `offset`, from 1.
fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    before.split(|byte| *byte == b'\n').count()
}
