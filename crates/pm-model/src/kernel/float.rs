//! Loops over `f32`, written so that the compiler turns them into vector code of whatever features the function has
//! that they are inlined into: lanes of 16, no branches, no calls.

#![expect(clippy::inline_always, reason = "vectorised by the features of the function they are inlined into")]

use super::product::{Inputs, LEAST_AFTER_GELU, SEGMENT};

/// How many values the loops keep apart.
const LANES: usize = 16;
/// Adding it to a number below 2^22 rounds that to an integer, to even where it is in the middle, which is then in the
/// low bits: 1.5 x 2^23.
const ROUND: f32 = 12_582_912.0;
/// What a segment of what [`gelu`] gave is at least taken to reach to, so that no byte is below [`LEAST_AFTER_GELU`]: the least
/// value is -0.169971.
const REACH_AFTER_GELU: f32 = 0.17 * 127.0 / -(LEAST_AFTER_GELU as f32);

/// `a * b + c`, rounded once or twice.
pub(super) trait Add<T = f32> {
    fn add(a: T, b: T, c: T) -> T;
}

/// Where the machine has an instruction for it; elsewhere that is a slow call.
pub(super) struct Fused;
/// Two roundings.
#[cfg(not(target_arch = "aarch64"))]
pub(super) struct Plain;

impl Add for Fused {
    #[inline(always)]
    fn add(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }
}

impl Add<f64> for Fused {
    #[inline(always)]
    fn add(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }
}

#[cfg(not(target_arch = "aarch64"))]
impl Add for Plain {
    #[inline(always)]
    fn add(a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }
}

#[cfg(not(target_arch = "aarch64"))]
impl Add<f64> for Plain {
    #[inline(always)]
    fn add(a: f64, b: f64, c: f64) -> f64 {
        a * b + c
    }
}

/// `sums += row * scale`.
#[inline(always)]
pub(super) fn accumulate<A: Add>(sums: &mut [f32], row: &[i8], scale: f32) {
    for (sum, value) in sums.iter_mut().zip(row) {
        *sum = A::add(f32::from(*value), scale, *sum);
    }
}

/// e^x, within 2 units in the last place between -87 and 88, and as at these outside.
/// Source: `expf` of the Cephes library (Moshier), its reduction and its polynomial.
#[inline(always)]
#[expect(clippy::cast_possible_wrap, reason = "bits")]
fn exp<A: Add>(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    let shifted = A::add(x, std::f32::consts::LOG2_E, ROUND);
    let whole = shifted - ROUND;
    let rest = A::add(whole, 2.121_944_4e-4, A::add(whole, -0.693_359_4, x));
    let mut polynomial = 1.987_569_2e-4;
    for factor in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        polynomial = A::add(polynomial, rest, factor);
    }
    let fraction = A::add(polynomial * rest, rest, rest) + 1.0;
    let power = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32).wrapping_add(127);
    fraction * f32::from_bits((power << 23).cast_unsigned())
}

/// x times the normal distribution's share below x; the error is below 1e-6.
/// Source: Hendrycks and Gimpel, "Gaussian Error Linear Units"; erf by Abramowitz and Stegun, 7.1.26.
#[inline(always)]
pub(super) fn gelu<A: Add>(values: &mut [f32]) {
    for value in values {
        let x = *value;
        let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
        let t = 1.0 / A::add(z, 0.327_591_1, 1.0);
        let mut p = 1.061_405_4;
        for c in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
            p = A::add(p, t, c);
        }
        let tail = 0.5 * p * t * exp::<A>(-z * z);
        *value = x * if x < 0.0 { tail } else { 1.0 - tail };
    }
}

/// Adds up 16 lanes, and then those.
#[inline(always)]
fn sum(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += *value;
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

/// The sum of the squares of what is above or below `mean`.
#[inline(always)]
fn squares<A: Add>(values: &[f32], mean: f32) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = A::add(value - mean, value - mean, *lane);
        }
    }
    let mut sum = lanes.iter().sum();
    for value in rest {
        sum = A::add(value - mean, value - mean, sum);
    }
    sum
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The largest of the values, at least `least`; of their magnitudes if `SIZES`.
#[inline(always)]
fn largest<const SIZES: bool>(values: &[f32], least: f32) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [least; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = larger(if SIZES { value.abs() } else { *value }, *lane);
        }
    }
    let mut most = least;
    for value in lanes.iter().chain(rest) {
        most = larger(if SIZES { value.abs() } else { *value }, most);
    }
    most
}

