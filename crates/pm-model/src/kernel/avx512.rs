//! AVX-512 with VNNI: 64 bytes at a time, and four products with their sum in one instruction.
//!
//! The machine on which this was written lacks it: it was compiled, and never run there. [`super::Kernel::best`] has it
//! prove itself before it is used.

#![expect(
    unsafe_code,
    reason = "loads through pointers, and functions of a feature that the machine must have"
)]

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_and_si512, _mm512_dpbusd_epi32, _mm512_loadu_si512,
    _mm512_reduce_add_epi32, _mm512_set1_epi8, _mm512_set1_epi32, _mm512_setzero_si512, _mm512_srli_epi16,
    _mm512_storeu_si512, _mm512_sub_epi32, _mm512_xor_si512,
};

use super::float::{AttentionRoom, Fused};
use super::product::{Group, Inputs, Matrix, PANEL, Panel};
use super::{exponential, float, product, scalar};

/// See [`scalar::dots_u4`]: 128 values at a time.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2,fma")]
pub(super) fn dots_u4(query: &[i8], rows: &[u8], out: &mut [i32]) {
    let (lower, upper) = query.split_at(query.len() / 2);
    let width = lower.len().max(1);
    let (lower, lower_rest) = lower.as_chunks::<64>();
    let (upper, upper_rest) = upper.as_chunks::<64>();
    let half = _mm512_set1_epi8(15);
    for (out, row) in out.iter_mut().zip(rows.chunks_exact(width)) {
        let (pairs, rest) = row.as_chunks::<64>();
        let mut sums = [_mm512_setzero_si512(); 2];
        for ((pair, lower), upper) in pairs.iter().zip(lower).zip(upper) {
            let pair = load_unsigned(pair);
            let [low, high] = sums;
            let low = _mm512_dpbusd_epi32(low, _mm512_and_si512(pair, half), load(lower));
            let values = _mm512_and_si512(_mm512_srli_epi16::<4>(pair), half);
            sums = [low, _mm512_dpbusd_epi32(high, values, load(upper))];
        }
        let [low, high] = sums;
        *out = _mm512_reduce_add_epi32(_mm512_add_epi32(low, high))
            + scalar::dot_u4(lower_rest, upper_rest, rest);
    }
}

/// See [`product::drive`].
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2,fma")]
pub(super) fn product(matrix: Matrix<'_>, inputs: &Inputs, out: &mut [f32]) {
    product::drive::<8>(matrix, inputs, out, |panel, group, totals| match totals.len() {
        8 => tile::<8>(panel, group, totals),
        7 => tile::<7>(panel, group, totals),
        6 => tile::<6>(panel, group, totals),
        5 => tile::<5>(panel, group, totals),
        4 => tile::<4>(panel, group, totals),
        3 => tile::<3>(panel, group, totals),
        2 => tile::<2>(panel, group, totals),
        _ => tile::<1>(panel, group, totals),
    });
}

/// See [`scalar::tile`]. 128 is added to the weights, and 128 times the sum of the input taken away again.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2,fma")]
fn tile<const T: usize>(panel: Panel<'_>, group: Group<'_>, out: &mut [[f32; PANEL]]) {
    let flip = _mm512_set1_epi8(i8::MIN);
    let mut totals = [[0.0; PANEL]; T];
    for (segment, blocks) in panel.blocks.iter().enumerate() {
        let parts = group.parts::<T>(segment);
        let mut sums = [_mm512_setzero_si512(); T];
        for (at, block) in blocks.iter().enumerate() {
            let weights = _mm512_xor_si512(load(&block.0), flip);
            for (sum, part) in sums.iter_mut().zip(parts) {
                let Some(columns) = part.bytes.get(at) else { continue };
                let columns = _mm512_set1_epi32(i32::from_ne_bytes(columns.map(i8::cast_unsigned)));
                *sum = _mm512_dpbusd_epi32(*sum, weights, columns);
            }
        }
        for ((totals, part), wide) in totals.iter_mut().zip(parts).zip(sums) {
            let wide = _mm512_sub_epi32(wide, _mm512_set1_epi32(128 * part.sum));
            let mut sums = [0; PANEL];
            // SAFETY: 16 times i32 are 64 bytes, and the store asks for no alignment.
            unsafe { _mm512_storeu_si512(sums.as_mut_ptr().cast(), wide) };
            part.add(totals, sums);
        }
    }
    out.copy_from_slice(&totals);
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(bytes: &[i8; 64]) -> __m512i {
    // SAFETY: the array is 64 bytes long, and the load asks for no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_unsigned(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: the array is 64 bytes long, and the load asks for no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// See [`float::accumulate`].
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2,fma")]
pub(super) fn accumulate(sums: &mut [f32], row: &[i8], scale: f32) {
    float::accumulate::<Fused>(sums, row, scale);
}

/// See [`exponential::sum_exp`].
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2,fma")]
pub(super) fn sum_exp(values: &[f64], highest: f64) -> f64 {
    exponential::sum_exp::<Fused>(values, highest)
}

/// See [`float::gelu`].
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2,fma")]
pub(super) fn gelu(values: &mut [f32]) {
    float::gelu::<Fused>(values);
}

/// See [`float::add_norm`].
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2,fma")]
pub(super) fn add_norm(values: &mut [f32], added: &[f32], norm: (&[f32], &[f32]), epsilon: f32) {
    float::add_norm::<Fused>(values, added, norm, epsilon);
}

/// See [`float::quantise_rows`].
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2,fma")]
pub(super) fn quantise_rows<const AFTER_GELU: bool>(values: &[f32], width: usize, inputs: &mut Inputs) {
    float::quantise_rows::<AFTER_GELU>(values, width, inputs);
}

/// See [`float::attend`].
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2,fma")]
pub(super) fn attend(rows: &[f32], heads: usize, width: usize, room: &mut AttentionRoom, out: &mut [f32]) {
    float::attend::<Fused>(rows, heads, width, room, out);
}
