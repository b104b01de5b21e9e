//! Forms of a log-in that are wrong.

use http::Request;

use super::Verdicts;
use crate::access::tokens::{self, LOGIN, TOKEN};

const FORM: &str = "application/x-www-form-urlencoded";
const MALFORMED: (u16, &str) = (400, "malformed_request");
const INVALID: (u16, &str) = (422, "validation_error");
const UNAUTHORIZED: (u16, &str) = (401, "unauthorized");

/// Few of them may get as far as a password: whoever fails ten times has to wait.
fn forms() -> Vec<(&'static str, Vec<u8>, (u16, &'static str))> {
    let form = |text: &str| text.as_bytes().to_vec();
    vec![
        ("nothing", Vec::new(), INVALID),
        ("separators alone", form("&&&&"), INVALID),
        ("an equals sign", form("="), INVALID),
        ("equals signs", form("====&==="), INVALID),
        ("a name alone", form("username"), INVALID),
        ("an empty name", form("username=&password=x"), UNAUTHORIZED),
        ("no password", form("username=eve"), INVALID),
        ("an empty password", form("username=eve&password="), UNAUTHORIZED),
        ("two names", form("username=eve&username=eve&password=correct+horse"), INVALID),
        ("two passwords", form("username=eve&password=x&password=correct+horse"), INVALID),
        ("two names, one encoded", form("username=eve&user%6eame=eve&password=x"), INVALID),
        ("an unknown field", form("username=eve&password=correct+horse&admin=true"), INVALID),
        ("a field in brackets", form("username[]=eve&password=correct+horse"), INVALID),
        ("fields in upper case", form("USERNAME=eve&PASSWORD=correct+horse"), INVALID),
        ("a NUL in a name", form("username=eve%00&password=correct+horse"), INVALID),
        ("a NUL in a field", form("user%00name=eve&password=correct+horse"), INVALID),
        ("a bare NUL", form("username=eve\0&password=correct+horse"), INVALID),
        ("another grant", form("grant_type=client_credentials&username=eve&password=correct+horse"), INVALID),
        ("a grant of both", form("grant_type=refresh_token&refresh_token=x&username=eve"), INVALID),
        ("a refresh token and no grant", form("refresh_token=x"), INVALID),
        ("semicolons", form("username=eve;password=correct+horse"), INVALID),
        ("JSON", form(r#"{"username":"eve","password":"correct horse"}"#), INVALID),
        ("XML", form("<username>eve</username>"), INVALID),
        ("not UTF-8", b"username=\xff&password=x".to_vec(), MALFORMED),
        ("encoded bytes that are not UTF-8", form("username=%ff&password=x"), MALFORMED),
        ("an encoded byte of two", form("username=%c3&password=x"), MALFORMED),
        ("overlong UTF-8", form("username=%c0%80&password=x"), MALFORMED),
        ("an encoded surrogate", form("username=%ed%a0%80&password=x"), MALFORMED),
        ("65 fields", form(&"a=b&".repeat(65)), MALFORMED),
        ("8,000 separators and a field", form(&format!("{}a=b", "&".repeat(8_000))), INVALID),
        ("more than 16 KiB", vec![b'a'; 16 * 1024 + 1], (413, "payload_too_large")),
        ("a percent sign alone", form("username=eve%&password=correct+horse"), UNAUTHORIZED),
        ("no hexadecimal digits", form("username=%zz&password=correct+horse"), UNAUTHORIZED),
        ("encoded twice", form("username=%2565ve&password=correct+horse"), UNAUTHORIZED),
        ("a name with a space", form("username=eve+&password=correct+horse"), UNAUTHORIZED),
        ("a name with a line break", form("username=eve%0d%0a&password=correct+horse"), UNAUTHORIZED),
        (
            "a password of 10,000 bytes",
            form(&format!("username=eve&password={}", "x".repeat(10_000))),
            UNAUTHORIZED,
        ),
        ("a refresh token of no kind", form("grant_type=refresh_token&refresh_token=.."), UNAUTHORIZED),
    ]
}

#[tokio::test]
async fn they_open_no_session() {
    let server = tokens::server().await;
    let mut verdicts = Verdicts::default();
    for (case, body, (status, code)) in forms() {
        let request = Request::post(TOKEN).header("content-type", FORM).body(body.into()).unwrap();
        verdicts.problem(case, server.send(request).await, status, code);
    }
    for (case, sort) in [
        ("no type", None),
        ("an empty type", Some("")),
        ("JSON's type", Some("application/json")),
        ("plain text", Some("text/plain")),
        ("a type cut short", Some("application/x-www-form-urlencode")),
        ("a type that goes on", Some("application/x-www-form-urlencoded+json")),
        ("two types", Some("application/x-www-form-urlencoded, application/json")),
    ] {
        let request = Request::post(TOKEN);
        let request = sort.into_iter().fold(request, |request, sort| request.header("content-type", sort));
        let answer = server.send(request.body(LOGIN.into()).unwrap()).await;
        verdicts.problem(case, answer, 415, "unsupported_media_type");
    }
    let packed = Request::post(TOKEN).header("content-type", FORM).header("content-encoding", "gzip");
    let answer = server.send(packed.body(LOGIN.into()).unwrap()).await;
    verdicts.problem("a packed form", answer, 415, "unsupported_media_type");
    server.post_form(&format!("{TOKEN}?username=eve"), LOGIN).await.invalid("username");
    tokens::tokens(server.post_form(TOKEN, LOGIN).await);
    verdicts.hold();
}
