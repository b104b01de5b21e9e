//! The product of a matrix of bytes with inputs of bytes, as numbers.

#![expect(clippy::inline_always, reason = "the loop around a tile has the features of the tile")]

use std::ops::Range;

use super::Block;

/// The least byte of an input that was made of what GELU gave, which is hardly ever negative.
pub(super) const LEAST_AFTER_GELU: i8 = -33;

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
    /// panels and columns to whole segments, with zeros. Bytes are within -127..=127. There may be more of them than rows.
    pub(crate) blocks: &'a [Block],
    /// One for each row.
    pub(crate) scales: &'a [f32],
    /// What is added to each row.
    pub(crate) bias: &'a [f32],
    /// Where its rows begin in what an output has for each input: not at 0 where it is a part of a larger one.
    pub(crate) first: usize,
    /// What [`negatives`] gives of `blocks`, for a kernel that wants it.
    pub(crate) negatives: &'a [[i16; PANEL]],
    /// What [`raised`] gives of `blocks`, for the same kernel where GELU gave the inputs.
    pub(crate) raised: &'a [Raised],
}

impl Matrix<'_> {
    /// How many panels it has.
    pub(crate) fn panels(&self) -> usize {
        self.scales.len().div_ceil(PANEL)
    }

    /// Some panels of a whole matrix. The blocks after them stay: they may be fetched from memory meanwhile.
    pub(crate) fn part(self, panels: Range<usize>) -> Self {
        let segments = self.blocks.len() / STEPS / self.panels().max(1);
        let rows = panels.start * PANEL..(panels.end * PANEL).min(self.scales.len());
        Self {
            blocks: self.blocks.get(panels.start * segments * STEPS..).unwrap_or_default(),
            scales: self.scales.get(rows.clone()).unwrap_or_default(),
            bias: self.bias.get(rows).unwrap_or_default(),
            first: panels.start * PANEL,
            negatives: self.negatives.get(panels.start * segments..).unwrap_or_default(),
            raised: self.raised.get(panels.start * segments..).unwrap_or_default(),
        }
    }
}

/// What the negative weights of each row add up to in each segment, without their sign: for each panel, for each
/// segment, 16 sums of at most 64 x 127.
pub(crate) fn negatives(blocks: &[Block]) -> Vec<[i16; PANEL]> {
    let segments = blocks.as_chunks::<STEPS>().0.iter();
    let summed = segments.map(|blocks| {
        let mut sums = [0; PANEL];
        for block in blocks {
            for (sum, weights) in sums.iter_mut().zip(block.0.as_chunks::<4>().0) {
                *sum -= weights.iter().map(|weight| i16::from(*weight).min(0)).sum::<i16>();
            }
        }
        sums
    });
    summed.collect()
}

/// What each row adds up to in each segment, as in [`negatives`], and how large its weights are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Raised {
    pub(crate) sums: [i16; PANEL],
    pub(crate) size: Size,
}

/// Of a segment, how many products of weights in neighbouring columns with inputs within 0..=160 (`RAISED`) fit into 16
/// bits when they are added up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Size {
    /// Two of a block and the two below them, of the block after it.
    Four,
    /// Two of a block.
    Two,
    /// Not always two.
    One,
}

/// Inputs after GELU are raised by as much as makes them positive, up to this.
const RAISED: i32 = 127 - LEAST_AFTER_GELU as i32;

impl Raised {
    fn of(blocks: &[Block; STEPS]) -> Self {
        let mut sums = [0; PANEL];
        let (mut two, mut four) = (0, 0);
        for [first, second] in blocks.as_chunks::<2>().0 {
            for (at, (a, b)) in first.0.as_chunks::<2>().0.iter().zip(second.0.as_chunks::<2>().0).enumerate()
            {
                let ((above, below), (other_above, other_below)) = (by_sign(*a), by_sign(*b));
                two = above.max(-below).max(other_above).max(-other_below).max(two);
                four = (above + other_above).max(-below - other_below).max(four);
                if let Some(sum) = sums.get_mut(at / 2) {
                    *sum += above + below + other_above + other_below;
                }
            }
        }
        let fits = |most: i16| i32::from(most) * RAISED <= i32::from(i16::MAX);
        let size = if fits(four) {
            Size::Four
        } else if fits(two) {
            Size::Two
        } else {
            Size::One
        };
        Self { sums, size }
    }
}