/// Layer norm, row by row, after `added` was added: mean 0 and variance 1, then times `gamma` plus `beta`.
/// Source: Ba, Kiros, Hinton, "Layer Normalization".
#[inline(always)]
pub(super) fn add_norm<A: Add>(
    values: &mut [f32],
    added: &[f32],
    (gamma, beta): (&[f32], &[f32]),
    epsilon: f32,
) {
    let width = gamma.len().max(1);
    #[expect(clippy::cast_precision_loss, reason = "a width is far below 2^24")]
    let share = 1.0 / width as f32;
    for (row, added) in values.chunks_exact_mut(width).zip(added.chunks_exact(width)) {
        for (value, added) in row.iter_mut().zip(added) {
            *value += added;
        }
        let mean = sum(row) * share;
        let variance = squares::<A>(row, mean) * share;
        let factor = 1.0 / (variance + epsilon).sqrt();
        for ((value, gamma), beta) in row.iter_mut().zip(gamma).zip(beta) {
            *value = A::add((*value - mean) * factor, *gamma, *beta);
        }
    }
}

/// Rounds each row of `width` values to bytes with a scale for each segment, as `quantise` does; those that [`gelu`] gave to
/// no byte below [`LEAST_AFTER_GELU`].
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the low byte of a sum with `ROUND` is the rounded number"
)]
pub(super) fn quantise_rows<const AFTER_GELU: bool>(values: &[f32], width: usize, inputs: &mut Inputs) {
    let (columns, segments) = (inputs.columns.max(1), inputs.segments().max(1));
    let rows = values.chunks_exact(width.max(1)).zip(inputs.bytes.chunks_exact_mut(columns));
    let scales = inputs.scales.chunks_exact_mut(segments).zip(inputs.sums.chunks_exact_mut(segments));
    for ((row, bytes), (scales, sums)) in rows.zip(scales) {
        let parts = row.chunks(SEGMENT).zip(bytes.chunks_mut(SEGMENT));
        for ((values, bytes), (scale, sum)) in parts.zip(scales.iter_mut().zip(sums)) {
            let largest = largest::<true>(values, if AFTER_GELU { REACH_AFTER_GELU } else { 1e-30 });
            let factor = 127.0 / largest;
            for (byte, value) in bytes.iter_mut().zip(values) {
                let rounded = (*value * factor + ROUND).to_bits() as i8;
                *byte = if AFTER_GELU { rounded.max(LEAST_AFTER_GELU) } else { rounded };
            }
            *scale = largest / 127.0;
            *sum = bytes.iter().map(|byte| i32::from(*byte)).sum();
        }
    }
}

/// What [`attend`] needs room for; it grows to what the longest text needs.
#[derive(Clone, Default, Debug)]
pub(crate) struct AttentionRoom {
    /// Keys: for each 16 tokens, for each dimension, 16 values.
    keys: Vec<[f32; LANES]>,
    /// Values: for each 16 dimensions, for each token, 16 values.
    values: Vec<[f32; LANES]>,
    /// Four queries: for each dimension, 4 values.
    queries: Vec<[f32; 4]>,
    /// How much each of four queries takes of each token, a row a query.
    shares: [Vec<f32>; 4],
    /// The same, for each token 4 values.
    turned: Vec<[f32; 4]>,
}

