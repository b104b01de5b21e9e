//! What a transformer does with its numbers, in the instructions of a [`Kernel`].

use super::product::{SEGMENT, STEPS};
use super::{
    AttentionRoom, Block, Inputs, Instructions, Kernel, Matrix, PANEL, Portable, float, product, scalar,
};

#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};

#[cfg(target_arch = "aarch64")]
use super::neon;

impl Kernel {
    /// See [`product::drive`].
    pub(crate) fn product(self, matrix: Matrix<'_>, inputs: &Inputs, out: &mut [f32]) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a kernel of AVX2 is made by `with` alone, which found AVX2 and FMA.
            Instructions::Avx2 => unsafe { avx2::product(matrix, inputs, out) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: one of AVX-512 is made by `with` alone, which found every feature that `avx512` enables.
            Instructions::Avx512Vnni => unsafe { avx512::product(matrix, inputs, out) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: one of NEON is made by `with` alone, where NEON is part of the target.
            Instructions::Neon => unsafe { neon::product(matrix, inputs, out) },
            _ => product::drive::<4>(matrix, inputs, out, scalar::tile),
        }
    }

    /// Whether a matrix is to have its [`Matrix::negatives`], or [`Matrix::raised`] for inputs after GELU.
    pub(crate) fn wants_sums(self) -> bool {
        self.0 == Instructions::Avx2
    }

    /// `inputs` become the rows of `width` values, rounded to bytes.
    pub(crate) fn quantise_rows(self, values: &[f32], width: usize, inputs: &mut Inputs) {
        self.quantise::<false>(values, width, inputs);
    }

    /// The same of what [`Self::gelu`] gave. They are multiplied with a matrix that has [`Matrix::raised`].
    pub(crate) fn quantise_after_gelu(self, values: &[f32], width: usize, inputs: &mut Inputs) {
        self.quantise::<true>(values, width, inputs);
    }

    fn quantise<const AFTER_GELU: bool>(self, values: &[f32], width: usize, inputs: &mut Inputs) {
        inputs.reset(values.len().checked_div(width).unwrap_or(0), width);
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a kernel of AVX2 is made by `with` alone, which found AVX2 and FMA.
            Instructions::Avx2 => unsafe { avx2::quantise_rows::<AFTER_GELU>(values, width, inputs) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: one of AVX-512 is made by `with` alone, which found every feature that `avx512` enables.
            Instructions::Avx512Vnni => unsafe {
                avx512::quantise_rows::<AFTER_GELU>(values, width, inputs);
            },
            _ => float::quantise_rows::<AFTER_GELU>(values, width, inputs),
        }
    }

    /// See [`float::gelu`].
    pub(crate) fn gelu(self, values: &mut [f32]) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a kernel of AVX2 is made by `with` alone, which found AVX2 and FMA.
            Instructions::Avx2 => unsafe { avx2::gelu(values) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: one of AVX-512 is made by `with` alone, which found every feature that `avx512` enables.
            Instructions::Avx512Vnni => unsafe { avx512::gelu(values) },
            _ => float::gelu::<Portable>(values),
        }
    }

    /// See [`float::add_norm`].
    pub(crate) fn add_norm(self, values: &mut [f32], added: &[f32], norm: (&[f32], &[f32]), epsilon: f32) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a kernel of AVX2 is made by `with` alone, which found AVX2 and FMA.
            Instructions::Avx2 => unsafe { avx2::add_norm(values, added, norm, epsilon) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: one of AVX-512 is made by `with` alone, which found every feature that `avx512` enables.
            Instructions::Avx512Vnni => unsafe { avx512::add_norm(values, added, norm, epsilon) },
            _ => float::add_norm::<Portable>(values, added, norm, epsilon),
        }
    }

    /// See [`float::attend`].
    pub(crate) fn attend(
        self,
        rows: &[f32],
        heads: usize,
        width: usize,
        room: &mut AttentionRoom,
        out: &mut [f32],
    ) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a kernel of AVX2 is made by `with` alone, which found AVX2 and FMA.
            Instructions::Avx2 => unsafe { avx2::attend(rows, heads, width, room, out) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: one of AVX-512 is made by `with` alone, which found every feature that `avx512` enables.
            Instructions::Avx512Vnni => unsafe { avx512::attend(rows, heads, width, room, out) },
            _ => float::attend::<Portable>(rows, heads, width, room, out),
        }
    }

    /// Whether its products agree with the scalar ones, and its other loops nearly, on a sample: more inputs than a tile
    /// takes, rows that do not fill a panel, columns that do not fill a segment.
    pub(super) fn multiplies_right(self) -> bool {
        const COLUMNS: usize = 70;
        const ROWS: usize = 37;
        const COUNT: usize = 11;
        let value = |at: usize| {
            i8::try_from(at * 89 % 255).unwrap_or_else(|_| -1 - i8::try_from(at % 127).unwrap_or(0))
        };
        // Of every size that `Raised` tells from others.
        let less = |at: usize| i8::try_from(1 + at / STEPS % 4).unwrap_or(1);
        let blocks: Vec<_> = (0..ROWS.div_ceil(PANEL) * COLUMNS.div_ceil(SEGMENT) * STEPS)
            .map(|at| Block(std::array::from_fn(|place| value(at * 64 + place) / less(at))))
            .collect();
        let negatives = product::negatives(&blocks);
        let (scales, bias) = (&[0.25; ROWS], &[1.0; ROWS]);
        let raised = product::raised(&blocks);
        let matrix =
            Matrix { blocks: &blocks, scales, bias, first: 0, negatives: &negatives, raised: &raised };
        let values: Vec<_> = (0..COLUMNS * COUNT).map(|at| f32::from(value(at * 31 + 7)) / 32.0).collect();
        let run = |kernel: Self| {
            let mut inputs = Inputs::default();
            kernel.quantise_rows(&values, COLUMNS, &mut inputs);
            let mut products = vec![0.0; 2 * ROWS * COUNT];
            let (first, second) = products.split_at_mut(ROWS * COUNT);
            kernel.product(matrix, &inputs, first);
            kernel.quantise_after_gelu(&values, COLUMNS, &mut inputs);
            kernel.product(matrix, &inputs, second);
            let mut others = values.clone();
            kernel.gelu(&mut others);
            kernel.add_norm(&mut others, &values, (&[0.5; COLUMNS], &[0.25; COLUMNS]), 1e-12);
            let mut found = vec![0.0; 24 * 11];
            kernel.attend(
                values.get(..24 * 3 * 10).unwrap_or_default(),
                2,
                12,
                &mut AttentionRoom::default(),
                &mut found,
            );
            others.append(&mut found);
            (products, others)
        };
        let ((products, others), (scalar_products, scalar_others)) =
            (run(self), run(Self(Instructions::Scalar)));
        let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-4;
        products == scalar_products && others.iter().zip(&scalar_others).all(near)
    }
}
