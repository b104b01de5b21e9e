//! NEON: 16 bytes at a time. Every `aarch64` of an operating system has it.
//!
//! The loops over floats need nothing of their own: NEON is on wherever this is compiled.

#![expect(unsafe_code, reason = "loads through pointers")]

use std::arch::aarch64::{
    int8x16_t, int32x4_t, uint8x16_t, vaddvq_s32, vandq_u8, vdupq_n_s32, vdupq_n_u8, vget_low_s8, vld1q_s8,
    vld1q_u8, vmull_high_s8, vmull_s8, vpadalq_s16, vpaddq_s16, vreinterpretq_s8_s32, vreinterpretq_s8_u8,
    vshrq_n_u8, vst1q_s32,
};

use super::product::{self, Group, Inputs, Matrix, PANEL, Panel};
use super::scalar;

/// See [`scalar::dots_u4`]: 32 values at a time.
#[target_feature(enable = "neon")]
pub(super) fn dots_u4(query: &[i8], rows: &[u8], out: &mut [i32]) {
    let (lower, upper) = query.split_at(query.len() / 2);
    let width = lower.len().max(1);
    let (lower, lower_rest) = lower.as_chunks::<16>();
    let (upper, upper_rest) = upper.as_chunks::<16>();
    for (out, row) in out.iter_mut().zip(rows.chunks_exact(width)) {
        let (pairs, rest) = row.as_chunks::<16>();
        let mut sums = vdupq_n_s32(0);
        for ((pair, lower), upper) in pairs.iter().zip(lower).zip(upper) {
            let pair = load_unsigned(pair);
            // No more than 15, so with or without a sign they are the same.
            let low = vreinterpretq_s8_u8(vandq_u8(pair, vdupq_n_u8(15)));
            let high = vreinterpretq_s8_u8(vshrq_n_u8::<4>(pair));
            sums = add(add(sums, low, load(lower)), high, load(upper));
        }
        *out = vaddvq_s32(sums) + scalar::dot_u4(lower_rest, upper_rest, rest);
    }
}

/// See [`product::drive`].
#[target_feature(enable = "neon")]
pub(super) fn product(matrix: Matrix<'_>, inputs: &Inputs, out: &mut [f32]) {
    product::drive::<4>(matrix, inputs, out, |panel, group, totals| match totals.len() {
        4 => tile::<4>(panel, group, totals),
        3 => tile::<3>(panel, group, totals),
        2 => tile::<2>(panel, group, totals),
        _ => tile::<1>(panel, group, totals),
    });
}

/// See [`scalar::tile`]. Weights and inputs are within -127..=127: two products fit into 16 bits.
#[target_feature(enable = "neon")]
fn tile<const T: usize>(panel: Panel<'_>, group: Group<'_>, out: &mut [[f32; PANEL]]) {
    let mut totals = [[0.0; PANEL]; T];
    for (segment, blocks) in panel.blocks.iter().enumerate() {
        let parts = group.parts::<T>(segment);
        let mut sums = [[vdupq_n_s32(0); 4]; T];
        for (at, block) in blocks.iter().enumerate() {
            let quarters = block.0.as_chunks::<16>().0;
            for (sums, part) in sums.iter_mut().zip(parts) {
                let Some(columns) = part.bytes.get(at) else { continue };
                let columns =
                    vreinterpretq_s8_s32(vdupq_n_s32(i32::from_ne_bytes(columns.map(i8::cast_unsigned))));
                for (sum, quarter) in sums.iter_mut().zip(quarters) {
                    let weights = load(quarter);
                    let low = vmull_s8(vget_low_s8(weights), vget_low_s8(columns));
                    let high = vmull_high_s8(weights, columns);
                    // Two columns of four rows, and once more: all four.
                    *sum = vpadalq_s16(*sum, vpaddq_s16(low, high));
                }
            }
        }
        for ((totals, part), quarters) in totals.iter_mut().zip(parts).zip(sums) {
            let mut sums = [0; PANEL];
            for (sums, quarter) in sums.as_chunks_mut::<4>().0.iter_mut().zip(quarters) {
                // SAFETY: the array is 16 bytes long, and the store asks for the alignment of its elements only.
                unsafe { vst1q_s32(sums.as_mut_ptr(), quarter) };
            }
            part.add(totals, sums);
        }
    }
    out.copy_from_slice(&totals);
}

#[inline]
#[target_feature(enable = "neon")]
fn load(bytes: &[i8; 16]) -> int8x16_t {
    // SAFETY: the array is 16 bytes long, and the load asks for the alignment of its elements only.
    unsafe { vld1q_s8(bytes.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn load_unsigned(bytes: &[u8; 16]) -> uint8x16_t {
    // SAFETY: the array is 16 bytes long, and the load asks for the alignment of its elements only.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn add(sums: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    let low = vmull_s8(vget_low_s8(a), vget_low_s8(b));
    vpadalq_s16(vpadalq_s16(sums, low), vmull_high_s8(a, b))
}
