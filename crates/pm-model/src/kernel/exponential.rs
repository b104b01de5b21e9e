//! Sums of exponentials: what the softmax over the scores of all items needs.

#![expect(clippy::inline_always, reason = "vectorised by the features of the function they are inlined into")]

use super::float::Add;

/// How many values the loops keep apart.
const LANES: usize = 8;
/// What is that much below the highest is left out: e^-20 is 2e-9.
const NEGLIGIBLE: f64 = -20.0;
/// Adding it to a number below 2^51 rounds that to an integer, which is then in the low bits: 1.5 x 2^52.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// The logarithm of 2 in two parts, of which the first times a small integer is exact. Source: `exp` of the Cephes library.
const LN_2: [f64; 2] = [0.693_145_751_953_125, 1.428_606_820_309_417_2e-6];
/// 1/11! to 1/0!: Taylor's series, which within half of the logarithm of 2 is off by 7e-15 at most.
const FACTORS: [f64; 12] = [
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
    1.0,
];

/// The sum of `exp(value - highest)`, where no value is above `highest`, without those that are negligible beside it.
#[inline(always)]
pub(super) fn sum_exp<A: Add<f64>>(values: &[f64], highest: f64) -> f64 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += exp::<A>(*value - highest);
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|value| exp::<A>(*value - highest)).sum::<f64>()
}

/// e^x for x between [`NEGLIGIBLE`] and 0, within 1e-14 of it; 0 below.
#[inline(always)]
fn exp<A: Add<f64>>(x: f64) -> f64 {
    let bounded = if x > NEGLIGIBLE { x } else { NEGLIGIBLE };
    let shifted = A::add(bounded, std::f64::consts::LOG2_E, ROUND);
    let whole = shifted - ROUND;
    let [high, low] = LN_2;
    let rest = A::add(whole, -low, A::add(whole, -high, bounded));
    let mut fraction = 0.0;
    for factor in FACTORS {
        fraction = A::add(fraction, rest, factor);
    }
    // The integer is in the low bits; 1023 stands for the exponent 0.
    let power = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(1023) << 52;
    let value = fraction * f64::from_bits(power);
    if x > NEGLIGIBLE { value } else { 0.0 }
}
