//! AVX2: 32 bytes at a time.

#![expect(
    unsafe_code,
    reason = "loads through pointers, and functions of a feature that the machine must have"
)]

use std::arch::x86_64::{
    __m256i, _MM_HINT_T1, _mm_add_epi32, _mm_loadu_si128, _mm_prefetch, _mm_storeu_si128, _mm256_abs_epi8,
    _mm256_add_epi16, _mm256_add_epi32, _mm256_add_ps, _mm256_and_si256, _mm256_castsi256_si128,
    _mm256_cmpgt_epi8, _mm256_cvtepi16_epi32, _mm256_cvtepi32_ps, _mm256_extracti128_si256,
    _mm256_hadd_epi32, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_mul_ps,
    _mm256_mullo_epi32, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setzero_ps, _mm256_setzero_si256, _mm256_srli_epi16, _mm256_storeu_ps, _mm256_sub_epi8,
    _mm256_xor_si256,
};

use super::float::{AttentionRoom, Fused};
use super::product::{Group, Inputs, LEAST_AFTER_GELU, Matrix, PANEL, Panel, Part, STEPS, Size};
use super::{Block, exponential, float, product, scalar};

/// How many times 32 bytes of a row are added up in 16 bits: each adds two products of at most 15 x 128.
const FITS: usize = 8;

/// Columns of a query: those that meet the lower halves of 32 bytes, and those that meet the upper ones.
type Columns<'a> = (&'a [[i8; 32]], &'a [[i8; 32]]);

/// See [`scalar::dots_u4`]: 64 values at a time, of four rows.
#[target_feature(enable = "avx2,fma")]
pub(super) fn dots_u4(query: &[i8], rows: &[u8], out: &mut [i32]) {
    let (lower, upper) = query.split_at(query.len() / 2);
    let width = lower.len().max(1);
    let ((lower, lower_rest), (upper, upper_rest)) = (lower.as_chunks::<32>(), upper.as_chunks::<32>());
    if lower_rest.is_empty() {
        out.fill(0);
    } else {
        for (out, row) in out.iter_mut().zip(rows.chunks_exact(width)) {
            *out = scalar::dot_u4(lower_rest, upper_rest, row.as_chunks::<32>().1);
        }
    }
    for (columns, skip) in lower.chunks(FITS).zip(upper.chunks(FITS)).zip((0..).step_by(FITS)) {
        let (fours, last) = out.as_chunks_mut::<4>();
        let mut quads = rows.chunks_exact(width * 4);
        for (out, quad) in fours.iter_mut().zip(&mut quads) {
            let (first, second) = quad.split_at(width * 2);
            let ((row_0, row_1), (row_2, row_3)) = (first.split_at(width), second.split_at(width));
            let rows = [part(row_0, skip), part(row_1, skip), part(row_2, skip), part(row_3, skip)];
            for (out, sum) in out.iter_mut().zip(four_dots(columns, rows)) {
                *out += sum;
            }
        }
        for (out, row) in last.iter_mut().zip(quads.remainder().chunks_exact(width)) {
            *out += one_dot(columns, part(row, skip));
        }
    }
}

/// See [`super::Kernel::dot_u4`].
#[target_feature(enable = "avx2,fma")]
pub(super) fn dot_u4(query: &[i8], row: &[u8]) -> i32 {
    let (lower, upper) = query.split_at(query.len() / 2);
    let ((lower, lower_rest), (upper, upper_rest)) = (lower.as_chunks::<32>(), upper.as_chunks::<32>());
    let (row, rest) = row.as_chunks::<32>();
    let parts = lower.chunks(FITS).zip(upper.chunks(FITS)).zip(row.chunks(FITS));
    let sum: i32 = parts.map(|(columns, row)| one_dot(columns, row)).sum();
    if rest.is_empty() { sum } else { sum + scalar::dot_u4(lower_rest, upper_rest, rest) }
}

/// A row 32 bytes at a time, without the first `skip`.
#[inline]
fn part(row: &[u8], skip: usize) -> &[[u8; 32]] {
    row.as_chunks().0.get(skip..).unwrap_or_default()
}

