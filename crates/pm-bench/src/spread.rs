//! The middle and the ends of many figures.

use crate::Outcome;

/// What many figures come to.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// How many there are.
    pub count: usize,
    /// The least.
    pub least: f64,
    /// Half are at most this.
    pub median: f64,
    /// 99 % are at most this.
    pub p99: f64,
    /// The most.
    pub most: f64,
}

impl Spread {
    /// Of at least one figure.
    pub fn of(figures: &[f64]) -> Outcome<Self> {
        let mut sorted = figures.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |n: usize| sorted.get(n).copied().ok_or("there are no figures");
        let count = sorted.len();
        Ok(Self {
            count,
            least: at(0)?,
            median: at(count / 2)?,
            p99: at((count * 99 / 100).min(count.saturating_sub(1)))?,
            most: at(count.saturating_sub(1))?,
        })
    }
}
