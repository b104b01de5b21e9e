//! The adapter against a server that does what servers do on bad days.

mod server;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use self::server::{Reply, Server};
use super::*;

const KEY: &str = "sk-hunter2";

fn embedder(url: &str) -> HttpEmbedder {
    let options = HttpOptions {
        url: url.parse().unwrap(),
        model: "m".to_owned(),
        api_key: Some(ApiKey(KEY.to_owned())),
        timeout: Duration::from_secs(30),
    };
    let mut embedder = HttpEmbedder::new(&options).unwrap();
    embedder.retries.first = Duration::ZERO;
    embedder
}

async fn start(replies: impl IntoIterator<Item = Reply>) -> (Server, Arc<HttpEmbedder>) {
    let server = Server::start(replies).await;
    let embedder = embedder(&server.url);
    (server, Arc::new(embedder))
}

fn whole(head: &'static str) -> Reply {
    Reply::Whole(head, String::new())
}

fn texts(lengths: impl IntoIterator<Item = usize>) -> Vec<String> {
    lengths.into_iter().map(|length| "a".repeat(length)).collect()
}

/// Whether this is the vector that the server makes of a text of `length` bytes.
fn is_of(vector: &[f32], length: usize) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "lengths of texts in tests are small")]
    let slope = length as f32;
    let norm = vector.iter().map(|x| x * x).sum::<f32>();
    vector.len() == 2 && (vector[0] / vector[1] - slope).abs() < 0.01 * slope && (norm - 1.0).abs() < 1e-5
}