/// The sum of those that are positive, and of those that are negative.
fn by_sign(weights: [i8; 2]) -> (i16, i16) {
    let [a, b] = weights.map(i16::from);
    (a.max(0) + b.max(0), a.min(0) + b.min(0))
}

/// What is known of the weights, for each panel, for each segment.
pub(crate) fn raised(blocks: &[Block]) -> Vec<Raised> {
    blocks.as_chunks::<STEPS>().0.iter().map(Raised::of).collect()
}

/// Inputs: a value is its byte times the scale of its segment.
#[derive(Clone, Default, Debug)]
pub(crate) struct Inputs {
    /// How many bytes each has: a multiple of [`SEGMENT`], what fills up is zero.
    pub(super) columns: usize,
    /// One input after the other. Within -127..=127.
    pub(super) bytes: Vec<i8>,
    /// Whether [`LEAST_AFTER_GELU`] was taken away from the bytes, so that they need no sign: for AVX2.
    pub(super) raised: bool,
    /// One for each segment of each input.
    pub(super) scales: Vec<f32>,
    /// The sum of the bytes of each segment of each input.
    pub(super) sums: Vec<i32>,
}

impl Inputs {
    /// Makes room for `count` inputs of `width` values, all zero.
    pub(super) fn reset(&mut self, count: usize, width: usize) {
        self.columns = width.next_multiple_of(SEGMENT);
        self.raised = false;
        let segments = count * self.segments();
        self.bytes.clear();
        self.bytes.resize(count * self.columns, 0);
        self.scales.clear();
        self.scales.resize(segments, 0.0);
        self.sums.clear();
        self.sums.resize(segments, 0);
    }

    /// How many they are.
    pub(crate) fn count(&self) -> usize {
        self.scales.len().checked_div(self.segments()).unwrap_or(0)
    }

    /// Segments of one input.
    pub(super) fn segments(&self) -> usize {
        self.columns / SEGMENT
    }

    fn group(&self) -> Group<'_> {
        Group {
            segments: self.segments(),
            bytes: self.bytes.as_chunks().0,
            scales: &self.scales,
            sums: &self.sums,
        }
    }
}

/// 16 rows of a matrix.
#[derive(Clone, Copy)]
pub(super) struct Panel<'a> {
    /// For each segment its blocks.
    pub(super) blocks: &'a [[Block; STEPS]],
    /// And what [`negatives`] gives of it, where that is known.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "for AVX2"))]
    pub(super) negatives: &'a [[i16; PANEL]],
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "for AVX2"))]
    pub(super) raised: &'a [Raised],
    /// Those of the panel that comes after it, which may be fetched from memory meanwhile; none after the last.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "for AVX2"))]
    pub(super) next: &'a [[Block; STEPS]],
    /// Groups that are multiplied with this panel after this one, and how many there are.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "for AVX2"))]
    pub(super) turn: (usize, usize),
}

/// Some inputs, which are multiplied with one panel at a time.
#[derive(Clone, Copy)]
pub(super) struct Group<'a> {
    /// Segments of one input.
    segments: usize,
    /// Segment by segment, as the rest.
    bytes: &'a [[i8; SEGMENT]],
    scales: &'a [f32],
    sums: &'a [i32],
}

/// A segment of an input.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) bytes: &'a [[i8; 4]; STEPS],
    pub(super) scale: f32,
    /// The sum of the bytes.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "for AVX-512"))]
    pub(super) sum: i32,
}

impl<'a> Group<'a> {
    /// The first `count` inputs, and the others.
    #[inline(always)]
    fn split_at(self, count: usize) -> (Self, Self) {
        let middle = count * self.segments;
        let (bytes, other_bytes) = self.bytes.split_at_checked(middle).unwrap_or_default();
        let (scales, other_scales) = self.scales.split_at_checked(middle).unwrap_or_default();
        let (sums, other_sums) = self.sums.split_at_checked(middle).unwrap_or_default();
        let others = Self { bytes: other_bytes, scales: other_scales, sums: other_sums, ..self };
        (Self { bytes, scales, sums, ..self }, others)
    }

