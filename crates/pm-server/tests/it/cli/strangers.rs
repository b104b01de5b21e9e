//! Something that is no ai-pm, or no longer where it was, at the address that `--server` names.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::Place;
use crate::harness::process::refused;

/// Answers every request alike; its address, and the head of each request.
async fn answering(answer: String) -> (String, UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, heads) = unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (answer, sender) = (answer.clone(), sender.clone());
            tokio::spawn(async move {
                let mut bytes = vec![0; 65536];
                let read = stream.read(&mut bytes).await.unwrap();
                bytes.truncate(read);
                let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    (url, heads)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}")
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (elsewhere, mut heads) = answering(answer("200 OK", "", "[]")).await;
    for status in ["301 Moved Permanently", "303 See Other", "307 Temporary Redirect"] {
        let location = format!("location: {elsewhere}/api/projects\r\n");
        let (url, _) = answering(answer(status, &location, "")).await;
        for arguments in [
            &["projects", "--api-key", "aipm_x"][..],
            &["projects", "create", "p"],
            &["remember", "k", "v", "-p", "p"],
            &["health"],
        ] {
            let arguments = [arguments, &["--server", &url]].concat();
            refused(folder.path(), &[], &arguments, 1, &[&status[..3], &elsewhere, "--server"]).await;
        }
    }
    assert!(heads.try_recv().is_err(), "nobody goes there");
}

#[tokio::test]
async fn an_answer_that_is_none_of_ours_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let id = "0190a5d4-0000-7000-8000-000000000000";
    for (body, words) in
        [("<html>Welcome</html>", "no JSON"), ("", "the answer is not"), ("7", "the answer is not")]
    {
        let (url, _) = answering(answer("200 OK", "", body)).await;
        for arguments in [
            &["projects"][..],
            &["projects", "create", "p"],
            &["projects", "show", id],
            &["remember", "k", "v", "-p", "p"],
            &["recall", "k", "-p", id],
            &["forget", "--all", "--yes", "-p", id],
        ] {
            let arguments = [arguments, &["--server", &url]].concat();
            refused(folder.path(), &[], &arguments, 1, &[words, &url]).await;
        }
        refused(folder.path(), &[], &["health", "--server", &url], 1, &["no health of ai-pm"]).await;
    }
}

#[tokio::test]
async fn a_value_as_deep_as_the_api_takes_is_read_through_a_server() {
    let place = Place::new(true).await;
    let deep = "[".repeat(127) + &"]".repeat(127);
    place.run(&["remember", "deep", &deep, "--json-value", "-p", "p"]).await.expect(0);
    let id = place.json(&["projects", "show", "p"]).await["id"].as_str().unwrap().to_owned();
    for arguments in [
        &["recall", "deep", "--json", "-p", "p"][..],
        &["context", "deep", "--json", "-p", "p"],
        &["export", "--project", &id],
    ] {
        let ran = place.run(arguments).await.expect(0);
        assert!(ran.stdout.contains(&deep), "{ran:?}");
    }
}
