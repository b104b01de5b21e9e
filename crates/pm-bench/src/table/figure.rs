//! A figure, and what it is to be.

use std::fmt::{self, Display, Formatter};

/// What is measured in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// A part of the yardstick.
    Times,
    /// A second.
    Rate,
    /// Milliseconds.
    Millis,
    /// Microseconds.
    Micros,
    /// 2^20 bytes.
    Mebibytes,
    /// 10^6 bytes.
    Megabytes,
    /// 10^9 bytes a second.
    Gigabytes,
}

impl Unit {
    /// A number in it, as precise as one reads it.
    pub fn shown(self, value: f64) -> String {
        match self {
            Self::Times => format!("{value:.2}"),
            Self::Rate => format!("{}/s", rounded(value)),
            Self::Millis => format!("{value:.2} ms"),
            Self::Micros => format!("{value:.1} us"),
            Self::Mebibytes => format!("{value:.1} MiB"),
            Self::Megabytes => format!("{value:.1} MB"),
            Self::Gigabytes => format!("{value:.1} GB/s"),
        }
    }
}

/// Whole above 100, with commas.
pub fn rounded(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What the median of a figure is to be.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// This or more.
    Least(f64),
    /// This or less.
    Most(f64),
    /// This or less, on a machine with AVX-512 VNNI.
    MostWithVnni(f64),
}

impl Target {
    /// Whether a median is so; nothing where the target is meant for another machine.
    pub fn is_met(self, median: f64, vnni: bool) -> Option<bool> {
        match self {
            Self::Least(least) => Some(median >= least),
            Self::Most(most) => Some(median <= most),
            Self::MostWithVnni(most) => vnni.then_some(median <= most),
        }
    }

    /// As it stands in the table.
    pub fn shown(self, unit: Unit) -> String {
        match self {
            Self::Least(least) => format!("at least {}", unit.shown(least)),
            Self::Most(most) => format!("at most {}", unit.shown(most)),
            Self::MostWithVnni(most) => format!("at most {} with VNNI", unit.shown(most)),
        }
    }
}

/// Something that was measured, once or several times.
pub struct Figure {
    /// What.
    pub what: String,
    /// In which unit.
    pub unit: Unit,
    /// Each time.
    pub values: Vec<f64>,
    /// What it is to be.
    pub target: Option<Target>,
}

impl Figure {
    /// One that is to be so.
    pub fn new(what: impl Display, unit: Unit, values: Vec<f64>, target: Target) -> Self {
        Self { what: what.to_string(), unit, values, target: Some(target) }
    }

    /// One that is told, whatever it is.
    pub fn told(what: impl Display, unit: Unit, values: Vec<f64>) -> Self {
        Self { what: what.to_string(), unit, values, target: None }
    }
}

/// Whether a target is met, as it stands in the table.
pub struct Verdict(pub Option<bool>);

impl Display for Verdict {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        to.write_str(match self.0 {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "-",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_one_reads_them() {
        assert_eq!(Unit::Rate.shown(1_234_567.4), "1,234,567/s");
        assert_eq!(Unit::Rate.shown(123.4), "123/s");
        assert_eq!(Unit::Rate.shown(12.34), "12.3/s");
        assert_eq!(Unit::Times.shown(0.7519), "0.75");
    }

    #[test]
    fn a_target_holds_at_its_bound_and_only_where_it_is_meant() {
        assert_eq!(Target::Least(0.5).is_met(0.5, false), Some(true));
        assert_eq!(Target::Most(10.0).is_met(10.01, false), Some(false));
        assert_eq!(Target::MostWithVnni(2.0).is_met(3.0, false), None);
        assert_eq!(Target::MostWithVnni(2.0).is_met(3.0, true), Some(false));
    }
}
