//! A process that does not outlive ours.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// Starts the program, says its process id, and waits for the pipe from us. A line on it asks for the program's death
/// alone; its end, which comes by our own death at the latest, also for the removal of the folder. The signals that a
/// terminal sends do not concern the shell: it ends when we do.
const SCRIPT: &str = r#"
trap '' HUP INT QUIT TERM
folder=$1
log=$2
shift 2
"$@" >>"$log" 2>&1 </dev/null &
pid=$!
echo "$pid"
exec >/dev/null
if read -r _; then keep=yes; else keep=no; fi
kill -9 "$pid"
wait "$pid"
[ "$keep" = yes ] || rm -rf "$folder"
"#;

/// A program under the eyes of a shell. Dropped, it is killed and its folder removed.
pub(crate) struct Guarded {
    shell: Child,
    pipe: Option<ChildStdin>,
    pid: u32,
}

impl Guarded {
    /// Starts `words`; what it prints goes to `log`.
    pub(crate) fn start<W: AsRef<OsStr>>(folder: &Path, log: &Path, words: &[W]) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "sh"]).arg(folder).arg(log).args(words);
        // A group of its own: Ctrl-C is for us, and the end of the pipe follows.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut shell = command.spawn().unwrap_or_else(|error| panic!("cannot start sh: {error}"));
        let pipe = shell.stdin.take();
        let mut line = String::new();
        let said = shell.stdout.take().map(|stdout| BufReader::new(stdout).read_line(&mut line));
        let Ok(pid) = line.trim().parse() else { panic!("sh did not start the server: {said:?}") };
        Self { shell, pipe, pid }
    }

    /// The process id of the program itself.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether the program ended by itself. Where there is no `/proc` this is not known, and `false`.
    pub(crate) fn ended(&self) -> bool {
        Path::new("/proc/self").exists() && matches!(self.state(), None | Some('Z' | 'X'))
    }

    /// Stops the program where it is, or lets it go on.
    pub(crate) fn set_frozen(&self, frozen: bool) {
        let signal = if frozen { "STOP" } else { "CONT" };
        let script = format!("kill -{signal} {}", self.pid);
        let sent = Command::new("sh").args(["-c", &script]).status().is_ok_and(|status| status.success());
        assert!(sent, "cannot send {signal} to the server: it is gone");
        let reached = || self.state().is_none_or(|state| (state == 'T') == frozen);
        crate::until(std::time::Duration::from_secs(5), "the server is frozen or thawed", reached);
    }

    /// SIGKILL; its folder stays. Returns when it is gone.
    pub(crate) fn kill(mut self) {
        if let Some(mut pipe) = self.pipe.take() {
            // Where this fails the shell is gone already.
            let _ = pipe.write_all(b"keep\n");
        }
        let _ = self.shell.wait();
    }

    /// The letter that the kernel gives the process: `T` is frozen, `Z` is dead and not yet waited for.
    fn state(&self) -> Option<char> {
        let line = fs::read_to_string(format!("/proc/{}/stat", self.pid)).ok()?;
        // The name stands in parentheses and may hold anything.
        line.rsplit_once(") ")?.1.chars().next()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.pipe.take());
        let _ = self.shell.wait();
    }
}