    /// One segment of `T` inputs; zeros where there are not so many.
    #[inline(always)]
    pub(super) fn parts<const T: usize>(self, segment: usize) -> [Part<'a>; T] {
        let mut parts = [Part { bytes: &[[0; 4]; STEPS], scale: 0.0, sum: 0 }; T];
        for (number, part) in parts.iter_mut().enumerate() {
            let at = number * self.segments + segment;
            if let (Some(bytes), Some(scale), Some(sum)) =
                (self.bytes.get(at), self.scales.get(at), self.sums.get(at))
                && let [bytes] = bytes.as_chunks().0.as_chunks().0
            {
                *part = Part { bytes, scale: *scale, sum: *sum };
            }
        }
        parts
    }
}

impl Part<'_> {
    /// Adds what the `sums` of a segment's products stand for to `totals`.
    #[inline(always)]
    #[expect(clippy::cast_precision_loss, reason = "the sum over a segment is below 2^24")]
    pub(super) fn add(self, totals: &mut [f32; PANEL], sums: [i32; PANEL]) {
        for (total, sum) in totals.iter_mut().zip(sums) {
            *total += sum as f32 * self.scale;
        }
    }
}

/// `out` becomes for each input, for each row of the matrix: the row times the input, plus the bias of the row. It has as many
/// values for each input as the matrix has rows, or as the one has of which the matrix is a part; the others stay.
///
/// Panel by panel, so that a panel is read from memory once and is in the nearest cache for all inputs. Inputs go in
/// groups of up to `LARGEST`, about as large as each other. `tile` adds up one array of 16 totals for each input of a group, by
/// [`Part::add`]: what is done with sums is the same to the last bit whatever fills them.
#[inline(always)]
pub(super) fn drive<const LARGEST: usize>(
    matrix: Matrix<'_>,
    inputs: &Inputs,
    out: &mut [f32],
    tile: impl Fn(Panel<'_>, Group<'_>, &mut [[f32; PANEL]]),
) {
    let (columns, segments, rows) = (inputs.columns, inputs.segments(), matrix.scales.len());
    if columns == 0 || rows == 0 {
        return;
    }
    let count = inputs.count();
    let Some(width) = out.len().checked_div(count).filter(|width| *width > 0) else { return };
    let panels = matrix.blocks.chunks_exact(columns / 4);
    let panels = panels.zip(matrix.scales.chunks(PANEL)).zip(matrix.bias.chunks(PANEL));
    for (number, ((blocks, row_scales), bias)) in panels.enumerate() {
        let next = matrix.blocks.get((number + 1) * columns / 4..).unwrap_or_default().as_chunks().0;
        let negatives = matrix.negatives.get(number * segments..).unwrap_or_default();
        let raised = matrix.raised.get(number * segments..).unwrap_or_default();
        let turns = count.div_ceil(LARGEST);
        let (mut rest, mut left) = (inputs.group(), count);
        let mut out = out.chunks_exact_mut(width);
        for groups in (1..=turns).rev() {
            let size = left.div_ceil(groups);
            let (group, others) = rest.split_at(size);
            (rest, left) = (others, left - size);
            let mut totals = [[0.0; PANEL]; LARGEST];
            let Some(totals) = totals.get_mut(..size) else { continue };
            let turn = (groups - 1, turns);
            let panel = Panel { blocks: blocks.as_chunks().0, negatives, raised, next, turn };
            tile(panel, group, totals);
            for (totals, out) in totals.iter().zip(&mut out) {
                let out = out.get_mut(matrix.first + number * PANEL..).unwrap_or_default();
                for (((out, total), scale), bias) in out.iter_mut().zip(totals).zip(row_scales).zip(bias) {
                    *out = *total * scale + bias;
                }
            }
        }
    }
}
