//! Readers of single values: each turns a JSON value into a Rust one or says what is wrong with it.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::Invalid;
use super::fields::kind;

fn not(wanted: &str, value: &Value) -> Invalid {
    Invalid::here(format!("must be {wanted}, not {}", kind(value)))
}

/// Any string.
pub fn string(value: Value) -> Result<String, Invalid> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(not("a string", &other)),
    }
}

/// A string of `min..=max` bytes of UTF-8.
pub fn text(min: usize, max: usize) -> impl FnOnce(Value) -> Result<String, Invalid> {
    move |value| {
        let text = string(value)?;
        match text.len() {
            0 if min > 0 => Err(Invalid::here("must not be empty")),
            n if n > max => Err(Invalid::here(format!("has {n} bytes of UTF-8; at most {max} are taken"))),
            _ => Ok(text),
        }
    }
}

/// A boolean.
pub fn boolean(value: Value) -> Result<bool, Invalid> {
    match value {
        Value::Bool(boolean) => Ok(boolean),
        other => Err(not("true or false", &other)),
    }
}

/// A whole number in `min..=max`.
pub fn whole_number(min: u64, max: u64) -> impl FnOnce(Value) -> Result<u64, Invalid> {
    move |value| {
        let Value::Number(number) = &value else { return Err(not("a whole number", &value)) };
        match number.as_u64() {
            Some(n) if (min..=max).contains(&n) => Ok(n),
            _ if number.is_f64() => Err(Invalid::here(format!("must be a whole number, not {number}"))),
            _ => Err(Invalid::here(format!("must be from {min} to {max}, not {number}"))),
        }
    }
}

/// A number in `min..=max`.
pub fn number_between(min: f64, max: f64) -> impl FnOnce(Value) -> Result<f64, Invalid> {
    move |value| {
        let number = value.as_f64().ok_or_else(|| not("a number", &value))?;
        if (min..=max).contains(&number) {
            Ok(number)
        } else {
            Err(Invalid::here(format!("must be from {min} to {max}, not {number}")))
        }
    }
}

/// Adapts a reader of JSON numbers and booleans to a query parameter, whose value is always a string.
pub fn parameter<T>(
    read: impl FnOnce(Value) -> Result<T, Invalid>,
) -> impl FnOnce(Value) -> Result<T, Invalid> {
    move |value| {
        let scalar = value.as_str().and_then(|text| match text {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            number => number.parse::<serde_json::Number>().ok().map(Value::Number),
        });
        read(scalar.unwrap_or(value))
    }
}

/// An array, each element read by `read`; a fault names the element's index.
pub fn array<T>(value: Value, read: impl Fn(Value) -> Result<T, Invalid>) -> Result<Vec<T>, Invalid> {
    let Value::Array(elements) = value else { return Err(not("an array", &value)) };
    let mut faults = Vec::new();
    let mut whole = Vec::with_capacity(elements.len());
    for (n, element) in elements.into_iter().enumerate() {
        match read(element) {
            Ok(element) => whole.push(element),
            Err(invalid) => faults.extend(invalid.within(&format!("[{n}]")).0),
        }
    }
    if faults.is_empty() { Ok(whole) } else { Err(Invalid(faults)) }
}

/// An object.
pub fn object(value: Value) -> Result<Map<String, Value>, Invalid> {
    match value {
        Value::Object(object) => Ok(object),
        other => Err(not("an object", &other)),
    }
}

/// One of a few words.
pub fn one_of<T: Copy>(choices: &[(&str, T)], word: &str) -> Result<T, Invalid> {
    choices.iter().find(|(name, _)| *name == word).map(|(_, choice)| *choice).ok_or_else(|| {
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        Invalid::here(format!("must be one of {}, not {}", names.join(", "), shown(word)))
    })
}

/// An RFC 3339 date-time with an offset, cut to microseconds and turned to UTC.
pub fn timestamp(value: Value) -> Result<Timestamp, Invalid> {
    timestamp_text(&string(value)?)
}

