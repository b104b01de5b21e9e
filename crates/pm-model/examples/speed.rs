//! How fast the models and the kernels are here: medians and the least of 21, one thread. Where
//! others use the machine too, the time on the processor says more. An argument names
//! one kernel: `cargo run --release -p pm-model --example speed -- AVX2`

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pm_model::{ForkJoin, Instructions, Kernel, Scratch, StaticModel, Transformer};

const QUERY: &str = "where does the server keep its sessions after a restart of redis";

fn main() {
    let only = std::env::args().nth(1);
    for kernel in Instructions::ALL.into_iter().filter_map(Kernel::with) {
        if only.as_ref().is_some_and(|only| *only != kernel.instructions().to_string()) {
            continue;
        }
        println!("{}", kernel.instructions());
        let model = StaticModel::bundled().clone().with_kernel(kernel);
        let tokens = model.tokenizer().encode(QUERY, 512).len();
        shown(&format!("tokenize, {tokens} tokens"), 1000, || {
            black_box(model.tokenizer().encode(black_box(QUERY), 512));
        });
        shown(&format!("static, {tokens} tokens"), 1000, || {
            black_box(model.embed(black_box(QUERY)));
        });
        let transformer = Transformer::bundled().with_kernel(kernel);
        let mut scratch = Scratch::new();
        for tokens in [14, 30, 120, 256] {
            // `[CLS]` and `[SEP]` count.
            let text = "word ".repeat(tokens - 2);
            shown(&format!("transformer, {tokens} tokens"), 1, || {
                black_box(transformer.embed(black_box(&text), &mut scratch));
            });
        }
        assisted(&transformer);
        for width in [256, 384] {
            let value = |at: usize| i8::try_from(at * 89 % 255).unwrap_or(-1);
            let query: Vec<i8> = (0..width).map(value).collect();
            let rows: Vec<u8> = (0..100_000 * width / 2).map(|at| value(at).cast_unsigned()).collect();
            let mut out = vec![0; 100_000];
            shown(&format!("dots_u4, 100,000 x {width}"), 1, || {
                kernel.dots_u4(black_box(&query), &rows, &mut out);
            });
        }
    }
}

/// The same where a second thread takes part all the time.
fn assisted(transformer: &Transformer) {
    let (place, over) = (Arc::new(ForkJoin::new()), AtomicBool::new(false));
    let mut scratch = Scratch::assisted(Arc::clone(&place));
    thread::scope(|scope| {
        scope.spawn(|| transformer.assist(&place, |_| !over.load(Ordering::Relaxed)));
        for tokens in [14, 30, 120] {
            let text = "word ".repeat(tokens - 2);
            shown(&format!("with a second thread, {tokens}"), 1, || {
                black_box(transformer.embed(black_box(&text), &mut scratch));
            });
        }
        over.store(true, Ordering::Relaxed);
    });
}

/// Prints the median of 21 times `count` runs, the least, and on Linux the mean of the time on the processor, for one run.
fn shown(what: &str, count: u32, mut run: impl FnMut()) {
    let before = on_processor();
    let mut times: Vec<Duration> = (0..21)
        .map(|_| {
            let start = Instant::now();
            (0..count).for_each(|_| run());
            start.elapsed() / count
        })
        .collect();
    let mean = on_processor().zip(before).map(|(after, before)| after.saturating_sub(before) / (21 * count));
    times.sort_unstable();
    let micros = |time: Option<Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1e6);
    let [least, median] = [0, 10].map(|at| micros(times.get(at).copied()));
    println!("  {what:<28} {median:>12.2} us, least {least:>12.2}, on processor {:>12.2}", micros(mean));
}

/// How long this thread has run: what others have of the processor does not count.
fn on_processor() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
