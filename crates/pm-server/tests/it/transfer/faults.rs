//! Transfers that fail: they say why in clear lines, and leave nothing half done.

use std::net::SocketAddr;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use super::{Place, lasting};
use crate::harness::process::{PATIENCE, Process, piped, refused, run};
use crate::harness::store::is_embedded;

const ID: &str = "0190a5d4-0000-7000-8000-000000000000";

impl Place {
    /// How many projects there are.
    async fn projects(self) -> (usize, Self) {
        let place = if self.server.is_some() { self } else { self.other_way().await };
        let listed = place.server.as_ref().unwrap().get("/api/projects").await.expect(200).json();
        (listed.as_array().unwrap().len(), place)
    }
}

#[tokio::test]
async fn bad_lines_are_named_and_nothing_is_applied() {
    let good = |n: usize| format!("{{\"type\":\"error\",\"key\":\"k{n}\",\"value\":{n}}}").into_bytes();
    let long = format!("{{\"type\":\"error\",\"key\":\"k\",\"value\":\"{}\"}}", "x".repeat(5 << 20));
    let bad: [(&[u8], &str); 12] = [
        (b"{\"type\":\"error\",\"key\":\"k\"", ""),
        (b"{\"type\":\"wrong\",\"key\":\"k\",\"value\":1}", "type"),
        (b"{\"type\":\"error\",\"key\":\"\xff\xfe\",\"value\":1}", ""),
        (long.as_bytes(), "too long"),
        (b"{\"kind\":\"project\",\"name\":\"second\"}", "second project"),
        (b"{\"kind\":\"thing\"}", "kind"),
        (b"{\"type\":\"error\",\"type\":\"error\",\"key\":\"k\",\"value\":1}", "type"),
        (b"[1]", ""),
        (b"{\"type\":\"error\",\"key\":\"\\ud800\",\"value\":1}", ""),
        (b"{\"kind\":\"message\",\"role\":\"user\",\"content\":\"\"}", "content"),
        (b"{\"type\":\"error\",\"key\":\"k\",\"value\":1,\"colour\":\"red\"}", "colour"),
        (b"{\"type\":\"error\",\"key\":\"k\",\"value\":1,\"ttl\":0}", "ttl"),
    ];
    let mut file = b"{\"kind\":\"project\",\"name\":\"first\",\"description\":\"kept\"}\n".to_vec();
    for (n, (line, _)) in bad.iter().enumerate() {
        file.extend([&good(n), &b"\n"[..], line, b"\n"].concat());
    }
    for way in [false, true] {
        let place = Place::new(way).await;
        std::fs::write(place.path().join("bad.ndjson"), &file).unwrap();
        let ran = place.run(&["import", "bad.ndjson", "--project", "p"]).await.expect(1);
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert_eq!(lines.len(), bad.len() + 2, "{lines:#?}");
        assert_eq!(lines[0], "bad.ndjson: read as ndjson");
        for (n, (_, word)) in bad.iter().enumerate() {
            let (start, line) = (format!("bad.ndjson:{}: ", 2 * n + 3), lines[n + 1]);
            assert!(line.starts_with(&start) && line.contains(word), "{start}{word}: {line}");
            assert!(line.len() < 300, "{line}");
        }
        assert!(ran.one_line().contains("12 bad lines, nothing was imported"), "{ran:?}");
        assert_eq!(ran.stdout, "");
        let (count, place) = place.projects().await;
        assert_eq!(count, 0);
        let place = if way { place } else { place.other_way().await };

        let ran = place.run(&["import", "bad.ndjson", "--project", "p", "--skip-bad"]).await.expect(0);
        assert!(
            ran.stderr.contains("bad.ndjson:3: ") && ran.stderr.contains("items 12, messages 0"),
            "{ran:?}"
        );
        let exported = lasting(&place.export(ran.stdout.trim()).await);
        assert_eq!(exported.len(), 1 + 12);
        assert_eq!(exported[0]["description"], "kept");
    }
    let place = Place::new(false).await;
    std::fs::write(place.path().join("many.ndjson"), "x\n".repeat(1000)).unwrap();
    let ran = place.run(&["import", "many.ndjson", "--project", "p"]).await.expect(1);
    assert!(ran.stderr.lines().count() < 30 && ran.one_line().contains("1000 bad lines"), "{ran:?}");
}

