//! Every kernel that the machine has gives what the scalar one gives, bit for bit.

use pm_model::{Instructions, Kernel};
use proptest::collection::vec;
use proptest::prelude::*;

/// Those to be compared.
fn kernels() -> impl Iterator<Item = Kernel> {
    let vector = Instructions::ALL.into_iter().filter(|instructions| *instructions != Instructions::Scalar);
    vector.filter_map(Kernel::with)
}

/// What the machine lacks is said, so that nobody takes it for tested.
#[test]
fn the_best_one_is_the_last_that_the_machine_has_and_it_proves_itself() {
    let (there, missing): (Vec<_>, Vec<_>) =
        Instructions::ALL.into_iter().partition(|instructions| Kernel::with(*instructions).is_some());
    println!("run: {there:?}; not run, this machine lacks them: {missing:?}");
    assert_eq!(there.last().copied(), Some(Kernel::best().instructions()));
}

fn scalar() -> Kernel {
    Kernel::with(Instructions::Scalar).unwrap()
}

#[test]
fn the_scalar_one_is_the_sum_of_the_products() {
    // The first half of a query meets the lower halves of a row's bytes.
    let mut out = [7; 3];
    scalar().dots_u4(&[1, -2, 127, 3], &[0x1f, 0x20, 0x01, 0xf0, 9], &mut out);
    assert_eq!(out, [15 + 127 + 6, 1 + 3 * 15, 7]);
    scalar().dots_u4(&[], &[1], &mut out);
    assert_eq!(out, [0; 3]);
}

#[test]
fn the_ends_of_the_range_are_exact() {
    for kernel in kernels() {
        for half in [1, 15, 16, 17, 32, 64, 192, 256, 257, 500] {
            for (value, pair) in [(-128, 0xff_u8), (127, 0xff), (-127, 0x0f), (127, 0xf0)] {
                let sum = i32::from(value) * i32::from(pair % 16 + pair / 16) * i32::try_from(half).unwrap();
                let mut out = [0];
                kernel.dots_u4(&vec![value; 2 * half], &vec![pair; half], &mut out);
                assert_eq!(out, [sum], "{kernel:?} {half}");
                assert_eq!(
                    kernel.dot_u4(&vec![value; 2 * half], &vec![pair; half]),
                    sum,
                    "{kernel:?} {half}"
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn products_are_those_of_the_scalar_one(
        (query, rows) in (0_usize..600, 0_usize..11)
            .prop_flat_map(|(width, count)| (vec(any::<i8>(), width), vec(any::<u8>(), width / 2 * count))),
        skip in 0_usize..3,
        places in 0_usize..12,
    ) {
        let rows = rows.get(skip..).unwrap_or(&[]);
        let mut wanted = vec![-1; places];
        scalar().dots_u4(&query, rows, &mut wanted);
        for kernel in kernels() {
            let mut out = vec![-1; places];
            kernel.dots_u4(&query, rows, &mut out);
            prop_assert_eq!(&out, &wanted);
            let even = query.get(..query.len() / 2 * 2).unwrap_or(&[]);
            for (row, wanted) in rows.chunks_exact((query.len() / 2).max(1)).zip(&wanted) {
                prop_assert_eq!(kernel.dot_u4(even, row), *wanted);
            }
        }
    }
}
