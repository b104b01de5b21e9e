//! The products that compare vectors, by each kernel that this machine has: `cargo bench -p pm-model`. Those of the
//! models are measured by the example `speed`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pm_model::{Instructions, Kernel};

/// Values of a vector by the static model, and by the transformer.
const WIDTHS: [usize; 2] = [256, 384];
/// Vectors that one is compared with: within the caches, and beyond them.
const ROWS: [usize; 2] = [1_000, 100_000];

/// One vector with one.
fn dot(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("dot");
    for (kernel, width) in cases() {
        let (a, b) = (values(width, 1), values(width, 31));
        group.throughput(bytes(width));
        group.bench_function(BenchmarkId::new(kernel.instructions().to_string(), width), |bencher| {
            bencher.iter(|| kernel.dot(black_box(&a), black_box(&b)));
        });
    }
    group.finish();
}

/// One vector with many.
fn dots(criterion: &mut Criterion) {
    for count in ROWS {
        let mut group = criterion.benchmark_group(format!("dots with {count}"));
        for (kernel, width) in cases() {
            let (query, rows) = (values(width, 31), values(count * width, 1));
            let mut out = vec![0; count];
            group.throughput(bytes(count * width));
            group.bench_function(BenchmarkId::new(kernel.instructions().to_string(), width), |bencher| {
                bencher.iter(|| kernel.dots(black_box(&query), black_box(&rows), black_box(&mut out)));
            });
        }
        group.finish();
    }
}

fn cases() -> impl Iterator<Item = (Kernel, usize)> {
    let kernels = Instructions::ALL.into_iter().filter_map(Kernel::with);
    kernels.flat_map(|kernel| WIDTHS.map(|width| (kernel, width)))
}

fn values(count: usize, step: usize) -> Vec<i8> {
    (0..count).map(|at| i8::try_from(at * step * 89 % 255).unwrap_or(-1)).collect()
}

fn bytes(count: usize) -> Throughput {
    Throughput::Bytes(u64::try_from(count).unwrap_or(u64::MAX))
}

criterion_group!(benches, dot, dots);
criterion_main!(benches);
