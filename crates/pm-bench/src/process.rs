//! Servers as child processes.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;

/// A server that runs; it is killed when it is dropped.
pub struct Server {
    child: Child,
    /// Where it listens, as `http://host:port`.
    pub url: String,
    /// From its start to its first answer.
    pub started_in: Duration,
}

/// How long each thread of a process was on a processor, by its id.
#[derive(Default)]
pub struct Busy(HashMap<OsString, Duration>);

impl Busy {
    /// How long all were that there are now, since `before`.
    pub fn since(&self, before: &Self) -> Duration {
        let before = |thread| before.0.get(thread).copied().unwrap_or_default();
        self.0.iter().map(|(thread, now)| now.saturating_sub(before(thread))).sum()
    }
}

impl Server {
    /// ai-pm over the store in `folder`, logging at INFO into a file there, as one would run it.
    pub fn ai_pm(folder: &Path) -> Outcome<Self> {
        Self::ai_pm_with(folder, &[])
    }

    /// ai-pm with settings beside those of every measurement.
    pub fn ai_pm_with(folder: &Path, settings: &[(&str, &str)]) -> Outcome<Self> {
        let port = free_port()?;
        let log = fs::File::create(folder.join("log"))?;
        let began = Instant::now();
        let child = Command::new(beside("ai-pm")?)
            .current_dir(folder)
            .env_clear()
            .env("API_HOST", "127.0.0.1")
            .env("API_PORT", port.to_string())
            .env("DATA_DIR", folder.join("data"))
            .env("MAX_MEMORY_ITEMS", "0")
            .env("RATE_LIMIT_PER_SECOND", "0")
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let url = format!("http://127.0.0.1:{port}");
        let mut server = Self { child, url, started_in: Duration::ZERO };
        let agent = crate::client::agent();
        while agent.get(format!("{}/health", server.url)).call().is_err() {
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("ai-pm ended at its start: {status}").into());
            }
            if began.elapsed() > Duration::from_secs(10) {
                return Err("ai-pm does not answer".into());
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        server.started_in = began.elapsed();
        Ok(server)
    }

    /// The bare axum server, with that many bytes prepared.
    pub fn bare(bytes: usize) -> Outcome<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["bare", "--bytes", &bytes.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or("no standard output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        Ok(Self { child, url: format!("http://{}", line.trim()), started_in: Duration::ZERO })
    }

    /// Kilobytes that are resident now.
    pub fn resident_kb(&self) -> Outcome<u64> {
        self.status_kb("VmRSS:")
    }

    /// The most kilobytes that were ever resident.
    pub fn peak_kb(&self) -> Outcome<u64> {
        self.status_kb("VmHWM:")
    }

    /// The most MiB that were ever resident.
    pub fn peak_mib(&self) -> Outcome<f64> {
        Ok(f64::from(u32::try_from(self.peak_kb()?)?) / 1024.0)
    }

    /// MiB that are resident now.
    pub fn resident_mib(&self) -> Outcome<f64> {
        Ok(f64::from(u32::try_from(self.resident_kb()?)?) / 1024.0)
    }

    fn status_kb(&self, name: &str) -> Outcome<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// Where it listens, as `host:port`.
    pub fn authority(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// CPU seconds used so far.
    pub fn cpu_seconds(&self) -> Outcome<f64> {
        cpu_seconds(&self.child.id().to_string())
    }

    /// The folder with an entry for each of its threads.
    pub fn threads(&self) -> String {
        format!("/proc/{}/task", self.child.id())
    }

    /// How long each of its threads was on a processor.
    pub fn busy(&self) -> Outcome<Busy> {
        let mut busy = Busy::default();
        for thread in fs::read_dir(self.threads())? {
            let thread = thread?;
            // One may end meanwhile.
            let Ok(times) = fs::read_to_string(thread.path().join("schedstat")) else { continue };
            let nanoseconds = times.split(' ').next().ok_or("no times")?.parse()?;
            busy.0.insert(thread.file_name(), Duration::from_nanos(nanoseconds));
        }
        Ok(busy)
    }

    /// Asks it to end, and waits until it has.
    pub fn terminate(mut self) -> Outcome<()> {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM)?;
        self.child.wait()?;
        Ok(())
    }

    /// `kill -9`.
    pub fn kill(mut self) -> Outcome<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// CPU seconds that a process has used so far; `self` is this one.
pub fn cpu_seconds(process: &str) -> Outcome<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<_> = stat.rsplit(") ").next().ok_or("no stat")?.split(' ').collect();
    let ticks = |n: usize| fields.get(n).and_then(|field| field.parse::<f64>().ok()).ok_or("no ticks");
    // utime and stime; the kernel counts 100 ticks a second for user space.
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}

/// What ai-pm prints when it is run as a command, in the folder of a server and with its settings.
pub fn ai_pm(folder: &Path, settings: &[(&str, &str)], command: &[&str]) -> Outcome<String> {
    let output = Command::new(beside("ai-pm")?)
        .current_dir(folder)
        .env_clear()
        .env("DATA_DIR", folder.join("data"))
        .envs(settings.iter().copied())
        .args(command)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The binary of this name that was built into the same folder.
pub fn beside(name: &str) -> Outcome<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    if path.exists() { Ok(path) } else { Err(format!("{}: build it first", path.display()).into()) }
}

fn free_port() -> Outcome<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
