//! Whether the clock is right: timestamps and the ends of items and tokens go by it.

use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use pm_core::ports::{Clock, SystemClock};

use super::finding::Finding;
use crate::cli::door::Health;

const CHECK: &str = "clock";
const ADVICE: &str = "have the machine set its clock by NTP";
/// By how many seconds clocks may differ before it is told.
const APART: SignedDuration = SignedDuration::from_secs(5);

/// Whether this machine's clock shows a time of this age.
pub(super) fn year() -> Finding {
    at(SystemClock.now())
}

fn at(now: Timestamp) -> Finding {
    let (text, year) = (now.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(), now.strftime("%Y").to_string());
    match year.parse() {
        Ok(2026..=2099) => Finding::ok(CHECK, text),
        _ => Finding::failed(CHECK, format!("it shows {text}"), ADVICE),
    }
}

/// Beside the clock of the store's server, and of the server that runs.
pub(super) fn beside(store: Option<Timestamp>, server: Option<&Health>) -> Vec<Finding> {
    let now = SystemClock.now();
    let server = server.and_then(|health| health.date.as_deref()).and_then(date);
    let compared = [("Redis", store), ("the server", server)].into_iter();
    compared.filter_map(|(whose, time)| Some(compare(whose, now, time?))).collect()
}

fn compare(whose: &str, now: Timestamp, other: Timestamp) -> Finding {
    let apart = now.duration_since(other).abs();
    if apart > APART {
        let detail = format!("it and that of {whose} are {} s apart", apart.as_secs());
        Finding::warning(CHECK, detail, ADVICE)
    } else {
        Finding::ok(CHECK, format!("it agrees with that of {whose}"))
    }
}

/// A date as HTTP writes it.
fn date(text: &str) -> Option<Timestamp> {
    let text = HeaderValue::from_str(text).ok()?;
    jiff::fmt::rfc2822::parse(text.to_str().ok()?).ok().map(|time| time.timestamp())
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn a_clock_that_was_never_set_is_found() {
        let at = |text: &str| at(text.parse().unwrap()).verdict;
        assert_eq!(at("2026-11-27T02:54:31Z"), Verdict::Ok);
        assert_eq!(
            (at("1970-01-01T00:00:09Z"), at("2222-01-01T00:00:00Z")),
            (Verdict::Failed, Verdict::Failed)
        );
    }

    #[test]
    fn clocks_are_compared() {
        let now: Timestamp = "2026-11-27T02:54:31Z".parse().unwrap();
        assert_eq!(date("Fri, 27 Nov 2026 02:54:31 GMT"), Some(now));
        assert_eq!((date("yesterday"), date("\u{7}")), (None, None));
        assert_eq!(compare("Redis", now, now + SignedDuration::from_secs(2)).verdict, Verdict::Ok);
        let apart = compare("Redis", now, now - SignedDuration::from_secs(61));
        assert!(apart.verdict == Verdict::Warning && apart.detail.contains("61 s apart"), "{apart:?}");
    }
}
