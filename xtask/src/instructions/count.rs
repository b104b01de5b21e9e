//! Counting by valgrind.

use std::fs::{self, File};
use std::path::Path as FilePath;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::Path;
use crate::process::{self, Failure};
use crate::tool;

/// What went before is written to a file of its own when the function of pm-paths begins in which an operation is
/// repeated, however its name is written.
const BEGINNING: &str = "--dump-before=*pm_paths*counted*";

/// The instructions of each path, once; in the order of `paths`. As many are run at a time as there are processors.
pub(super) fn all(paths: &[Path]) -> Result<Vec<(Path, u64)>, Failure> {
    let program = tool::target()?.join("release/pm-paths");
    let folder = tool::target()?.join("instructions");
    fs::create_dir_all(&folder).map_err(|error| Failure::failed(format!("{}: {error}", folder.display())))?;
    let (left, counted) = (Mutex::new(paths.iter().enumerate()), Mutex::new(Vec::new()));
    let work = || {
        // In a statement of its own: the lock is not held while it counts.
        while let Some((at, path)) = { left.lock().unwrap_or_else(PoisonError::into_inner).next() } {
            let outcome = one(&program, &folder, *path).map(|count| (*path, count));
            counted.lock().unwrap_or_else(PoisonError::into_inner).push((at, outcome));
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let mut counted = counted.into_inner().unwrap_or_else(PoisonError::into_inner);
    counted.sort_unstable_by_key(|(at, _)| *at);
    counted.into_iter().map(|(_, outcome)| outcome).collect()
}

fn one(program: &FilePath, folder: &FilePath, path: Path) -> Result<u64, Failure> {
    let failed = |what: String| Failure::failed(format!("{}: {what}", path.name));
    let (out, log) = (folder.join(format!("{}.out", path.name)), folder.join(format!("{}.log", path.name)));
    let said = File::create(&log).map_err(|error| failed(error.to_string()))?;
    let mut command =
        process::command("valgrind", ["-q", "--tool=callgrind", "--compress-strings=no", BEGINNING]);
    command.arg(format!("--callgrind-out-file={}", out.display()));
    command.arg(program).args([path.name, &path.times.to_string()]).stderr(said);
    let status = command.stdout(Stdio::null()).status().map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        let log = fs::read_to_string(&log).unwrap_or_default();
        return Err(failed(format!("{status}: {}", log.lines().next_back().unwrap_or_default())));
    }
    let text = fs::read_to_string(&out).map_err(|error| failed(error.to_string()))?;
    let total = total(&text).ok_or_else(|| failed(format!("{} has no total", out.display())))?;
    Ok(total / path.times)
}

/// The instructions of a whole run.
fn total(out: &str) -> Option<u64> {
    out.lines().rev().find_map(|line| line.strip_prefix("totals: "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read() {
        let out = "events: Ir\nsummary: 7\n\nfn=(1) main\n0 7\ntotals: 1234567\n";
        assert_eq!(total(out), Some(1_234_567));
        assert_eq!(total("events: Ir\n"), None);
    }
}
