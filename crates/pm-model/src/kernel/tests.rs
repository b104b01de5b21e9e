use proptest::collection::vec;
use proptest::prelude::*;

use super::product::{SEGMENT, STEPS};
use super::*;

fn kernels() -> impl Iterator<Item = Kernel> {
    Instructions::ALL.into_iter().filter_map(Kernel::with)
}

const SCALAR: Kernel = Kernel(Instructions::Scalar);

/// A matrix of any shape, with bytes of the whole range that matrices have, and values for some inputs.
fn products() -> impl Strategy<Value = (Vec<Block>, Vec<f32>, Vec<f32>, usize)> {
    (1_usize..40, 1_usize..200, 0_usize..12).prop_flat_map(|(rows, columns, count)| {
        let blocks = rows.div_ceil(PANEL) * columns.div_ceil(SEGMENT) * STEPS;
        let ends = prop_oneof![Just(-127_i8), Just(127_i8), -127_i8..=127];
        let block = vec(ends, 64).prop_map(|bytes| Block(bytes.try_into().unwrap()));
        // Also such that two products, and such that four, fit into 16 bits.
        let blocks = (vec(block, blocks), 1_i8..6).prop_map(|(blocks, less)| {
            blocks.into_iter().map(|block| Block(block.0.map(|byte| byte / less))).collect::<Vec<_>>()
        });
        let value = prop_oneof![-3.0_f32..3.0, Just(1.0), Just(-1.0), Just(0.0)];
        (blocks, vec(-1.0_f32..1.0, rows), vec(value, columns * count), Just(columns))
    })
}

/// What the kernel gives, for the values as they are and as if GELU had given them.
fn product(
    kernel: Kernel,
    blocks: &[Block],
    scales: &[f32],
    values: &[f32],
    columns: usize,
) -> [Vec<f32>; 2] {
    let (negatives, raised) = (negatives(blocks), raised(blocks));
    let matrix = Matrix { blocks, scales, bias: scales, first: 0, negatives: &negatives, raised: &raised };
    [Kernel::quantise_rows, Kernel::quantise_after_gelu].map(|quantise| {
        let mut inputs = Inputs::default();
        quantise(kernel, values, columns, &mut inputs);
        let mut out = vec![f32::NAN; values.len() / columns * scales.len()];
        kernel.product(matrix, &inputs, &mut out);
        out
    })
}

