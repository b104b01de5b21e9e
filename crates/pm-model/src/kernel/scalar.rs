//! The arithmetic as it is meant: the yardstick of every other kernel, and what runs where there is none.

use super::Block;
use super::product::{Group, PANEL, STEPS};

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

/// What 16 rows of weights give for each input of a group.
pub(super) fn tiles(panel: &[Block; STEPS], group: Group<'_>, out: &mut [[i32; PANEL]]) {
    for (sums, input) in out.iter_mut().zip(group.inputs()) {
        let mut wide = [0; PANEL];
        for (block, columns) in panel.iter().zip(input) {
            let columns = columns.map(i32::from);
            for (sum, weights) in wide.iter_mut().zip(block.0.as_chunks::<4>().0) {
                for (weight, column) in weights.iter().zip(columns) {
                    *sum += i32::from(*weight) * column;
                }
            }
        }
        *sums = wide;
    }
}
