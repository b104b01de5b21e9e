//! AVX2: 32 bytes at a time.

#![expect(
    unsafe_code,
    reason = "loads through pointers, and functions of a feature that the machine must have"
)]

use std::arch::x86_64::{
    __m256i, _mm_add_epi32, _mm_cvtsi128_si32, _mm_loadu_si128, _mm_shuffle_epi32, _mm_unpackhi_epi64,
    _mm256_abs_epi8, _mm256_add_epi32, _mm256_castsi256_si128, _mm256_cvtepi8_epi16,
    _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_setzero_si256, _mm256_sign_epi8, _mm256_storeu_si256,
};

use super::float::{AttentionRoom, Fused};
use super::product::{Group, Inputs, Matrix, PANEL, STEPS};
use super::{Block, exponential, float, product, scalar};

/// See [`scalar::dot`]. Widened to 16 bits first, so that it is exact for every i8, -128 included.
#[target_feature(enable = "avx2,fma")]
pub(super) fn dot(a: &[i8], b: &[i8]) -> i32 {
    let (a, a_rest) = a.as_chunks::<16>();
    let (b, b_rest) = b.as_chunks::<16>();
    let mut sum = _mm256_setzero_si256();
    for (a, b) in a.iter().zip(b) {
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(wide(a), wide(b)));
    }
    total(sum) + scalar::dot(a_rest, b_rest)
}

/// See [`scalar::dots`]: four rows for each load of the query.
#[target_feature(enable = "avx2,fma")]
pub(super) fn dots(query: &[i8], rows: &[i8], out: &mut [i32]) {
    let width = query.len().max(1);
    let (columns, rest) = query.as_chunks::<16>();
    let (fours, last) = out.as_chunks_mut::<4>();
    let mut quads = rows.chunks_exact(width * 4);
    for (out, quad) in fours.iter_mut().zip(&mut quads) {
        let (first, second) = quad.split_at(width * 2);
        let halves = [first.split_at(width), second.split_at(width)];
        let [(row_0, row_1), (row_2, row_3)] = halves;
        let split = [row_0, row_1, row_2, row_3].map(<[i8]>::as_chunks::<16>);
        let mut sums = [_mm256_setzero_si256(); 4];
        let [(row_0, _), (row_1, _), (row_2, _), (row_3, _)] = split;
        // Zipped, so that no length is looked at again for each load.
        let rows = row_0.iter().zip(row_1).zip(row_2.iter().zip(row_3));
        for (query, ((row_0, row_1), (row_2, row_3))) in columns.iter().zip(rows) {
            let query = wide(query);
            for (sum, row) in sums.iter_mut().zip([row_0, row_1, row_2, row_3]) {
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(query, wide(row)));
            }
        }
        for ((out, sum), (_, last)) in out.iter_mut().zip(sums).zip(split) {
            *out = total(sum) + scalar::dot(rest, last);
        }
    }
    for (out, row) in last.iter_mut().zip(quads.remainder().chunks_exact(width)) {
        *out = dot(query, row);
    }
}

/// See [`product::drive`].
#[target_feature(enable = "avx2,fma")]
pub(super) fn product(matrix: Matrix<'_>, inputs: &Inputs, out: &mut [f32]) {
    product::drive::<4>(matrix, inputs, out, |panel, group, out| match out.len() {
        4 => tile::<4>(panel, group, out),
        3 => tile::<3>(panel, group, out),
        2 => tile::<2>(panel, group, out),
        _ => tile::<1>(panel, group, out),
    });
}

/// See [`scalar::tiles`]. Weights and inputs are within -127..=127: |w| times a with the sign of w, two neighbours added,
/// is at most 2 x 127 x 127 and fits into 16 bits.
#[target_feature(enable = "avx2,fma")]
fn tile<const T: usize>(panel: &[Block; STEPS], group: Group<'_>, out: &mut [[i32; PANEL]]) {
    let inputs = group.split::<T>();
    let ones = _mm256_set1_epi16(1);
    let mut sums = [[_mm256_setzero_si256(); 2]; T];
    for (at, block) in panel.iter().enumerate() {
        let weights = halves(block);
        let sizes = weights.map(|half| _mm256_abs_epi8(half));
        for (sums, input) in sums.iter_mut().zip(inputs) {
            let Some(columns) = input.get(at) else { continue };
            let columns = _mm256_set1_epi32(i32::from_ne_bytes(columns.map(i8::cast_unsigned)));
            for ((sum, half), size) in sums.iter_mut().zip(weights).zip(sizes) {
                let pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(columns, half));
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
            }
        }
    }
    for (out, [low, high]) in out.iter_mut().zip(sums) {
        let (first, second) = out.split_at_mut(8);
        store(first, low);
        store(second, high);
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn wide(bytes: &[i8; 16]) -> __m256i {
    // SAFETY: the array is 16 bytes long, and the load asks for no alignment.
    _mm256_cvtepi8_epi16(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
}

#[inline]
#[target_feature(enable = "avx2")]
fn halves(block: &Block) -> [__m256i; 2] {
    let (low, high) = block.0.split_at(32);
    // SAFETY: a block is 64 bytes, so each half is 32, and the loads ask for no alignment.
    unsafe { [_mm256_loadu_si256(low.as_ptr().cast()), _mm256_loadu_si256(high.as_ptr().cast())] }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(out: &mut [i32], sums: __m256i) {
    assert_eq!(out.len(), 8);
    // SAFETY: 8 times i32 are 32 bytes, and the store asks for no alignment.
    unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), sums) };
}

#[inline]
#[target_feature(enable = "avx2")]
fn total(sums: __m256i) -> i32 {
    let four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
    let two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
    _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<1>(two)))
}

/// See [`float::accumulate`].
#[target_feature(enable = "avx2,fma")]
pub(super) fn accumulate(sums: &mut [f32], row: &[i8], scale: f32) {
    float::accumulate::<Fused>(sums, row, scale);
}

/// See [`exponential::sum_exp`].
#[target_feature(enable = "avx2,fma")]
pub(super) fn sum_exp(values: &[f64], highest: f64) -> f64 {
    exponential::sum_exp::<Fused>(values, highest)
}

/// See [`float::gelu`].
#[target_feature(enable = "avx2,fma")]
pub(super) fn gelu(values: &mut [f32]) {
    float::gelu::<Fused>(values);
}

/// See [`float::add_norm`].
#[target_feature(enable = "avx2,fma")]
pub(super) fn add_norm(values: &mut [f32], added: &[f32], norm: (&[f32], &[f32]), epsilon: f32) {
    float::add_norm::<Fused>(values, added, norm, epsilon);
}

/// See [`float::quantise_rows`].
#[target_feature(enable = "avx2,fma")]
pub(super) fn quantise_rows(values: &[f32], width: usize, inputs: &mut Inputs) {
    float::quantise_rows(values, width, inputs);
}

/// See [`float::attend`].
#[target_feature(enable = "avx2,fma")]
pub(super) fn attend(rows: &[f32], heads: usize, width: usize, room: &mut AttentionRoom, out: &mut [f32]) {
    float::attend::<Fused>(rows, heads, width, room, out);
}
