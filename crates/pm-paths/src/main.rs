//! The hot paths of ai-pm, each run a number of times in one process. `cargo xtask instructions` has valgrind count what
//! they take; see `pm-paths --help`.

mod app;
mod path;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use pm_model::{Instructions, Kernel};

use path::Path;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is run can fail in many ways, none of which this program could mend.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Runs one hot path a number of times.
#[derive(Parser)]
struct Cli {
    /// Which.
    path: Path,
    /// How often it is run and counted, after a tenth of that which is not.
    count: u32,
    /// Go on where the machine lacks the instructions that counts are compared for.
    #[arg(long)]
    anywhere: bool,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pm-paths: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Outcome<()> {
    // valgrind shows no program more than AVX2, and the kernel of AVX2 is what is found then.
    if Kernel::best().instructions() != Instructions::Avx2 && !cli.anywhere {
        let best = Kernel::best().instructions();
        return Err(format!("counts are of AVX2, and what is found here is {best}").into());
    }
    let mut operation = cli.path.prepare()?;
    for _ in 0..cli.count.div_ceil(10) {
        operation()?;
    }
    counted(cli.count, &mut *operation)?;
    let name = cli.path.to_possible_value();
    println!("{}: {} times", name.as_ref().map_or("", |name| name.get_name()), cli.count);
    // At once: taking it all down is no part of it.
    std::process::exit(0)
}

/// What is counted: valgrind is told to begin anew where this begins, by its name.
#[inline(never)]
fn counted(count: u32, operation: &mut dyn FnMut() -> Outcome<()>) -> Outcome<()> {
    (0..count).try_for_each(|_| operation())
}
