//! The page of the documents: it works from this server alone.

use http::Method;
use serde_json::Value;

use crate::harness::TestServer;

/// The values of `src="..."` and `href="..."`.
fn references(html: &str) -> Vec<&str> {
    let starts = ["src=\"", "href=\""].into_iter().flat_map(|start| html.split(start).skip(1));
    starts.map(|rest| rest.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn the_page_and_what_it_loads_come_from_the_server_itself() {
    let server = TestServer::start().await;
    for path in ["/docs", "/docs/"] {
        let page = server.get(path).await.expect(200);
        assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
        assert_eq!(page.header("location"), "", "no redirect");
        let html = String::from_utf8(page.body.to_vec()).unwrap();
        assert!(!html.contains("http://") && !html.contains("https://"), "another host: {html}");
        let mut loaded = 0;
        for reference in references(&html) {
            // The base that the page states; all else is relative to it.
            if reference == "/docs/" {
                continue;
            }
            let file = server.get(&format!("/docs/{}", reference.trim_start_matches("./"))).await.expect(200);
            assert!(!file.body.is_empty(), "{reference}");
            let sort = file.header("content-type");
            let wanted = match reference.rsplit_once('.').unwrap().1 {
                "css" => "text/css",
                "js" => "javascript",
                _ => "image/",
            };
            assert!(sort.contains(wanted), "{reference}: {sort}");
            loaded += 1;
        }
        assert!(loaded >= 4, "{html}");
    }
}

#[tokio::test]
async fn the_page_shows_this_servers_document() {
    let server = TestServer::start().await;
    let script = server.get("/docs/swagger-initializer.js").await.expect(200);
    let script = String::from_utf8(script.body.to_vec()).unwrap();
    assert!(script.contains("/openapi.json"), "{script}");
    assert!(!script.contains("http://") && !script.contains("https://"), "another host: {script}");
}

#[tokio::test]
async fn what_the_scripts_might_fetch_elsewhere_is_forbidden_to_them() {
    let server = TestServer::start().await;
    let page = server.get("/docs").await.expect(200);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'; script-src 'self';"), "{policy}");
    for part in policy.split([' ', ';']).filter(|part| !part.is_empty()) {
        let directive =
            part.ends_with("-src") || matches!(part, "base-uri" | "form-action" | "frame-ancestors");
        let own = directive || part.starts_with('\'') || part == "data:";
        assert!(own, "{part} in {policy}");
    }
    server.get("/docs/no-such-file.js").await.problem(404, "route_not_found");
    server.get("/docs/../openapi.json").await.problem(404, "route_not_found");
}

#[tokio::test]
async fn large_files_are_sent_compressed_to_those_who_take_that_and_plain_to_others() {
    let server = TestServer::start().await;
    let path = "/docs/swagger-ui-bundle.js";
    let plain = server.get(path).await.expect(200);
    assert_eq!(plain.header("content-encoding"), "");
    assert!(plain.body.starts_with(b"/*!") && plain.body.len() > 1_000_000, "{} bytes", plain.body.len());
    for encoding in ["gzip", "br, GZIP;q=0.5, *;q=0"] {
        let answer =
            server.call(Method::GET, path, &[("accept-encoding", encoding)], Value::Null).await.expect(200);
        assert_eq!(answer.header("content-encoding"), "gzip");
        assert!(answer.header("vary").contains("Accept-Encoding"), "{answer:?}");
        assert!(answer.body.len() < 500_000 && answer.body.starts_with(&[0x1f, 0x8b]));
    }
    for encoding in ["", "br", "gzip;q=0", "x-gzip-not"] {
        let answer =
            server.call(Method::GET, path, &[("accept-encoding", encoding)], Value::Null).await.expect(200);
        assert!(answer.header("content-encoding").is_empty() && answer.body == plain.body, "{encoding}");
    }
}
