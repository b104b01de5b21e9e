//! Loops over `f32`, written so that the compiler turns them into vector code of whatever features the function has
//! that they are inlined into.

/// `sums += row * scale`.
#[inline(always)]
#[expect(clippy::inline_always, reason = "vectorised by the features of the caller")]
pub(super) fn accumulate(sums: &mut [f32], row: &[i8], scale: f32) {
    for (sum, value) in sums.iter_mut().zip(row) {
        *sum += f32::from(*value) * scale;
    }
}
