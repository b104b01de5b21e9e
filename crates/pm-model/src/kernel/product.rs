//! The product of a matrix of bytes with inputs of bytes, as numbers.

#![expect(clippy::inline_always, reason = "the loop around a tile has the features of the tile")]

use super::Block;

/// Rows of a matrix in one panel.
pub(crate) const PANEL: usize = 16;
/// Columns of an input that have one scale: with one for all of them a single large value, as `[CLS]` has, costs the
/// others their precision.
pub(crate) const SEGMENT: usize = 64;
/// Steps of 4 columns in a segment.
pub(super) const STEPS: usize = SEGMENT / 4;

/// A matrix: a value is its byte times the scale of its row.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    /// For each 16 rows a panel: for each 4 columns a block, in it for each row its 4 bytes. Rows are filled up to whole
    /// panels and columns to whole segments, with zeros. Bytes are within -127..=127.
    pub(crate) blocks: &'a [Block],
    /// One for each row.
    pub(crate) scales: &'a [f32],
    /// What is added to each row.
    pub(crate) bias: &'a [f32],
}

/// Inputs: a value is its byte times the scale of its segment.
#[derive(Clone, Default, Debug)]
pub(crate) struct Inputs {
    /// How many bytes each has: a multiple of [`SEGMENT`], what fills up is zero.
    pub(super) columns: usize,
    /// One input after the other. Within -127..=127.
    pub(super) bytes: Vec<i8>,
    /// One for each segment of each input.
    pub(super) scales: Vec<f32>,
    /// The sum of the bytes of each segment of each input.
    pub(super) sums: Vec<i32>,
}

impl Inputs {
    /// Makes room for `count` inputs of `width` values, all zero.
    pub(super) fn reset(&mut self, count: usize, width: usize) {
        self.columns = width.next_multiple_of(SEGMENT);
        let segments = count * self.segments();
        self.bytes.clear();
        self.bytes.resize(count * self.columns, 0);
        self.scales.clear();
        self.scales.resize(segments, 0.0);
        self.sums.clear();
        self.sums.resize(segments, 0);
    }

    /// Segments of one input.
    pub(super) fn segments(&self) -> usize {
        self.columns / SEGMENT
    }
}

/// One segment of up to `MOST` inputs, which is multiplied with one panel at a time.
#[derive(Clone, Copy)]
pub(super) struct Group<'a> {
    columns: usize,
    bytes: &'a [i8],
    segment: usize,
    /// Of all segments, as in [`Inputs`].
    sums: &'a [i32],
}

impl<'a> Group<'a> {
    /// The bytes of each input.
    #[inline(always)]
    pub(super) fn inputs(self) -> impl Iterator<Item = &'a [[i8; 4]; STEPS]> {
        let rows = self.bytes.chunks_exact(self.columns.max(1));
        rows.filter_map(move |row| row.as_chunks().0.as_chunks().0.get(self.segment))
    }

    /// [`Self::inputs`] of `T` of them; zeros where there are not so many.
    #[inline(always)]
    pub(super) fn split<const T: usize>(self) -> [&'a [[i8; 4]; STEPS]; T] {
        let mut out = [&[[0; 4]; STEPS]; T];
        for (out, input) in out.iter_mut().zip(self.inputs()) {
            *out = input;
        }
        out
    }

    /// The sum of the bytes of each input.
    #[inline(always)]
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "for AVX-512"))]
    pub(super) fn sums(self) -> impl Iterator<Item = i32> {
        let segments = (self.columns / SEGMENT).max(1);
        self.sums.iter().skip(self.segment).step_by(segments).copied()
    }
}

/// `out` becomes for each input, for each row of the matrix: the row times the input, plus the bias of the row.
///
/// Panel by panel, so that a panel is read from memory once and is in the nearest cache for all inputs. `tiles` fills
/// one array of 16 sums for each input of a group. What is done with the sums is the same to the last bit whatever
/// fills them.
#[inline(always)]
#[expect(clippy::cast_precision_loss, reason = "the sum over a segment is below 2^24")]
pub(super) fn drive<const MOST: usize>(
    matrix: Matrix<'_>,
    inputs: &Inputs,
    out: &mut [f32],
    tiles: impl Fn(&[Block; STEPS], Group<'_>, &mut [[i32; PANEL]]),
) {
    let (columns, segments, rows) = (inputs.columns, inputs.segments(), matrix.scales.len());
    if columns == 0 || rows == 0 {
        return;
    }
    let panels = matrix.blocks.chunks_exact(columns / 4);
    let panels = panels.zip(matrix.scales.chunks(PANEL)).zip(matrix.bias.chunks(PANEL));
    for (number, ((panel, row_scales), bias)) in panels.enumerate() {
        let groups = inputs.bytes.chunks(columns * MOST).zip(inputs.sums.chunks(segments * MOST));
        let groups = groups.zip(inputs.scales.chunks(segments * MOST)).zip(out.chunks_mut(rows * MOST));
        for (((bytes, sums), scales), out) in groups {
            let count = scales.len() / segments;
            let mut totals = [[0.0; PANEL]; MOST];
            let mut results = [[0; PANEL]; MOST];
            let Some(results) = results.get_mut(..count) else { continue };
            for (segment, blocks) in panel.as_chunks::<STEPS>().0.iter().enumerate() {
                tiles(blocks, Group { columns, bytes, segment, sums }, results);
                let scales = scales.iter().skip(segment).step_by(segments);
                for ((totals, sums), scale) in totals.iter_mut().zip(results.iter()).zip(scales) {
                    // Copied, so that nothing has to be read again after each of the 16 is written.
                    let (scale, sums) = (*scale, *sums);
                    for (total, sum) in totals.iter_mut().zip(sums) {
                        *total += sum as f32 * scale;
                    }
                }
            }
            for (totals, out) in totals.iter().zip(out.chunks_exact_mut(rows)) {
                let out = out.get_mut(number * PANEL..).unwrap_or_default();
                for (((out, total), scale), bias) in out.iter_mut().zip(totals).zip(row_scales).zip(bias) {
                    *out = *total * scale + bias;
                }
            }
        }
    }
}
