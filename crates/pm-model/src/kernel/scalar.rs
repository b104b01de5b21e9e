//! The arithmetic as it is meant: the yardstick of every other kernel, and what runs where there is none.

use super::product::{Group, PANEL, Panel};

/// See [`super::Kernel::dots_u4`].
pub(super) fn dots_u4(query: &[i8], rows: &[u8], out: &mut [i32]) {
    let (lower, upper) = query.split_at(query.len() / 2);
    for (out, row) in out.iter_mut().zip(rows.chunks_exact(lower.len().max(1))) {
        *out = dot_u4(lower, upper, row);
    }
}

/// The sum of the products of one row.
pub(super) fn dot_u4(lower: &[i8], upper: &[i8], row: &[u8]) -> i32 {
    let values = row.iter().map(|pair| (i32::from(pair & 15), i32::from(pair >> 4)));
    let columns = lower.iter().zip(upper).map(|(lower, upper)| (i32::from(*lower), i32::from(*upper)));
    columns.zip(values).map(|((lower, upper), (low, high))| lower * low + upper * high).sum()
}

/// What 16 rows of weights give for each input of a group.
pub(super) fn tile(panel: Panel<'_>, group: Group<'_>, totals: &mut [[f32; PANEL]]) {
    for (segment, blocks) in panel.blocks.iter().enumerate() {
        for (totals, part) in totals.iter_mut().zip(group.parts::<4>(segment)) {
            let mut sums = [0; PANEL];
            for (block, columns) in blocks.iter().zip(part.bytes) {
                let columns = columns.map(i32::from);
                for (sum, weights) in sums.iter_mut().zip(block.0.as_chunks::<4>().0) {
                    for (weight, column) in weights.iter().zip(columns) {
                        *sum += i32::from(*weight) * column;
                    }
                }
            }
            part.add(totals, sums);
        }
    }
}