#[tokio::test]
async fn a_limit_reached_midway_leaves_no_project_behind() {
    let item = |n: usize| json!({"type": "error", "key": n.to_string(), "value": n}).to_string() + "\n";
    let text: String = (0..1200).map(item).collect();
    let limit = [("MAX_MEMORY_ITEMS", "1199")];
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.ndjson"), text).unwrap();
    let import = ["import", "in.ndjson", "--project", "p"];
    // The store of this machine has the limit of this command, which is looked at before anything is stored.
    for policy in ["reject", "evict_oldest"] {
        let settings = [limit[0], ("MEMORY_LIMIT_POLICY", policy)];
        let words =
            ["1200 items", "1199", "nothing was imported", "MAX_MEMORY_ITEMS to 1200 or more, or to 0"];
        refused(folder.path(), &settings, &import, 1, &words).await;
        let dry = run(folder.path(), &settings, &[&import[..], &["--dry-run"]].concat()).await.expect(1);
        assert!(dry.stdout.starts_with("items: 1200 ") && dry.one_line().contains("memory_limit_reached"));
    }
    let server = Process::start(folder.path(), &limit).await;
    assert_eq!(server.get("/api/projects").await.expect(200).json(), json!([]));
    let url = server.url();
    let through = [&import[..], &["--server", &url]].concat();
    refused(folder.path(), &limit, &through, 1, &["memory_limit_reached", "1199", "nothing was imported"])
        .await;
    assert_eq!(server.get("/api/projects").await.expect(200).json(), json!([]));
    server.stop().await;
    run(folder.path(), &[("MAX_MEMORY_ITEMS", "1200")], &import).await.expect(0);
}

#[tokio::test]
async fn a_file_with_nothing_in_it_makes_no_project() {
    let place = Place::new(true).await;
    let nothing = ["nothing.json: ", "there is nothing in it to import"];
    let url = place.server.as_ref().unwrap().url();
    let expired = r#"{"type":"error","key":"k","value":1,"expires_at":"2020-01-01T00:00:00Z"}"#;
    for (text, extra) in [
        ("", &[][..]),
        (" \n", &["--dry-run"]),
        ("[]", &[]),
        ("\u{feff} [ ]\n", &[]),
        ("[]", &["--from", "claude"]),
        ("{\"results\":[]}", &[]),
        (expired, &[]),
        ("x\ny\n", &["--skip-bad", "--from", "ndjson"]),
    ] {
        std::fs::write(place.path().join("nothing.json"), text).unwrap();
        let import = ["import", "nothing.json", "--project", "p", "--server", &url];
        let ran = run(place.path(), &[], &[&import[..], extra].concat()).await.expect(1);
        let line = ran.one_line();
        assert!(nothing.iter().all(|word| line.contains(word)), "{text:?}: {line}");
    }
    assert_eq!(place.projects().await.0, 0);
}

#[tokio::test]
async fn names_from_files_cannot_drive_the_terminal() {
    let place = Place::new(false).await;
    let name = "a\u{1b}[31m.ndjson";
    let text = "{\"type\":\"error\",\"key\":\"k\",\"value\":1,\"\\u001b[2J\\u009b\":1}";
    std::fs::write(place.path().join(name), text).unwrap();
    let ran = place.run(&["import", name, "--project", "p"]).await.expect(1);
    assert!(!ran.stderr.contains(['\u{1b}', '\u{9b}']), "{ran:?}");
    assert!(ran.stderr.starts_with("a\\u{1b}[31m.ndjson: read as"), "{ran:?}");
    let ran = place.run(&["import", "gone\u{1b}[31m", "--project", "p"]).await.expect(1);
    assert!(ran.one_line().contains("gone\\u{1b}[31m: "), "{ran:?}");
}

#[tokio::test]
async fn an_import_that_nobody_listens_to_is_finished_all_the_same() {
    let place = Place::new(false).await;
    std::fs::write(place.path().join("in.ndjson"), many_items(3)).unwrap();
    let mut child = piped(place.path(), &[], &["import", "in.ndjson", "--project", "p"]);
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(timeout(PATIENCE, child.wait()).await.unwrap().unwrap().code(), Some(0));
    assert_eq!(place.projects().await.0, 1);
}