/// The same, from its text.
pub fn timestamp_text(text: &str) -> Result<Timestamp, Invalid> {
    let wanted = "must be an RFC 3339 date-time with an offset, such as 2026-03-05T14:07:00Z, not";
    let fault = || Invalid::here(format!("{wanted} {}", shown(text)));
    if !looks_like_rfc3339(text.as_bytes()) {
        return Err(fault());
    }
    let parsed: Timestamp =
        text.parse().map_err(|_| if text.starts_with("9999-12-3") { late() } else { fault() })?;
    let cut = Timestamp::from_microsecond(parsed.as_microsecond()).map_err(|_| fault())?;
    match cut.to_zoned(jiff::tz::TimeZone::UTC).year() {
        0..=9999 => Ok(cut),
        _ => Err(Invalid::here("must not be before the year 0000 in UTC")),
    }
}

/// The last instant that can be kept: the last hours of the year 9999 are beyond it.
const LAST: &str = "9999-12-30T22:00:00Z";

fn late() -> Invalid {
    Invalid::here(format!("must not be after {LAST}, the last instant that can be kept"))
}

/// The bound of a range of time: the same, but one after the last instant that can be kept stands for that one.
pub fn time_bound(value: Value) -> Result<Timestamp, Invalid> {
    match timestamp_text(&string(value)?) {
        Err(fault) if fault == late() => timestamp_text(LAST),
        read => read,
    }
}

/// `full-date "T" full-time` of RFC 3339: the parser itself takes more than that.
fn looks_like_rfc3339(text: &[u8]) -> bool {
    let Some((head, tail)) = text.split_at_checked(19) else { return false };
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let shape = b"dddd-dd-ddTdd:dd:dd";
    let head_fits = head.iter().zip(shape).all(|(byte, wanted)| match wanted {
        b'd' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b't' | b' '),
        punctuation => byte == punctuation,
    });
    let offset = match tail {
        [b'.', rest @ ..] => {
            let end = rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
            if !(1..=9).contains(&end) {
                return false;
            }
            rest.split_at(end).1
        }
        rest => rest,
    };
    head_fits
        && match offset {
            [b'Z' | b'z'] => true,
            [b'+' | b'-', h1, h2, b':', m1, m2] => digits(&[*h1, *h2, *m1, *m2]),
            _ => false,
        }
}

/// A stranger's text for an error message: quoted, escaped and cut.
fn shown(text: &str) -> String {
    let cut: String = text.chars().take(40).collect();
    let more = if cut.len() < text.len() { "..." } else { "" };
    format!("{cut:?}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rfc_3339_is_a_timestamp() {
        for (sent, read) in [
            ("2026-03-05T14:07:00Z", "2026-03-05T14:07:00Z"),
            ("2026-03-05t14:07:00z", "2026-03-05T14:07:00Z"),
            ("2026-03-05T14:07:00.1234567Z", "2026-03-05T14:07:00.123456Z"),
            ("2026-03-05T14:07:00+02:00", "2026-03-05T12:07:00Z"),
            ("2026-03-05T14:07:00-00:00", "2026-03-05T14:07:00Z"),
            ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(timestamp_text(sent).unwrap().to_string(), read);
        }
        for odd in [
            "",
            "now",
            "2026-03-05",
            "2026-03-05T14:07Z",
            "2026-03-05T14:07:00",
            "2026-03-05T14:07:00.Z",
            "2026-03-05T14:07:00.1234567890Z",
            "2026-03-05T14:07:00+0200",
            "2026-03-05T14:07:00Z[UTC]",
            "+002026-03-05T14:07:00Z",
            "-000001-03-05T14:07:00Z",
            "2026-02-29T14:07:00Z",
            "2026-03-05T24:00:00Z",
            "２026-03-05T14:07:00Z",
            "0000-01-01T00:00:00+23:59",
        ] {
            assert!(timestamp_text(odd).is_err(), "{odd}");
        }
        assert!(timestamp_text("9999-12-31T23:59:59Z").is_err());
        assert_eq!(
            time_bound(Value::from("9999-12-31T23:59:59Z")).unwrap().to_string(),
            LAST,
            "the end of time"
        );
        assert!(time_bound(Value::from("9999-12-31T23:59:59")).is_err());
    }

    #[test]
    fn a_parameter_is_read_like_a_field() {
        let number = |text: &str| parameter(whole_number(1, 10))(Value::from(text));
        assert_eq!(number("7"), Ok(7));
        for odd in ["0", "11", "1.5", "-1", "x", "", "true", " 7", "0x7"] {
            assert!(number(odd).is_err(), "{odd:?}");
        }
        assert_eq!(parameter(boolean)(Value::from("true")), Ok(true));
        assert!(parameter(boolean)(Value::from("1")).is_err());
    }
}
