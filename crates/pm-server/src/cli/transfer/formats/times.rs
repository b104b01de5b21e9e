//! Times as other tools write them.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use pm_core::input;
use serde_json::Value;

/// Seconds since 1970 beyond this are milliseconds: as seconds it is the year 5138.
const SECONDS: f64 = 100_000_000_000.0;

/// A time: RFC 3339, the same with no offset (UTC), a date, or seconds or milliseconds since 1970. `None` where there is
/// none.
pub(super) fn read(value: &Value) -> Result<Option<Timestamp>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.trim().is_empty() => Ok(None),
        Value::String(text) => of_text(text.trim()).map(Some),
        Value::Number(number) => of_number(number.as_f64().unwrap_or(f64::NAN)).map(Some),
        _ => Err("is no time".to_owned()),
    }
}

fn of_text(text: &str) -> Result<Timestamp, String> {
    let utc = |time: DateTime| TimeZone::UTC.to_timestamp(time).ok();
    input::timestamp_text(text).or_else(|fault| {
        let time = text.parse::<DateTime>().ok().or_else(|| {
            let date = text.parse::<Date>().ok()?;
            Some(date.at(0, 0, 0, 0))
        });
        // An offset would be passed over here, and has been refused above for another reason.
        let offset = text.get(10..).is_some_and(|time| time.contains(['+', '-', 'Z', 'z', '[']));
        let time = time.filter(|_| !offset).and_then(utc);
        let cut = time.and_then(|time| Timestamp::from_microsecond(time.as_microsecond()).ok());
        cut.ok_or_else(|| fault.to_string())
    })
}

fn of_number(number: f64) -> Result<Timestamp, String> {
    let seconds = if number.abs() >= SECONDS { number / 1000.0 } else { number };
    let time = SignedDuration::try_from_secs_f64(seconds).ok();
    let micros = time.and_then(|time| i64::try_from(time.as_micros()).ok());
    let time = micros.and_then(|micros| Timestamp::from_microsecond(micros).ok());
    // What the API does not take is told here, where the number is still at hand.
    let taken = time.filter(|time| input::timestamp_text(&time.to_string()).is_ok());
    taken.ok_or_else(|| format!("is no time since 1970: {number}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_in_every_form() {
        for (written, time) in [
            (json!("2024-05-01T10:00:00Z"), "2024-05-01T10:00:00Z"),
            (json!("2024-05-01T10:00:00.123456-07:00"), "2024-05-01T17:00:00.123456Z"),
            (json!(" 2024-05-01T10:00:00 "), "2024-05-01T10:00:00Z"),
            (json!("2024-05-01 10:00:00.5"), "2024-05-01T10:00:00.5Z"),
            (json!("2024-05-01T10:00"), "2024-05-01T10:00:00Z"),
            (json!("2024-05-01"), "2024-05-01T00:00:00Z"),
            (json!(1_714_557_600), "2024-05-01T10:00:00Z"),
            (json!(1_714_557_600.25), "2024-05-01T10:00:00.25Z"),
            (json!(1_714_557_600_250_i64), "2024-05-01T10:00:00.25Z"),
            (json!(0), "1970-01-01T00:00:00Z"),
            (json!(-1.5), "1969-12-31T23:59:58.5Z"),
        ] {
            assert_eq!(read(&written).unwrap().unwrap().to_string(), time, "{written}");
        }
        for none in [json!(null), json!(""), json!("  ")] {
            assert_eq!(read(&none), Ok(None));
        }
        for odd in [
            json!("yesterday"),
            json!("2024-13-01"),
            json!("2024-05-01T10:00:00+0200"),
            json!("2024-05-01T10:00:00[Europe/Berlin]"),
            json!(1e300),
            json!(-1e14),
            json!(true),
            json!([]),
        ] {
            assert!(read(&odd).is_err(), "{odd}");
        }
    }
}