/// Items of many requests.
fn many_items(count: usize) -> String {
    let item = |n: usize| json!({"type": "error", "key": n.to_string(), "value": n}).to_string() + "\n";
    (0..count).map(item).collect()
}

#[tokio::test]
async fn an_import_that_cannot_be_undone_says_what_is_left() {
    let place = Place::new(false).await;
    std::fs::write(place.path().join("in.ndjson"), many_items(2000)).unwrap();
    let (address, mut seen) = takes(2).await;
    let url = format!("http://{address}");
    let import = ["import", "in.ndjson", "--project", "p", "--server", &url];
    let way_out = format!("project {ID} is half imported: delete it with `ai-pm projects delete {ID}`");
    refused(place.path(), &[], &import, 1, &[&way_out, "the same --server"]).await;
    assert_eq!(seen.recv().await.unwrap(), "POST /api/projects");
    assert_eq!(seen.recv().await.unwrap(), "POST /api/memory/store/batch");
}

#[tokio::test]
async fn a_signal_stops_an_import_and_takes_it_back() {
    let place = Place::new(false).await;
    std::fs::write(place.path().join("in.ndjson"), many_items(50_000)).unwrap();
    for signal in ["TERM", "INT"] {
        let (address, mut seen) = takes(usize::MAX).await;
        let url = format!("http://{address}");
        let child = piped(place.path(), &[], &["import", "in.ndjson", "--project", "p", "--server", &url]);
        while seen.recv().await.unwrap() != "POST /api/memory/store/batch" {}
        let id = child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().await.unwrap().success());
        let output = timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.ends_with("ai-pm: stopped by a signal (nothing was imported)\n"), "{said}");
        assert!(output.stdout.is_empty());
        let mut last = String::new();
        while let Ok(next) = seen.try_recv() {
            last = next;
        }
        assert_eq!(last, format!("DELETE /api/projects/{ID}"));
    }
}

/// A server that takes an import, but no more than so many requests; what it was asked.
async fn takes(mut requests: usize) -> (SocketAddr, UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (asked, seen) = unbounded_channel();
    tokio::spawn(async move {
        while requests > 0 {
            requests -= 1;
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut head, mut reader) = (String::new(), BufReader::new(&mut stream));
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).await.unwrap() > 0 {}
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().unwrap())
            });
            reader.read_exact(&mut vec![0; length.unwrap_or_default()]).await.unwrap();
            let what = head.split(" HTTP/").next().unwrap().to_owned();
            let (status, body) = match what.as_str() {
                "POST /api/projects" => ("201 Created", json!({"id": ID, "name": "p"}).to_string()),
                what if what.starts_with("POST") => ("200 OK", "[]".to_owned()),
                _ => ("204 No Content", String::new()),
            };
            let length =
                if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
            let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\n{length}\r\n{body}");
            // Told before it is answered, so that what follows comes after.
            let _ = asked.send(what);
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    });
    (address, seen)
}

#[tokio::test]
async fn wrong_files_and_names_are_one_clear_line() {
    let place = Place::new(true).await;
    std::fs::write(place.path().join("empty"), "").unwrap();
    std::fs::create_dir(place.path().join("folder")).unwrap();
    let url = place.server.as_ref().unwrap().url();
    let import = async |file: &str, name: &str, code: i32, words: &[&str]| {
        let arguments = ["import", file, "--project", name, "--server", &url];
        refused(place.path(), &[], &arguments, code, words).await;
    };
    import("missing", "p", 1, &["missing: "]).await;
    import("folder", "p", 1, &["folder: ", "no Markdown file"]).await;
    import("/dev/null", "p", 1, &["/dev/null: is no regular file"]).await;
    import("empty", "  ", 2, &["--project", "name"]).await;
    import("empty", &"n".repeat(201), 2, &["--project", "name"]).await;
    assert_eq!(place.projects().await.0, 0);
}