proptest! {
    #[test]
    fn products_are_those_of_the_scalar_one_to_the_last_bit((blocks, scales, values, columns) in products()) {
        let wanted = product(SCALAR, &blocks, &scales, &values, columns);
        prop_assert!(wanted.iter().flatten().all(|value| value.is_finite()));
        for kernel in kernels() {
            prop_assert_eq!(&product(kernel, &blocks, &scales, &values, columns), &wanted, "{:?}", kernel);
        }
    }

    #[test]
    fn the_scalar_product_is_that_of_the_numbers((blocks, scales, values, columns) in products()) {
        let [found, _] = product(SCALAR, &blocks, &scales, &values, columns);
        let steps = columns.div_ceil(SEGMENT) * STEPS;
        for (input, found) in values.chunks(columns).zip(found.chunks(scales.len())) {
            for (row, (scale, found)) in scales.iter().zip(found).enumerate() {
                let weight = |column: usize| {
                    f32::from(blocks[row / PANEL * steps + column / 4].0[row % PANEL * 4 + column % 4]) * scale
                };
                let sum: f32 = (0..columns).map(|column| weight(column) * input[column]).sum();
                // Each value of a segment is off by at most half a step of its scale, and the bias is the scale.
                let off: f32 = (0..columns).map(|column| weight(column).abs() * 3.0 / 254.0).sum();
                prop_assert!((sum + scale - found).abs() <= off * 1.01 + 1e-2, "{sum} {found}");
            }
        }
    }

    #[test]
    fn a_product_in_parts_is_that_of_the_whole((blocks, scales, values, columns) in products(), at in 0_usize..4) {
        let (negatives, raised) = (negatives(&blocks), raised(&blocks));
        let matrix = Matrix {
            blocks: &blocks, scales: &scales, bias: &scales, first: 0, negatives: &negatives, raised: &raised,
        };
        let at = at.min(matrix.panels());
        for kernel in kernels() {
            let wanted = product(kernel, &blocks, &scales, &values, columns);
            for (quantise, wanted) in [Kernel::quantise_rows, Kernel::quantise_after_gelu].into_iter().zip(wanted) {
                let mut inputs = Inputs::default();
                quantise(kernel, &values, columns, &mut inputs);
                let mut out = vec![f32::NAN; wanted.len()];
                for panels in [at..matrix.panels(), 0..at] {
                    kernel.product(matrix.part(panels), &inputs, &mut out);
                }
                prop_assert_eq!(out, wanted, "{:?}", kernel);
            }
        }
    }

    #[test]
    fn sums_of_exponentials_are_those_of_the_library(values in vec(-30.0_f64..5.0, 0..200)) {
        let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let less = values.iter().map(|value| value - highest).filter(|less| *less > -20.0);
        let wanted: f64 = less.map(f64::exp).sum();
        let unfound = [values.as_slice(), &[f64::NEG_INFINITY; 3]].concat();
        for kernel in kernels() {
            let found = kernel.sum_exp(&unfound, highest);
            prop_assert!((found - wanted).abs() <= 2e-14 * wanted, "{kernel:?} {found} {wanted}");
        }
    }

    #[test]
    fn loops_over_floats_are_near_those_of_the_scalar_one(
        values in vec(-20.0_f32..20.0, 1..400), width in 1_usize..40, heads in 1_usize..4,
    ) {
        let width = width.min(values.len());
        let norm = (vec![0.75; width], vec![-0.5; width]);
        let run = |kernel: Kernel| {
            let (mut curved, mut normed) = (values.clone(), values.clone());
            kernel.gelu(&mut curved);
            kernel.add_norm(&mut normed, &values, (&norm.0, &norm.1), 1e-6);
            let hidden = heads * width;
            let mut found = vec![0.0; values.len() / (3 * hidden) * hidden];
            let rows = &values[..values.len() / (3 * hidden) * 3 * hidden];
            kernel.attend(rows, heads, width, &mut AttentionRoom::default(), &mut found);
            let mut sums = values.clone();
            let row: Vec<i8> = values.iter().map(|value| *value as i8).collect();
            kernel.accumulate(&mut sums, &row, 0.125);
            [curved, normed, found, sums].concat()
        };
        let wanted = run(SCALAR);
        for kernel in kernels() {
            for (found, wanted) in run(kernel).iter().zip(&wanted) {
                prop_assert!((found - wanted).abs() <= 2e-3 * wanted.abs().max(1.0), "{kernel:?} {found} {wanted}");
            }
        }
    }
}

#[test]
fn gelu_and_attention_are_what_their_formulas_say() {
    for kernel in kernels() {
        // x times the normal distribution below x: tables.
        let mut values = [-10.0, -1.0, 0.0, 0.5, 1.0, 3.0, 50.0];
        kernel.gelu(&mut values);
        let wanted = [0.0, -0.158_655_25, 0.0, 0.345_731_2, 0.841_344_8, 2.995_950_3, 50.0];
        for (value, wanted) in values.iter().zip(wanted) {
            assert!((value - wanted).abs() < 2e-6, "{kernel:?} {value} {wanted}");
        }
        // Two tokens, one head of width 1: scores 1 x 2, 1 x 0 and 0: shares e^2 and 1, then one half each.
        let mut out = [0.0; 2];
        kernel.attend(&[1.0, 2.0, 10.0, 0.0, 0.0, 20.0], 1, 1, &mut AttentionRoom::default(), &mut out);
        let share = 2_f32.exp() / (2_f32.exp() + 1.0);
        assert!(
            (out[0] - (10.0 * share + 20.0 * (1.0 - share))).abs() < 1e-4 && (out[1] - 15.0).abs() < 1e-4
        );
    }
}