/// The message of a fault that may pass.
fn unavailable<T: std::fmt::Debug>(outcome: Result<T, EmbedError>) -> String {
    match outcome.unwrap_err() {
        error @ EmbedError::Unavailable { .. } => error.to_string(),
        error => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn a_query_is_one_call_of_the_protocol() {
    let (mut server, embedder) = start([]).await;
    assert!(is_of(&embedder.embed_query("four").await.unwrap(), 4));
    let seen = server.seen.recv().await.unwrap();
    assert!(seen.head.starts_with("POST /v1/embeddings HTTP/1.1\r\n"), "{}", seen.head);
    for line in ["authorization: Bearer sk-hunter2", "content-type: application/json"] {
        assert!(seen.head.lines().any(|it| it == line), "{line}: {}", seen.head);
    }
    assert_eq!(seen.body, serde_json::json!({"model": "m", "input": ["four"], "encoding_format": "float"}));
    assert_eq!(embedder.model().to_string(), "m (http-1)");
}

#[tokio::test]
async fn items_keep_their_order_over_calls_and_shuffled_answers() {
    let (mut server, embedder) = start([Reply::Reversed, Reply::Good, Reply::Reversed]).await;
    let lengths = 1..=70;
    let vectors = embedder.embed_items(&texts(lengths.clone())).await.unwrap();
    assert_eq!((vectors.len(), server.count()), (70, 3));
    assert!(vectors.iter().zip(lengths).all(|(vector, length)| is_of(vector, length)));
    assert!(embedder.embed_items(&[]).await.unwrap().is_empty());
    assert_eq!(server.count(), 0, "nothing is asked for nothing");
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_not_taken_and_not_asked_for_again() {
    for (body, part) in [
        (r#"{"data":[]}"#, "0 vectors for 1 texts"),
        (r#"{"data":[{"index":0,"embedding":[NaN]}]}"#, "not one of /v1/embeddings"),
        (r#"{"data":[{"index":0,"embedding":["1","2"]}]}"#, "not one of /v1/embeddings"),
        ("<html>welcome</html>", "not one of /v1/embeddings"),
    ] {
        let (mut server, embedder) = start([Reply::Whole("200 OK", body.to_owned())]).await;
        let text = unavailable(embedder.embed_items(&texts([1])).await);
        assert!(text.contains(part), "{text}");
        assert_eq!(server.count(), 1);
        embedder.embed_items(&texts([1])).await.expect("the next call is a new one");
    }
}

#[tokio::test]
async fn another_number_of_dimensions_is_another_model() {
    let three = r#"{"data":[{"index":0,"embedding":[1,2,3]}]}"#;
    let (_server, embedder) = start([Reply::Good, Reply::Whole("200 OK", three.to_owned())]).await;
    embedder.embed_query("a").await.unwrap();
    let error = embedder.embed_query("a").await.unwrap_err();
    assert!(
        matches!(&error, EmbedError::Refused(what) if what.contains("3 dimensions for m, and answered 2"))
    );
}

#[tokio::test]
async fn an_answer_without_end_is_given_up_on() {
    let (_server, embedder) = start([Reply::Endless, whole("200 OK\r\nx: y")]).await;
    let text = unavailable(embedder.embed_items(&texts([1])).await);
    assert!(text.contains("longer than 64 MiB"), "{text}");
    let announced = "HTTP/1.1 200 OK\r\ncontent-length: 67108865\r\n\r\n{";
    let (_server, embedder) = start([Reply::Stuck(announced)]).await;
    let text = unavailable(embedder.embed_query("a").await);
    assert!(text.contains("longer than 64 MiB"), "{text}");
}

#[tokio::test]
async fn a_slow_head_and_a_slow_body_end_in_time() {
    for bytes in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"] {
        let (mut server, embedder) = start([Reply::Stuck(bytes)]).await;
        let call = tokio::spawn(async move { embedder.embed_query("a").await });
        server.seen.recv().await.unwrap();
        // From here on only time can end it, and it goes by itself.
        tokio::time::pause();
        let text = unavailable(call.await.unwrap());
        assert!(text.ends_with("no answer within 30s"), "{text}");
        tokio::time::resume();
    }
}

#[tokio::test]
async fn items_are_tried_again_and_queries_are_not() {
    let bad = || [whole("500 Oops"), whole("429 Slow\r\nretry-after: 0"), whole("503 Later")];
    let (mut server, embedder) = start(bad()).await;
    assert!(is_of(&embedder.embed_items(&texts([7])).await.unwrap()[0], 7));
    assert_eq!(server.count(), 4);

    let (mut server, embedder) = start(bad()).await;
    unavailable(embedder.embed_query("a").await);
    assert_eq!(server.count(), 1);

    let (mut server, embedder) = start([whole("429 Slow\r\nretry-after: 31")]).await;
    let text = unavailable(embedder.embed_items(&texts([7])).await);
    assert!(text.contains("429"), "{text}");
    assert_eq!(server.count(), 1, "so long is not waited within a call");
}

#[tokio::test]
async fn what_a_server_refuses_is_refused_at_once_with_the_way_out() {
    for (head, part) in [
        ("401 Unauthorized", "EMBEDDING_API_KEY"),
        ("404 Not Found", "EMBEDDING_MODEL"),
        ("302 Found\r\nlocation: http://b.example/login", "redirects to http://b.example/login"),
    ] {
        let (mut server, embedder) = start([whole(head)]).await;
        let error = embedder.embed_items(&texts([1])).await.unwrap_err();
        assert!(matches!(&error, EmbedError::Refused(what) if what.contains(part)), "{error}");
        assert_eq!(server.count(), 1);
    }
    let (mut server, embedder) = start([whole("400 Bad Request")]).await;
    let error = embedder.embed_items(&texts([1])).await.unwrap_err();
    assert!(matches!(error, EmbedError::Unsuitable(_)), "{error}");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn nobody_at_home_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let text = unavailable(embedder(&format!("http://{address}")).embed_query("a").await);
    assert!(text.contains(&address.to_string()) && text.contains("Connection refused"), "{text}");
}

#[tokio::test]
async fn over_https_nothing_goes_out_in_the_clear() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let embedder = embedder(&format!("https://{}", listener.local_addr().unwrap()));
    let call = tokio::spawn(async move { embedder.embed_query("a").await });
    let (mut stream, _) = listener.accept().await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), 22, "a handshake of TLS");
    drop(stream);
    unavailable(call.await.unwrap());
}

#[tokio::test]
async fn a_server_that_fails_is_left_alone_and_found_again() {
    let (mut server, embedder) = start((0..6).map(|_| whole("500 Oops"))).await;
    for _ in 0..5 {
        unavailable(embedder.embed_query("a").await);
    }
    assert_eq!(server.count(), 5);
    let text = unavailable(embedder.embed_query("a").await);
    assert!(text.contains("left alone") && text.contains("500 Internal"), "{text}");
    unavailable(embedder.embed_items(&texts([1])).await);
    assert_eq!(server.count(), 0, "it is not asked");

    wait(Duration::from_secs(1)).await;
    unavailable(embedder.embed_items(&texts([1])).await);
    assert_eq!(server.count(), 1, "one call sees that it is still away");

    wait(Duration::from_secs(2)).await;
    embedder.embed_query("a").await.unwrap();
    embedder.embed_items(&texts([1])).await.unwrap();
}

/// Moves the clock on, and lets it go again: connections are real.
async fn wait(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_caller_may_leave_at_any_time() {
    let (mut server, embedder) = start([Reply::Stuck(""), Reply::Stuck("HTTP/1.1 200 OK\r\n")]).await;
    for _ in 0..2 {
        let call = tokio::spawn({
            let embedder = embedder.clone();
            async move { embedder.embed_query("a").await }
        });
        server.seen.recv().await.unwrap();
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
    }
    embedder.embed_query("a").await.unwrap();
}

#[tokio::test]
async fn queries_do_not_wait_behind_items() {
    let (mut server, embedder) = start([Reply::Stuck("")]).await;
    let items = tokio::spawn({
        let embedder = embedder.clone();
        async move { embedder.embed_items(&texts([1])).await }
    });
    server.seen.recv().await.unwrap();
    embedder.embed_query("a").await.unwrap();
    assert!(!items.is_finished());
}

#[tokio::test]
async fn the_key_shows_nowhere() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer({
        let log = log.clone();
        move || Log(log.clone())
    });
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let body = format!(r#"{{"error":{{"message":"wrong key: {KEY}"}}}}"#);
    let replies = ["401 Unauthorized", "500 Oops", "400 Bad Request", "500 Oops"];
    let (_server, embedder) = start(replies.map(|head| Reply::Whole(head, body.clone()))).await;
    let queries = (embedder.embed_query("a").await, embedder.embed_query("a").await);
    let items = (embedder.embed_items(&texts([1])).await, embedder.embed_items(&texts([1])).await);
    let shown = format!("{embedder:?} {queries:?} {items:?}");
    let log = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    assert!(shown.contains("wrong key: [key]") && log.contains("wrong key: [key]"), "{shown}\n{log}");
    assert!(!shown.contains("hunter2") && !log.contains("hunter2"), "{shown}\n{log}");
}

struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
