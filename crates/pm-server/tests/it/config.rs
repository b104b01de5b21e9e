//! The configuration as the process takes it.

use std::collections::BTreeMap;
use std::path::Path;

use pm_server::config::{Config, EXAMPLE_SECRET_KEY};

use crate::harness::process::{Process, run};

/// What `ai-pm config` prints: the value and the source of each name.
async fn printed(folder: &Path, settings: &[(&str, &str)]) -> BTreeMap<String, (String, String)> {
    let ran = run(folder, settings, &["config"]).await.expect(0);
    assert_eq!(ran.stderr, "");
    let line = |line: &str| {
        let (name, rest) = line.split_once('=')?;
        let (value, source) = rest.strip_suffix(')')?.rsplit_once(" (")?;
        Some((name.to_owned(), (value.to_owned(), source.to_owned())))
    };
    ran.stdout
        .lines()
        .filter(|line| !line.starts_with("# "))
        .map(|text| line(text).unwrap_or_else(|| panic!("{text:?}")))
        .collect()
}

/// Starts the server, which must refuse: what it says on standard error.
async fn faults(folder: &Path, settings: &[(&str, &str)]) -> Vec<String> {
    let ran = run(folder, settings, &[]).await.expect(2);
    assert_eq!(ran.stdout, "");
    assert!(!folder.join("data").exists(), "nothing is made");
    let text = ran.stderr.strip_prefix("ai-pm: ").unwrap_or_else(|| panic!("{ran:?}"));
    text.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn every_fault_is_listed_at_once_and_no_secret_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "hunter2-sesame";
    let bad = [
        ("ENVIRONMENT", "prod"),
        ("API_HOST", "http://x"),
        ("API_PORT", "65536"),
        ("CORS_ORIGINS", "localhost"),
        ("MAX_BODY_BYTES", "8MB"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("DOCS_ENABLED", "maybe"),
        ("MCP_ALLOWED_HOSTS", ","),
        ("LOG_LEVEL", "loud\nforged line"),
        ("LOG_FORMAT", "xml"),
        ("LOG_MAX_FILES", "1"),
        ("STORE", "mysql"),
        ("REDIS_PORT", "-1"),
        ("ALGORITHM", "none"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "0"),
        ("AUTH_REQUIRED", "maybe"),
        ("METRICS_AUTH", "maybe"),
        ("MAX_MEMORY_ITEMS", "-1"),
        ("MEMORY_LIMIT_POLICY", "shrug"),
        ("DEFAULT_TTL_SECONDS", "0"),
        ("CONTEXT_WINDOW_SIZE", "1001"),
        ("CONFIDENCE_THRESHOLD", "NaN"),
        ("INDEX_MEMORY_MB", "0"),
        ("EMBEDDER", "gpt"),
        ("EMBEDDING_URL", "localhost"),
        ("EMBEDDING_TIMEOUT_MS", "1"),
        ("EMBEDDING_THREADS", "many"),
        ("RATE_LIMIT_PER_SECOND", "many"),
    ];
    let lines = faults(folder.path(), &[&bad[..], &[("REDIS_PASSWORD", secret)]].concat()).await;
    for (name, _) in bad {
        let of_it = lines.iter().filter(|line| line.starts_with(&format!("{name} (environment): "))).count();
        assert_eq!(of_it, 1, "{name}: {lines:#?}");
    }
    assert_eq!(lines.len(), bad.len(), "one line each: {lines:#?}");
    assert!(!lines.iter().any(|line| line.contains(secret)), "{lines:#?}");
    let url = [("REDIS_URL", "redis://user:hunter2-sesame@:x/"), ("REDIS_PASSWORD", secret)];
    let lines = faults(folder.path(), &url).await;
    assert!(lines.iter().all(|line| line.starts_with("REDIS_URL (environment): ")), "{lines:#?}");
    assert!(lines.len() == 2 && !lines.concat().contains(secret), "{lines:#?}");
    let ran = run(folder.path(), &bad, &["config"]).await.expect(2);
    assert_eq!(ran.stderr.lines().count(), bad.len(), "`config` says the same: {ran:?}");
    let id = "0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f";
    for command in [&["export", "--project", id][..], &["import", "Cargo.toml", "--project", "p"]] {
        let item = r#"{"type":"context","key":"k","value":1}"#;
        std::fs::write(folder.path().join("Cargo.toml"), item).unwrap();
        let ran = run(folder.path(), &[("API_PORT", "x")], command).await.expect(2);
        assert!(ran.one_line().contains("API_PORT (environment)"), "{ran:?}");
    }
}

#[tokio::test]
async fn files_that_cannot_be_read_are_faults_too() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write(".env", b"API_PORT=1\nSECRET_KEY hunter2\nLOG_LEVEL=\"open\n");
    write("ai-pm.toml", b"api_port = 1\nsecret_key = hunter2\n");
    let lines = faults(folder.path(), &[("API_PORT", "x")]).await;
    let starts = [".env, line 2: ", ".env, line 3: ", "ai-pm.toml, line 2: ", "API_PORT (environment): "];
    assert_eq!(lines.len(), starts.len(), "{lines:#?}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start) && !line.contains("hunter2"), "{start}: {line}");
    }
    write(".env", b"A=\xff\n");
    write("ai-pm.toml", b"api_prot = 1\nlog = { level = \"INFO\" }\nAPI_HOST = \"x\"\n");
    let lines = faults(folder.path(), &[]).await;
    assert_eq!(lines.len(), 4, "{lines:#?}");
    for part in
        [".env: is not UTF-8", "did you mean api_port?", "ai-pm.toml, log: ", "ai-pm.toml, API_HOST: "]
    {
        assert!(lines.iter().any(|line| line.contains(part)), "{part}: {lines:#?}");
    }
    std::fs::remove_file(folder.path().join(".env")).unwrap();
    std::fs::create_dir(folder.path().join(".env")).unwrap();
    write("ai-pm.toml", b"");
    let lines = faults(folder.path(), &[]).await;
    assert!(lines.len() == 1 && lines[0].starts_with(".env: cannot be read"), "{lines:#?}");
}

