//! The products that compare vectors, by each kernel that this machine has: `cargo bench -p pm-model`. Those of the
//! models are measured by the example `speed`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pm_model::{Instructions, Kernel};

/// Values of a vector by the static model, and by the transformer.
const WIDTHS: [usize; 2] = [256, 384];
/// Vectors that one is compared with: within the caches, and beyond them.
const ROWS: [usize; 2] = [1_000, 100_000];

/// One vector with many.
fn dots_u4(criterion: &mut Criterion) {
    for count in ROWS {
        let mut group = criterion.benchmark_group(format!("dots_u4 with {count}"));
        for (kernel, width) in cases() {
            let query = values(width, 31);
            let rows: Vec<u8> = values(count * width / 2, 1).into_iter().map(i8::cast_unsigned).collect();
            let mut out = vec![0; count];
            group.throughput(bytes(rows.len()));
            group.bench_function(BenchmarkId::new(kernel.instructions().to_string(), width), |bencher| {
                bencher.iter(|| kernel.dots_u4(black_box(&query), black_box(&rows), black_box(&mut out)));
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

criterion_group!(benches, dots_u4);
criterion_main!(benches);
