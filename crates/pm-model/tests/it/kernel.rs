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
    assert_eq!(scalar().dot(&[1, -2, 127], &[3, 4, -127]), 3 - 8 - 16_129);
    let mut out = [7; 3];
    scalar().dots(&[1, 2], &[1, 0, 0, 1, 9], &mut out);
    assert_eq!(out, [1, 2, 7]);
    scalar().dots(&[], &[1], &mut out);
    assert_eq!(out, [0; 3]);
}

#[test]
fn the_ends_of_the_range_are_exact() {
    for kernel in kernels() {
        for length in [1, 15, 16, 17, 32, 64, 256, 384, 1000] {
            for (a, b) in [(-128, -128), (-128, 127), (127, 127), (-127, 127)] {
                let sum = i32::from(a) * i32::from(b) * i32::try_from(length).unwrap();
                assert_eq!(kernel.dot(&vec![a; length], &vec![b; length]), sum, "{kernel:?} {length}");
            }
        }
    }
}

proptest! {
    #[test]
    fn dot_is_that_of_the_scalar_one(a in vec(any::<i8>(), 0..700), b in vec(any::<i8>(), 0..700), skip in 0_usize..5) {
        let (a, b) = (a.get(skip..).unwrap_or(&[]), &b);
        for kernel in kernels() {
            prop_assert_eq!(kernel.dot(a, b), scalar().dot(a, b));
        }
    }

    #[test]
    fn dots_are_those_of_the_scalar_one(
        (query, rows) in (0_usize..300, 0_usize..11)
            .prop_flat_map(|(width, count)| (vec(any::<i8>(), width), vec(any::<i8>(), width * count))),
        skip in 0_usize..3,
        places in 0_usize..12,
    ) {
        let rows = rows.get(skip..).unwrap_or(&[]);
        let mut wanted = vec![-1; places];
        scalar().dots(&query, rows, &mut wanted);
        for kernel in kernels() {
            let mut out = vec![-1; places];
            kernel.dots(&query, rows, &mut out);
            prop_assert_eq!(&out, &wanted);
        }
    }
}