/// The products of four rows with [`FITS`] columns at most.
#[inline]
#[target_feature(enable = "avx2")]
fn four_dots((lower, upper): Columns<'_>, [row_0, row_1, row_2, row_3]: [&[[u8; 32]]; 4]) -> [i32; 4] {
    let (mut lows, mut highs) = ([_mm256_setzero_si256(); 4], [_mm256_setzero_si256(); 4]);
    // Zipped, so that no length is looked at again for each load.
    let rows = row_0.iter().zip(row_1).zip(row_2.iter().zip(row_3));
    for ((lower, upper), ((pairs_0, pairs_1), (pairs_2, pairs_3))) in lower.iter().zip(upper).zip(rows) {
        let columns = (signed(lower), signed(upper));
        for ((low, high), pairs) in lows.iter_mut().zip(&mut highs).zip([pairs_0, pairs_1, pairs_2, pairs_3])
        {
            (*low, *high) = add_products((*low, *high), pairs, columns);
        }
    }
    let mut sums = [_mm256_setzero_si256(); 4];
    for (sum, (low, high)) in sums.iter_mut().zip(lows.into_iter().zip(highs)) {
        *sum = widened(low, high);
    }
    totals(sums)
}

/// The products of one row with [`FITS`] columns at most.
#[inline]
#[target_feature(enable = "avx2")]
fn one_dot((lower, upper): Columns<'_>, row: &[[u8; 32]]) -> i32 {
    let (mut low, mut high) = (_mm256_setzero_si256(), _mm256_setzero_si256());
    for ((lower, upper), pairs) in lower.iter().zip(upper).zip(row) {
        (low, high) = add_products((low, high), pairs, (signed(lower), signed(upper)));
    }
    let [sum, ..] = totals([widened(low, high); 4]);
    sum
}

/// Adds the products of 32 bytes' lower halves, and those of their upper ones.
#[inline]
#[target_feature(enable = "avx2")]
fn add_products(
    (low, high): (__m256i, __m256i),
    pairs: &[u8; 32],
    (lower, upper): (__m256i, __m256i),
) -> (__m256i, __m256i) {
    let (pairs, half) = (load(pairs), _mm256_set1_epi8(15));
    let low = _mm256_add_epi16(low, _mm256_maddubs_epi16(_mm256_and_si256(pairs, half), lower));
    let values = _mm256_and_si256(_mm256_srli_epi16::<4>(pairs), half);
    (low, _mm256_add_epi16(high, _mm256_maddubs_epi16(values, upper)))
}

/// Sums of 16 bits, added up to eight of 32.
#[inline]
#[target_feature(enable = "avx2")]
fn widened(low: __m256i, high: __m256i) -> __m256i {
    let ones = _mm256_set1_epi16(1);
    _mm256_add_epi32(_mm256_madd_epi16(low, ones), _mm256_madd_epi16(high, ones))
}

/// See [`product::drive`].
#[target_feature(enable = "avx2,fma")]
pub(super) fn product(matrix: Matrix<'_>, inputs: &Inputs, out: &mut [f32]) {
    if inputs.raised {
        product::drive::<4>(matrix, inputs, out, |panel, group, totals| match totals.len() {
            4 => tile::<4, true>(panel, group, totals),
            3 => tile::<3, true>(panel, group, totals),
            2 => tile::<2, true>(panel, group, totals),
            _ => tile::<1, true>(panel, group, totals),
        });
    } else {
        product::drive::<4>(matrix, inputs, out, |panel, group, totals| match totals.len() {
            4 => tile::<4, false>(panel, group, totals),
            3 => tile::<3, false>(panel, group, totals),
            2 => tile::<2, false>(panel, group, totals),
            _ => tile::<1, false>(panel, group, totals),
        });
    }
}

