//! What it was measured on.

use std::fs;
use std::process::Command;

use pm_model::{Instructions, Kernel};

/// What matters of the machine.
pub struct Machine {
    /// One line of text.
    pub text: String,
    /// Whether the vectors are compared by AVX-512 VNNI.
    pub vnni: bool,
}

impl Machine {
    /// This one, as it is before anything is measured.
    pub fn read() -> Self {
        let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let (cpu, memory) = (file("/proc/cpuinfo"), file("/proc/meminfo"));
        let field = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.split_once(':'))
                .map_or("?".to_owned(), |(_, value)| value.trim().to_owned())
        };
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let kibibytes: f64 = field(&memory, "MemTotal").trim_end_matches(" kB").parse().unwrap_or_default();
        let instructions = Kernel::best().instructions();
        let text = format!(
            "{}, family {}, model {}, {cores} cores, cache {}; {:.1} GiB of memory; Linux {}; products of vectors in {instructions:?}; \
             {}; {}; at {}; load average before the run {}",
            field(&cpu, "model name"),
            field(&cpu, "cpu family"),
            field(&cpu, "model\t"),
            field(&cpu, "cache size"),
            kibibytes / f64::from(1 << 20),
            file("/proc/sys/kernel/osrelease").trim(),
            first_line("wrk", &["--version"]),
            first_line("redis-benchmark", &["--version"]),
            first_line("git", &["describe", "--always", "--dirty"]),
            file("/proc/loadavg").split(' ').next().unwrap_or("?"),
        );
        Self { text, vnni: instructions == Instructions::Avx512Vnni }
    }
}

/// The beginning of what a program says of itself.
fn first_line(program: &str, arguments: &[&str]) -> String {
    let said = Command::new(program).args(arguments).output();
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let line = said.lines().next().unwrap_or_default();
    line.split(" [").next().filter(|line| !line.is_empty()).unwrap_or("no answer").to_owned()
}
