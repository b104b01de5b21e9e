//! The README's examples print what the README says. `UPDATE_README=1` writes down what they print now.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::harness::TestServer;
use crate::harness::store::EMBEDDED;

/// A command and what follows it in the README.
struct Example {
    command: String,
    output: String,
}

/// Text, and the examples of the block that follows it.
struct Section {
    text: String,
    examples: Vec<Example>,
}

const OPEN: &str = "```console\n";
const CLOSE: &str = "```\n";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../README.md")
}

fn parse(readme: &str) -> Vec<Section> {
    let mut sections = Vec::new();
    for part in readme.split_inclusive(OPEN) {
        // But for the first, a part starts with the block that the part before it opened.
        let (block, text) = if sections.is_empty() { ("", part) } else { part.split_once(CLOSE).unwrap() };
        if let Some(Section { examples, .. }) = sections.last_mut() {
            *examples = parse_block(block);
        }
        sections.push(Section { text: text.to_owned(), examples: Vec::new() });
    }
    sections
}

fn parse_block(block: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    for line in block.split_inclusive('\n') {
        match (line.strip_prefix("$ "), examples.last_mut()) {
            (Some(command), _) => {
                examples.push(Example { command: command.to_owned(), output: String::new() });
            }
            // A command goes on in lines that are indented; no output of ours is.
            (None, Some(last)) if line.starts_with("    ") && last.output.is_empty() => {
                last.command.push_str(line);
            }
            (None, Some(last)) => last.output.push_str(line),
            (None, None) => panic!("a block starts with a command: {line}"),
        }
    }
    examples
}

/// Runs all commands in one shell; what each of them printed.
async fn run(server: &TestServer, commands: &[&str]) -> Vec<String> {
    let marker = "-- the next command --";
    let address = server.address().to_string();
    // What recall says of an item is settled once the item has its vector.
    let embedded = format!("until curl -s {address}/health | grep -q '\"pending\":0'; do :; done");
    let mut script = String::new();
    for command in commands {
        let command = command.replace("localhost:8000", &address);
        let wait = if command.contains("recall") || command.contains("context") { &embedded } else { ":" };
        writeln!(script, "{wait}\n{command}\necho; echo '{marker}'").unwrap();
    }
    let program = PathBuf::from(env!("CARGO_BIN_EXE_ai-pm"));
    #[expect(clippy::disallowed_methods, reason = "where programs are, no setting of the server")]
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", program.parent().unwrap().display());
    // As on a terminal of this width.
    let mut shell = Command::new("bash");
    shell.env("PATH", path).env("COLUMNS", "110").env_remove("CLICOLOR_FORCE");
    let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    shell.stdin.take().unwrap().write_all(script.as_bytes()).await.unwrap();
    let printed = String::from_utf8(shell.wait_with_output().await.unwrap().stdout).unwrap();
    let printed = printed.split(marker).map(|output| output.replace('\r', "").trim().to_owned());
    let outputs = printed.map(|output| if output.is_empty() { output } else { output + "\n" });
    outputs.take(commands.len()).collect()
}

/// Ids, times, durations, scores and cursors differ from run to run.
fn steady(text: &str) -> String {
    let mut steady = String::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = volatile(rest);
        if length > 0 {
            steady.push('~');
            rest = &rest[length..];
        } else {
            steady.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    steady
}

/// A figure with more decimals was computed from what differs from run to run.
const SETTLED_DECIMALS: usize = 4;

/// Bytes of what differs from run to run that `text` starts with.
fn volatile(text: &str) -> usize {
    let run = |from: usize, fits: fn(u8) -> bool| {
        from + text[from..].bytes().take_while(|byte| fits(*byte)).count()
    };
    let hex = run(0, |byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte) || byte == b'-');
    if hex == 36 {
        return hex;
    }
    let time = run(0, |byte| byte.is_ascii_digit() || matches!(byte, b'-' | b':' | b'.' | b'T' | b'Z'));
    if time >= 20 && text[..time].ends_with('Z') && !text.starts_with("2026-03") {
        return time;
    }
    // The relevance and the parts of a score, with their bars.
    let figure = run(0, |byte| byte.is_ascii_digit() || byte == b'.');
    let bar = text[figure..].trim_start_matches([' ', '█', '▏', '▎', '▍', '▌', '▋', '▊', '▉']);
    let bar = text.len() - bar.len();
    if text[..figure].split_once('.').is_some_and(|(_, decimals)| decimals.len() == 2)
        && (text[figure..bar].contains(|c: char| c.is_alphanumeric() || c > '\u{2500}')
            || text[bar..].starts_with('\n'))
    {
        return bar;
    }
    // Times of tables.
    let minute = run(0, |byte| byte.is_ascii_digit() || matches!(byte, b'-' | b':' | b' '));
    if text[..minute].trim_end().len() == 16 && text.as_bytes()[13] == b':' && !text.starts_with("2026-03") {
        return 16;
    }
    // A date is among the words of an item, so that scores differ a little from day to day.
    let number = run(0, |byte| byte.is_ascii_digit() || byte == b'.');
    if text[..number].split_once('.').is_some_and(|(_, decimals)| decimals.len() > SETTLED_DECIMALS) {
        return number;
    }
    for name in [
        "\"latency_ms\":",
        "\"uptime_seconds\":",
        "\"relevance\":",
        "\"boost\":",
        "\"score\":",
        "\"pending\":",
    ] {
        if text.starts_with(name) {
            return run(name.len(), |byte| byte.is_ascii_digit() || byte == b'.');
        }
    }
    if text.starts_with("cursor=") {
        return run("cursor=".len(), |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    }
    0
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_print_what_the_readme_says() {
    let readme = std::fs::read_to_string(path()).unwrap();
    let sections = parse(&readme);
    let examples = || sections.iter().flat_map(|section| &section.examples);
    let server = TestServer::with(&[EMBEDDED]).await;
    let commands: Vec<_> = examples().map(|example| example.command.trim_end()).collect();
    assert!(commands.len() > 10, "the README has examples");
    let outputs = run(&server, &commands).await;
    assert_eq!(outputs.len(), commands.len());

    #[expect(clippy::disallowed_methods, reason = "a switch of this test, no setting of the server")]
    let update = std::env::var_os("UPDATE_README").is_some();
    if update {
        let mut outputs = outputs.into_iter();
        let mut updated = String::new();
        for section in &sections {
            updated.push_str(&section.text);
            for example in &section.examples {
                write!(updated, "$ {}{}", example.command, outputs.next().unwrap()).unwrap();
            }
            updated.push_str(if section.examples.is_empty() { "" } else { CLOSE });
        }
        std::fs::write(path(), updated).unwrap();
        return;
    }
    for (example, printed) in examples().zip(outputs) {
        assert_eq!(steady(&example.output), steady(&printed), "{}", example.command);
    }
}

#[tokio::test]
async fn every_problem_code_and_setting_is_in_the_readme() {
    let readme = std::fs::read_to_string(path()).unwrap();
    for name in pm_server::config::Config::names() {
        assert!(readme.contains(&format!("| `{name}` |")), "{name}");
    }
    let document = pm_server::rest::openapi().to_string();
    for code in document.split("urn:ai-pm:problem:").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(readme.contains(&format!("| `{code}` |")), "{code}");
    }
}
