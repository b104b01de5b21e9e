use std::sync::{Arc, Mutex};

use tracing::Level;

use super::*;

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is written while `act` runs.
fn written(format: Format, colours: bool, level: Level, act: impl FnOnce()) -> String {
    let kept = Kept::default();
    let sink = kept.clone();
    let layer = layer(format, colours, move || sink.clone());
    let subscriber = Registry::default().with(layer.with_filter(filter(level.into())));
    tracing::subscriber::with_default(subscriber, act);
    String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
}

/// What a stranger may send to forge a line or to drive the terminal.
const EVIL: &str = "a\nERROR forged\r\u{1b}[2J\u{9b}31m\u{7f}\0\u{2028}b\\n";

fn log_evil() {
    let span = tracing::info_span!("request", path = %EVIL);
    let _entered = span.enter();
    tracing::info!(shown = %EVIL, debugged = ?EVIL, text = EVIL, "message {EVIL}");
}

#[test]
fn a_value_cannot_start_a_line_or_drive_the_terminal() {
    for format in [Format::Pretty, Format::Json] {
        let text = written(format, false, Level::INFO, log_evil);
        assert_eq!(text.matches('\n').count(), 1, "{text:?}");
        assert!(text.ends_with('\n'), "{text:?}");
        let line = text.trim_end_matches('\n');
        let raw: Vec<char> = line.chars().filter(|c| (*c as u32) < 0x20).collect();
        assert!(raw.is_empty(), "{text:?}: {raw:?}");
    }
    let text = written(Format::Pretty, false, Level::INFO, log_evil);
    assert!(!text.trim_end().chars().any(|c| c.is_control() || c == '\u{2028}'), "{text:?}");
    assert!(text.contains("message a\\nERROR forged\\r\\u{1b}[2J"), "{text:?}");
}

#[test]
fn a_pretty_line_has_the_span_the_message_and_the_fields() {
    let act = || {
        let span = tracing::info_span!("request", method = "GET", route = tracing::field::Empty);
        let _entered = span.enter();
        span.record("route", "/health");
        tracing::warn!(status = 503, "slow");
    };
    let plain = written(Format::Pretty, false, Level::INFO, act);
    let (time, rest) = plain.split_once(' ').unwrap();
    assert!(time.ends_with('Z'), "{plain}");
    let ours = module_path!();
    assert_eq!(rest, format!(" WARN {ours}: request{{method=\"GET\" route=\"/health\"}}: slow status=503\n"));
    let coloured = written(Format::Pretty, true, Level::INFO, act);
    assert!(coloured.contains("\u{1b}[33m WARN\u{1b}[0m"), "{coloured:?}");
}

#[test]
fn a_json_line_is_an_object_with_the_span_in_it() {
    let text = written(Format::Json, false, Level::INFO, || {
        let span = tracing::info_span!("request", request_id = "r1");
        let _entered = span.enter();
        tracing::info!(status = 200, "done");
    });
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&line["message"], &line["status"]), (&"done".into(), &200.into()));
    assert_eq!((&line["level"], &line["span"]["request_id"]), (&"INFO".into(), &"r1".into()));
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{text}");
}

#[test]
fn other_crates_are_heard_only_when_something_is_wrong() {
    let act = || {
        tracing::info!(target: "hyper::proto", "theirs");
        tracing::warn!(target: "rustls", "their warning");
        tracing::debug!(target: "pm_store::embedded", "ours");
    };
    let at = |level| written(Format::Pretty, false, level, act).lines().count();
    let levels = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];
    assert_eq!(levels.map(at), [3, 2, 1, 1, 0]);
}

#[test]
fn files_are_written_through_the_guard() {
    let dir = tempfile::tempdir().unwrap();
    let logs = dir.path().join("made/on/the/way");
    let mut guard = Guard { workers: Vec::new(), dropped: Vec::new() };
    let writer = guard.writer("test", daily_files(&logs, 2).unwrap());
    let subscriber = Registry::default().with(layer(Format::Json, false, writer));
    tracing::subscriber::with_default(subscriber, || tracing::info!("to the file"));
    assert_eq!(guard.dropped_lines(), 0);
    drop(guard);
    let files: Vec<_> = std::fs::read_dir(&logs).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    let name = files[0].file_name().unwrap().to_str().unwrap();
    let is_dated = name.strip_prefix("ai-pm.").and_then(|rest| rest.strip_suffix(".log")).is_some();
    assert!(is_dated, "{name}");
    assert!(std::fs::read_to_string(&files[0]).unwrap().contains("to the file"));

    let blocked = dir.path().join("file");
    std::fs::write(&blocked, "").unwrap();
    let error = daily_files(&blocked, 2).unwrap_err().to_string();
    assert!(error.contains("cannot write log files to") && error.contains("file"), "{error}");
}
