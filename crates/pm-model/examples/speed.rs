//! How fast the models and the kernels are here: medians, one thread. `cargo run --release -p pm-model --example speed`

use std::hint::black_box;
use std::time::{Duration, Instant};

use pm_model::{Instructions, Kernel, StaticModel};

const QUERY: &str = "where does the server keep its sessions after a restart of redis";

fn main() {
    for kernel in Instructions::ALL.into_iter().filter_map(Kernel::with) {
        println!("{}", kernel.instructions());
        let model = StaticModel::bundled().clone().with_kernel(kernel);
        let tokens = model.tokenizer().encode(QUERY, 512).len();
        shown(&format!("tokenize, {tokens} tokens"), 1000, || {
            black_box(model.tokenizer().encode(black_box(QUERY), 512));
        });
        shown(&format!("static, {tokens} tokens"), 1000, || {
            black_box(model.embed(black_box(QUERY)));
        });
        for width in [256, 384] {
            let value = |at: usize| i8::try_from(at * 89 % 255).unwrap_or(-1);
            let rows: Vec<i8> = (0..100_000 * width).map(value).collect();
            let mut out = vec![0; 100_000];
            shown(&format!("dots, 100,000 x {width}"), 1, || {
                kernel.dots(black_box(rows.get(..width).unwrap_or_default()), &rows, &mut out);
            });
        }
    }
}

/// Prints the median of 21 times `count` runs, for one.
fn shown(what: &str, count: u32, mut run: impl FnMut()) {
    let mut times: Vec<Duration> = (0..21)
        .map(|_| {
            let start = Instant::now();
            (0..count).for_each(|_| run());
            start.elapsed() / count
        })
        .collect();
    times.sort_unstable();
    println!("  {what:<28} {:>10.2} us", times.get(10).map_or(0.0, |time| time.as_secs_f64() * 1e6));
}
