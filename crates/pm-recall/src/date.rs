//! A timestamp in words, so that "the outage in March 2024" finds what happened then.

const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;
const DAYS: [&str; 7] = ["thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday"];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The UTC date of `timestamp` (microseconds since the Unix epoch), such as `2024 march 5 tuesday`.
///
/// Proleptic Gregorian calendar, after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// `civil_from_days`: eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
pub(crate) fn words(timestamp: i64) -> String {
    let days = timestamp.div_euclid(MICROSECONDS_PER_DAY);
    let from_era_start = days + 719_468;
    let era = from_era_start.div_euclid(146_097);
    let day_of_era = from_era_start.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let year = year_of_era + era * 400 + i64::from(march_month >= 10);
    let month = name(&MONTHS, march_month + 2);
    let weekday = name(&DAYS, days);
    format!("{year} {month} {day} {weekday}")
}

/// The name numbered `number`, counting round and round.
fn name<const N: usize>(names: &[&'static str; N], number: i64) -> &'static str {
    let of_round = i64::try_from(N).map_or(0, |names| number.rem_euclid(names.max(1)));
    usize::try_from(of_round).ok().and_then(|at| names.get(at)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_known_days() {
        for (seconds, expected) in [
            (0, "1970 january 1 thursday"),
            (-1, "1969 december 31 wednesday"),
            (951_782_400, "2000 february 29 tuesday"),
            (1_709_639_999, "2024 march 5 tuesday"),
            (1_709_251_199, "2024 february 29 thursday"),
            (4_107_542_400, "2100 march 1 monday"),
            (-62_135_596_800, "1 january 1 monday"),
        ] {
            assert_eq!(words(seconds * 1_000_000), expected, "{seconds}");
        }
    }

    #[test]
    fn no_timestamp_is_too_far_away() {
        assert_eq!(words(i64::MIN), "-290308 december 21 sunday");
        assert_eq!(words(i64::MAX), "294247 january 10 sunday");
    }
}