/// Attention of every token of one text to every other, head by head.
///
/// `rows` has for each token the queries of all heads, then the keys, then the values, each `heads * width`; `out` for
/// each token what all heads found. The queries are scaled already.
/// Source: Vaswani et al., "Attention Is All You Need".
#[inline(always)]
pub(super) fn attend<A: Add>(
    rows: &[f32],
    heads: usize,
    width: usize,
    room: &mut AttentionRoom,
    out: &mut [f32],
) {
    let hidden = (heads * width).max(1);
    let rows = || rows.chunks_exact(hidden * 3);
    let tokens = rows().len();
    for head in 0..heads {
        let of = |which: usize| {
            let start = which * hidden + head * width;
            rows().map(move |row| row.get(start..start + width).unwrap_or_default())
        };
        pack_keys(of(1), tokens, width, &mut room.keys);
        pack_columns(of(2), tokens, width, &mut room.values);
        let mut out = out.chunks_exact_mut(hidden);
        let mut queries = of(0);
        for _ in 0..tokens.div_ceil(4) {
            room.queries.clear();
            room.queries.resize(width, [0.0; 4]);
            let count = 4.min(out.len());
            for (lane, query) in queries.by_ref().take(4).enumerate() {
                for (place, value) in room.queries.iter_mut().zip(query) {
                    if let Some(place) = place.get_mut(lane) {
                        *place = *value;
                    }
                }
            }
            for shares in &mut room.shares {
                shares.clear();
            }
            for keys in room.keys.chunks_exact(width.max(1)) {
                for (shares, scores) in room.shares.iter_mut().zip(small::<A>(&room.queries, keys)) {
                    shares.extend_from_slice(&scores);
                }
            }
            // No closures for `map`: those are not inlined, and then lack the features.
            let mut totals = [0.0; 4];
            for (total, shares) in totals.iter_mut().zip(&mut room.shares) {
                shares.truncate(tokens);
                *total = softmax::<A>(shares);
            }
            room.turned.clear();
            let [a, b, c, d] = &room.shares;
            room.turned.extend(a.iter().zip(b).zip(c).zip(d).map(|(((a, b), c), d)| [*a, *b, *c, *d]));
            let mut places: [&mut [f32]; 4] = Default::default();
            for (place, row) in places.iter_mut().zip(out.by_ref().take(count)) {
                *place = row.get_mut(head * width..(head + 1) * width).unwrap_or_default();
            }
            for (column, values) in room.values.chunks_exact(tokens).enumerate() {
                let found = small::<A>(&room.turned, values);
                for ((place, found), total) in places.iter_mut().zip(found).zip(totals) {
                    for (value, found) in place.iter_mut().skip(column * LANES).zip(found) {
                        *value = found / total;
                    }
                }
            }
        }
    }
}

/// Four rows times 16 columns: `a` has a column of the rows in each step, `b` a row of the columns.
#[inline(always)]
fn small<A: Add>(a: &[[f32; 4]], b: &[[f32; LANES]]) -> [[f32; LANES]; 4] {
    let mut sums = [[0.0; LANES]; 4];
    for (a, b) in a.iter().zip(b) {
        for (sums, a) in sums.iter_mut().zip(a) {
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = A::add(*a, *b, *sum);
            }
        }
    }
    sums
}

/// e^(x - the largest x) for each, and the sum of them.
#[inline(always)]
fn softmax<A: Add>(scores: &mut [f32]) -> f32 {
    let most = largest::<false>(scores, f32::MIN);
    for score in scores.iter_mut() {
        *score = exp::<A>(*score - most);
    }
    sum(scores)
}

fn pack_keys<'a>(
    rows: impl Iterator<Item = &'a [f32]>,
    tokens: usize,
    width: usize,
    out: &mut Vec<[f32; LANES]>,
) {
    out.clear();
    out.resize(tokens.div_ceil(LANES) * width, [0.0; LANES]);
    for (token, row) in rows.enumerate() {
        let places = out.get_mut(token / LANES * width..).unwrap_or_default();
        for (place, value) in places.iter_mut().zip(row) {
            if let Some(place) = place.get_mut(token % LANES) {
                *place = *value;
            }
        }
    }
}

fn pack_columns<'a>(
    rows: impl Iterator<Item = &'a [f32]>,
    tokens: usize,
    width: usize,
    out: &mut Vec<[f32; LANES]>,
) {
    out.clear();
    out.resize(width.div_ceil(LANES) * tokens, [0.0; LANES]);
    for (token, row) in rows.enumerate() {
        for (column, values) in row.chunks(LANES).enumerate() {
            if let Some(place) = out.get_mut(column * tokens + token) {
                for (place, value) in place.iter_mut().zip(values) {
                    *place = *value;
                }
            }
        }
    }
}