/// See [`scalar::tile`].
#[target_feature(enable = "avx2,fma")]
fn tile<const T: usize, const RAISED: bool>(panel: Panel<'_>, group: Group<'_>, out: &mut [[f32; PANEL]]) {
    let mut totals = [[_mm256_setzero_ps(); 2]; T];
    let (mut turn, turns) = panel.turn;
    for (segment, blocks) in panel.blocks.iter().enumerate() {
        let parts = group.parts::<T>(segment);
        // The groups share the fetching of the next panel; what is here already costs nothing to fetch.
        let (own, after) = if turn == 0 { (true, turns) } else { (false, turn) };
        turn = after - 1;
        let ahead = panel.next.get(segment).filter(|_| own).unwrap_or(blocks);
        let sums = if RAISED {
            let Some(raised) = panel.raised.get(segment) else { continue };
            let by = _mm256_set1_epi32(i32::from(LEAST_AFTER_GELU));
            let first = wide(&raised.sums).map(|sums| _mm256_mullo_epi32(sums, by));
            match raised.size {
                Size::Four => four_sums(blocks, ahead, parts, first),
                Size::Two => two_sums(blocks, ahead, parts, first),
                Size::One => halved_sums(blocks, parts, first),
            }
        } else {
            signed_sums(blocks, ahead, parts, panel.negatives.get(segment).unwrap_or(&[0; PANEL]))
        };
        // What `Part::add` does: written out, since in a large tile the compiler does not find the vectors.
        for ((totals, part), sums) in totals.iter_mut().zip(parts).zip(sums) {
            let scale = _mm256_set1_ps(part.scale);
            for (total, sum) in totals.iter_mut().zip(sums) {
                *total = _mm256_add_ps(*total, _mm256_mul_ps(_mm256_cvtepi32_ps(sum), scale));
            }
        }
    }
    for (out, totals) in out.iter_mut().zip(totals) {
        for (out, total) in out.as_chunks_mut::<8>().0.iter_mut().zip(totals) {
            // SAFETY: 8 times f32 are 32 bytes, and the store asks for no alignment.
            unsafe { _mm256_storeu_ps(out.as_mut_ptr(), total) };
        }
    }
}

/// The products of inputs within -127..=127. As one factor must be without a sign, that is the size of a weight. Where the
/// weight is negative the bits of the input are turned round: a becomes -a - 1, so that -w too much is taken away,
/// which is what the sums begin with. Two products are at most 2 x 127 x 128 and fit into 16 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn signed_sums<const T: usize>(
    blocks: &[Block; STEPS],
    ahead: &[Block; STEPS],
    parts: [Part<'_>; T],
    negatives: &[i16; PANEL],
) -> [[__m256i; 2]; T] {
    let ones = _mm256_set1_epi16(1);
    let mut sums = [wide(negatives); T];
    for (at, (block, ahead)) in blocks.iter().zip(ahead).enumerate() {
        fetch(ahead);
        let weights = halves(block);
        let sizes = weights.map(|half| _mm256_abs_epi8(half));
        let turns = weights.map(|half| _mm256_cmpgt_epi8(_mm256_setzero_si256(), half));
        for (sums, part) in sums.iter_mut().zip(parts) {
            let Some(columns) = part.bytes.get(at) else { continue };
            let columns = everywhere(*columns);
            for ((sum, size), turn) in sums.iter_mut().zip(sizes).zip(turns) {
                let pairs = _mm256_maddubs_epi16(size, _mm256_xor_si256(columns, turn));
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
            }
        }
    }
    sums
}

/// The products of inputs without a sign where those of two columns fit into 16 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn two_sums<const T: usize>(
    blocks: &[Block; STEPS],
    ahead: &[Block; STEPS],
    parts: [Part<'_>; T],
    first: [__m256i; 2],
) -> [[__m256i; 2]; T] {
    let ones = _mm256_set1_epi16(1);
    let mut sums = [first; T];
    for (at, (block, ahead)) in blocks.iter().zip(ahead).enumerate() {
        fetch(ahead);
        let weights = halves(block);
        for (sums, part) in sums.iter_mut().zip(parts) {
            let Some(columns) = part.bytes.get(at) else { continue };
            let columns = everywhere(*columns);
            for (sum, half) in sums.iter_mut().zip(weights) {
                let pairs = _mm256_maddubs_epi16(columns, half);
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
            }
        }
    }
    sums
}

