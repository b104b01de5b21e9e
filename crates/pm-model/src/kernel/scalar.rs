//! The arithmetic as it is meant: the yardstick of every other kernel, and what runs where there is none.

use super::Block;

/// The sum of the products.
pub(super) fn dot(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

/// One [`dot`] a row.
pub(super) fn dots(query: &[i8], rows: &[i8], out: &mut [i32]) {
    for (out, row) in out.iter_mut().zip(rows.chunks_exact(query.len().max(1))) {
        *out = dot(query, row);
    }
}

/// What 16 rows of weights give for each of `T` inputs.
pub(super) fn tile<const T: usize>(panel: &[Block], inputs: [&[i8]; T]) -> [[i32; 16]; T] {
    inputs.map(|input| {
        let mut sums = [0; 16];
        for (block, columns) in panel.iter().zip(input.as_chunks::<4>().0) {
            for (sum, weights) in sums.iter_mut().zip(block.0.as_chunks::<4>().0) {
                *sum += dot(weights, columns);
            }
        }
        sums
    })
}