#[tokio::test]
async fn the_environment_wins_over_dotenv_and_that_over_toml() {
    let folder = tempfile::tempdir().unwrap();
    let defaults = printed(folder.path(), &[]).await;
    assert_eq!(defaults.keys().map(String::as_str).collect::<Vec<_>>(), {
        let mut names: Vec<_> = Config::names().collect();
        names.sort_unstable();
        names
    });
    assert!(defaults.values().all(|(_, source)| source == "default"), "{defaults:#?}");

    std::fs::write(
        folder.path().join("ai-pm.toml"),
        "max_memory_items = 1\ncontext_window_size = 2\nlog_level = \"WARN\"\n\
         cors_origins = [\"http://a.example\", \"http://b.example\"]\n",
    )
    .unwrap();
    let dotenv = "# ours\nexport CONTEXT_WINDOW_SIZE=3\nLOG_LEVEL='ERROR' # quiet\nSECRET_KEY=\"hunter2\"\n\
                  REDIS_URL=redis://u:hunter2@localhost:1/2\nOTHER=1\nAPI_PORT=\n";
    std::fs::write(folder.path().join(".env"), dotenv).unwrap();
    let settings = [("LOG_LEVEL", "DEBUG"), ("CONTEXT_WINDOW_SIZE", ""), ("STORE", "embedded")];
    let found = printed(folder.path(), &settings).await;
    for (name, value, source) in [
        ("MAX_MEMORY_ITEMS", "1", "ai-pm.toml"),
        ("CONTEXT_WINDOW_SIZE", "3", ".env"),
        ("LOG_LEVEL", "DEBUG", "environment"),
        ("CORS_ORIGINS", "http://a.example,http://b.example", "ai-pm.toml"),
        ("SECRET_KEY", "[set]", ".env"),
        ("STORE", "embedded", "environment"),
        ("API_PORT", "8000", "default"),
    ] {
        assert_eq!(found[name], (value.to_owned(), source.to_owned()), "{name}");
    }
    assert!(!format!("{found:?}").contains("hunter2"), "{found:#?}");

    // What is in force is what the server does.
    let server = Process::start(folder.path(), &[("STORE", "embedded"), ("LOG_LEVEL", "INFO")]).await;
    let project = server.project("p").await;
    for (key, status) in [("a", 201), ("b", 409)] {
        let item = serde_json::json!({"project_id": project, "type": "error", "key": key, "value": 1});
        server.post("/api/memory/store", item).await.expect(status);
    }
    let lines = server.stop().await;
    assert!(!lines.iter().any(|line| line.contains("hunter2")), "{lines:#?}");
}

#[tokio::test]
async fn production_needs_a_good_key_and_authentication() {
    let folder = tempfile::tempdir().unwrap();
    let production = |settings: &[(&'static str, &'static str)]| {
        [&[("ENVIRONMENT", "production"), ("API_PORT", "0")], settings].concat()
    };
    let short = "only-31-bytes-are-not-enough-00";
    assert_eq!(short.len(), 31);
    for (settings, word) in [
        (production(&[]), "is missing"),
        (production(&[("SECRET_KEY", "")]), "is missing"),
        (production(&[("SECRET_KEY", EXAMPLE_SECRET_KEY)]), ".env.example"),
        (production(&[("SECRET_KEY", short)]), "shorter than 32 bytes"),
    ] {
        let lines = faults(folder.path(), &settings).await;
        assert!(lines.len() == 1 && lines[0].starts_with("SECRET_KEY ("), "{lines:#?}");
        assert!(lines[0].contains(word) && !lines[0].contains(short), "{lines:#?}");
        assert!(!lines[0].contains(EXAMPLE_SECRET_KEY), "{lines:#?}");
    }
    let lines = faults(folder.path(), &production(&[("AUTH_REQUIRED", "false"), ("API_PORT", "x")])).await;
    assert_eq!(lines.len(), 3, "{lines:#?}");

    let good = "a-good-key-of-32-bytes-or-more-0";
    assert_eq!(good.len(), 32);
    let server = Process::start(folder.path(), &production(&[("SECRET_KEY", good)])).await;
    server.get("/health").await.expect(200);
    for shut in ["/api/projects", "/docs", "/openapi.json", "/metrics"] {
        server.get(shut).await.problem(401, "unauthorized");
    }
    let lines = server.stop().await;
    assert!(lines.iter().all(|line| line.starts_with('{') && !line.contains(good)), "{lines:#?}");
}