/// The same where those of four fit.
#[inline]
#[target_feature(enable = "avx2")]
fn four_sums<const T: usize>(
    blocks: &[Block; STEPS],
    ahead: &[Block; STEPS],
    parts: [Part<'_>; T],
    first: [__m256i; 2],
) -> [[__m256i; 2]; T] {
    let ones = _mm256_set1_epi16(1);
    let mut sums = [first; T];
    let pairs = blocks.as_chunks::<2>().0.iter().zip(ahead.as_chunks::<2>().0);
    for (at, ([first, second], ahead)) in pairs.enumerate() {
        for block in ahead {
            fetch(block);
        }
        let (first, second) = (halves(first), halves(second));
        for (sums, part) in sums.iter_mut().zip(parts) {
            let Some([left, right]) = part.bytes.as_chunks::<2>().0.get(at) else { continue };
            let (left, right) = (everywhere(*left), everywhere(*right));
            for ((sum, first), second) in sums.iter_mut().zip(first).zip(second) {
                let fours =
                    _mm256_add_epi16(_mm256_maddubs_epi16(left, first), _mm256_maddubs_epi16(right, second));
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(fours, ones));
            }
        }
    }
    sums
}

/// The same where those of two need not fit: each input in two halves.
#[cold]
#[inline(never)]
#[target_feature(enable = "avx2")]
fn halved_sums<const T: usize>(
    blocks: &[Block; STEPS],
    parts: [Part<'_>; T],
    first: [__m256i; 2],
) -> [[__m256i; 2]; T] {
    let (ones, bits) = (_mm256_set1_epi16(1), _mm256_set1_epi8(127));
    let mut sums = [first; T];
    for (at, block) in blocks.iter().enumerate() {
        let weights = halves(block);
        for (sums, part) in sums.iter_mut().zip(parts) {
            let Some(columns) = part.bytes.get(at) else { continue };
            let columns = everywhere(*columns);
            let less = _mm256_and_si256(_mm256_srli_epi16::<1>(columns), bits);
            for columns in [less, _mm256_sub_epi8(columns, less)] {
                for (sum, half) in sums.iter_mut().zip(weights) {
                    let pairs = _mm256_maddubs_epi16(columns, half);
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
                }
            }
        }
    }
    sums
}

/// Four columns of an input, for each of eight rows.
#[inline]
#[target_feature(enable = "avx2")]
fn everywhere(columns: [i8; 4]) -> __m256i {
    _mm256_set1_epi32(i32::from_ne_bytes(columns.map(i8::cast_unsigned)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: the array is 32 bytes long, and the load asks for no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn signed(bytes: &[i8; 32]) -> __m256i {
    // SAFETY: the array is 32 bytes long, and the load asks for no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
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
fn wide(numbers: &[i16; PANEL]) -> [__m256i; 2] {
    let (low, high) = numbers.split_at(8);
    // SAFETY: of the 16 each half is 8 times i16, so 16 bytes, and the loads ask for no alignment.
    let halves = unsafe { [_mm_loadu_si128(low.as_ptr().cast()), _mm_loadu_si128(high.as_ptr().cast())] };
    halves.map(|half| _mm256_cvtepi16_epi32(half))
}

/// Asks for a block before it is needed, in the second cache: two panels may be more than the first one holds.
#[inline]
#[target_feature(enable = "avx2")]
fn fetch(block: &Block) {
    _mm_prefetch::<_MM_HINT_T1>(block.0.as_ptr());
}

/// The sum of each.
#[inline]
#[target_feature(enable = "avx2")]
fn totals([first, second, third, fourth]: [__m256i; 4]) -> [i32; 4] {
    let pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(first, second), _mm256_hadd_epi32(third, fourth));
    let four = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256::<1>(pairs));
    let mut out = [0; 4];
    // SAFETY: 4 times i32 are 16 bytes, and the store asks for no alignment.
    unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), four) };
    out
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
pub(super) fn quantise_rows<const AFTER_GELU: bool>(values: &[f32], width: usize, inputs: &mut Inputs) {
    float::quantise_rows::<AFTER_GELU>(values, width, inputs);
    if AFTER_GELU {
        inputs.raised = true;
        for byte in &mut inputs.bytes {
            *byte = byte.wrapping_sub(LEAST_AFTER_GELU);
        }
    }
}

/// See [`float::attend`].
#[target_feature(enable = "avx2,fma")]
pub(super) fn attend(rows: &[f32], heads: usize, width: usize, room: &mut AttentionRoom, out: &mut [f32]) {
    float::attend::<Fused>(rows, heads, width, room, out);
}