#[tokio::test]
async fn what_is_not_there_is_one_clear_line() {
    let place = Place::new(true).await;
    let (path, url) = (place.path(), place.server.as_ref().unwrap().url());
    for id in [ID, "nonsense", "a b", "..", "", "x?limit=1", "x#y", "../health", "é"] {
        let through = ["export", "--project", id, "--server", &url, "--out", "out"];
        refused(path, &[], &through, 1, &["ai-pm: "]).await;
        let other = Place::new(false).await;
        refused(other.path(), &[], &["export", "--project", id, "--out", "out"], 1, &["project"]).await;
        assert!(!path.join("out").exists() && !other.path().join("out").exists());
    }
    // Redis takes in as many as come.
    let held = if is_embedded() { "another ai-pm holds" } else { "there is no project" };
    refused(path, &[], &["export", "--project", ID], 1, &[held]).await;
    std::fs::write(path.join("one"), "{\"type\":\"error\",\"key\":\"k\",\"value\":1}").unwrap();
    if is_embedded() {
        refused(path, &[], &["import", "one", "--project", "p"], 1, &[held]).await;
    }

    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    refused(path, &[], &["export", "--project", ID, "--server", &gone], 1, &[&gone]).await;
    refused(path, &[], &["import", "one", "--project", "p", "--server", &gone], 1, &[&gone]).await;
    for wrong in ["localhost:8000", "ftp://localhost", "", "http://", "not a url"] {
        refused(path, &[], &["export", "--project", ID, "--server", wrong], 2, &["--server"]).await;
    }
}

#[tokio::test]
async fn a_server_that_lets_nobody_in_is_one_clear_line_without_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &[("AUTH_REQUIRED", "true")]).await;
    let url = server.url();
    for (settings, extra) in
        [(&[][..], &["--api-key", "hunter2"][..]), (&[("AI_PM_API_KEY", "hunter2")], &[])]
    {
        let arguments = [&["export", "--project", ID, "--server", &url], extra].concat();
        let ran = run(folder.path(), settings, &arguments).await.expect(1);
        assert!(ran.one_line().contains("unauthorized: ") && !ran.stderr.contains("hunter2"), "{ran:?}");
    }
    let help = run(folder.path(), &[("AI_PM_API_KEY", "hunter2")], &["export", "--help"]).await.expect(0);
    assert!(!help.stdout.contains("hunter2"), "{help:?}");
}

#[tokio::test]
async fn an_export_to_a_file_is_whole_or_not_there() {
    let place = Place::new(true).await;
    let id = place.server.as_ref().unwrap().project("p").await;
    let names = |place: &Place| {
        let names = std::fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let names = names.map(|name| name.into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name != "data").collect();
        names.sort_unstable();
        names
    };
    std::fs::write(place.path().join("out"), "older").unwrap();
    std::fs::create_dir_all(place.path().join("folder/inside")).unwrap();
    let broken = breaks_off().await;
    for url in [format!("http://{broken}"), format!("http://{broken}/garbage")] {
        let arguments = ["export", "--project", ID, "--server", &url, "--out", "out"];
        refused(place.path(), &[], &arguments, 1, &[&url]).await;
        assert_eq!(std::fs::read_to_string(place.path().join("out")).unwrap(), "older");
        assert_eq!(names(&place), ["folder", "out"], "no part is left");
    }
    for (out, word) in [("missing/out", "missing"), ("folder", "folder")] {
        let ran = place.run(&["export", "--project", &id, "--out", out]).await.expect(1);
        assert!(ran.one_line().contains(word), "{ran:?}");
        assert_eq!(names(&place), ["folder", "out"], "no part is left");
    }
    let ran = place.run(&["export", "--project", &id, "--out", "out"]).await.expect(0);
    assert!(ran.stdout.is_empty() && ran.stderr.is_empty(), "{ran:?}");
    let written = std::fs::read_to_string(place.path().join("out")).unwrap();
    assert_eq!(written, place.export(&id).await);
    assert_eq!(names(&place), ["folder", "out"]);
}

/// A server that answers for the project and then breaks off; under `/garbage` with what is no JSON.
async fn breaks_off() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (mut head, mut reader) = (String::new(), BufReader::new(&mut stream));
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).await.unwrap() > 0 {}
            let body = json!({"id": ID, "name": "p"}).to_string();
            let (body, length) = match head.split(' ').nth(1).unwrap() {
                path if path.starts_with("/garbage/") && path.contains("/memory") => ("<html>", 6),
                path if path.contains("/memory") => ("[{\"key\":", 4000),
                _ => (body.as_str(), body.len()),
            };
            let answer =
                format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            // The client closes: then everything was taken.
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    });
    address
}
