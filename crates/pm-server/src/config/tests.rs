use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;

use super::*;

const EXAMPLE: &str = include_str!("../../../../.env.example");
const GOOD_KEY: &str = "0123456789abcdef0123456789abcdef";

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn load(pairs: &[(&str, &str)]) -> Result<Config, Faults> {
    Config::load(&Sources::new(environment(pairs), None, None))
}

fn faults(pairs: &[(&str, &str)]) -> String {
    load(pairs).expect_err("the settings are at fault").to_string()
}

fn setting(config: &Config, name: &str) -> (String, Source) {
    let setting =
        config.report().iter().find(|setting| setting.name == name).expect("every setting is reported");
    (setting.value.clone(), setting.source)
}

/// The lines of `.env.example` that give a variable: its name, its value, and whether it is commented out.
fn example() -> Vec<(&'static str, &'static str, bool)> {
    EXAMPLE
        .lines()
        .filter_map(|line| {
            let (bare, commented) = match line.strip_prefix("# ") {
                Some(rest) => (rest, true),
                None => (line, false),
            };
            let (name, value) = bare.split_once('=')?;
            name.chars().all(|c| c.is_ascii_uppercase() || c == '_').then_some((name, value, commented))
        })
        .collect()
}

#[test]
fn the_table_the_report_and_the_example_name_the_same_settings() {
    let config = load(&[]).unwrap();
    let table: Vec<&str> = Config::names().collect();
    let reported: Vec<&str> = config.report().iter().map(|setting| setting.name).collect();
    let shown: BTreeSet<&str> = example().into_iter().map(|(name, ..)| name).collect();
    assert_eq!(reported, table, "read and reported in the order of the table, each once");
    assert_eq!(shown, table.into_iter().collect(), ".env.example");
    assert_eq!(shown.len(), example().len(), "each once in .env.example");
}

#[test]
fn the_example_shows_the_defaults_and_a_line_on_each() {
    for (name, value, commented) in example() {
        let spec = names::ALL.iter().find(|spec| spec.name == name).unwrap();
        assert_eq!(commented, spec.default.is_none(), "{name}");
        assert!(commented || spec.default == Some(value), "{name}={value}");
    }
    for (name, ..) in example() {
        let lines: Vec<&str> = EXAMPLE.lines().collect();
        let at = lines
            .iter()
            .position(|line| line.trim_start_matches("# ").starts_with(&format!("{name}=")))
            .unwrap();
        assert!(lines[at - 1].starts_with("# "), "{name} has no explanation in front");
    }
    assert!(EXAMPLE.contains(&format!("# SECRET_KEY={EXAMPLE_SECRET_KEY}\n")));
}

#[test]
fn a_copied_example_changes_nothing() {
    let copied = Config::load(&Sources::new(BTreeMap::new(), Some(EXAMPLE), None)).unwrap();
    let untouched = load(&[]).unwrap();
    let values = |config: &Config| -> Vec<String> {
        config.report().iter().map(|setting| setting.value.clone()).collect()
    };
    assert_eq!(values(&copied), values(&untouched));
    assert_eq!(copied.store.kind, StoreKind::Embedded);
}

#[test]
fn the_defaults_are_those_of_the_contract() {
    let config = load(&[]).unwrap();
    assert_eq!((config.server.host.as_str(), config.server.port), ("0.0.0.0", 8000));
    assert_eq!(config.server.cors_origins, ["http://localhost:3000"]);
    assert_eq!(config.server.max_body_bytes, 8 << 20);
    assert!(config.server.trusted_proxies.is_empty() && config.server.docs_enabled);
    assert_eq!((config.log.level, config.log.format), (tracing::Level::INFO, Format::Pretty));
    assert_eq!((config.log.dir, config.log.max_files), (None, 14));
    assert_eq!((config.store.kind, config.store.redis), (StoreKind::Embedded, None));
    assert_eq!(config.store.data_dir, PathBuf::from("./data"));
    assert_eq!((config.auth.secret_key, config.auth.required, config.auth.metrics), (None, false, None));
    assert_eq!((config.auth.algorithm, config.auth.access_token_minutes), (Algorithm::HS256, 30));
    assert_eq!((config.memory.max_items, config.memory.default_ttl_seconds), (1000, None));
    assert_eq!(config.memory.limit_policy, LimitPolicy::Reject);
    assert_eq!((config.memory.context_window_size, config.memory.index_memory_mb), (10, 512));
    assert!((config.memory.confidence_threshold - 0.85).abs() < f64::EPSILON);
    assert_eq!((config.embedder.kind, &config.embedder.server), (EmbedderKind::Minilm, &None));
    assert_eq!((config.embedder.query_budget.as_millis(), &config.embedder.model_dir), (50, &None));
    assert!((1..=64).contains(&config.embedder.threads));
    assert_eq!(config.rate_limit, RateLimit { per_second: 100, burst: 200 });
}

#[test]
fn the_earlier_source_wins_and_an_empty_value_does_not_count() {
    let all = Sources::new(
        environment(&[("API_PORT", "2"), ("API_HOST", "  "), ("LOG_LEVEL", "")]),
        Some("API_PORT=3\nAPI_HOST=b.example\nLOG_LEVEL=debug\n"),
        Some("api_port = 4\napi_host = \"c.example\"\nindex_memory_mb = 64\n"),
    );
    let config = Config::load(&all.clone().with_override("API_PORT", "1")).unwrap();
    assert_eq!(setting(&config, "API_PORT"), ("1".to_owned(), Source::CommandLine));
    let config = Config::load(&all).unwrap();
    assert_eq!(setting(&config, "API_PORT"), ("2".to_owned(), Source::Environment));
    assert_eq!(setting(&config, "API_HOST"), ("b.example".to_owned(), Source::DotEnv));
    assert_eq!(setting(&config, "LOG_LEVEL"), ("debug".to_owned(), Source::DotEnv));
    assert_eq!(setting(&config, "INDEX_MEMORY_MB"), ("64".to_owned(), Source::Toml));
    assert_eq!(setting(&config, "DATA_DIR"), ("./data".to_owned(), Source::Default));
}

#[test]
fn every_fault_is_listed_at_once_with_its_source_and_the_way_out() {
    let sources = Sources::new(
        environment(&[("API_PORT", "65536"), ("CONFIDENCE_THRESHOLD", "NaN")]),
        Some("LOG_LEVEL=loud\nno equals sign\n"),
        Some("ap_port = 1\ncontext_window_size = 0\nstore = {}\nzebra = 2\n"),
    );
    let listed = Config::load(&sources).unwrap_err();
    assert_eq!(
        listed.to_string().lines().collect::<Vec<_>>(),
        [
            ".env, line 2: has no `=`; write NAME=value",
            "ai-pm.toml, ap_port: is not a setting; did you mean api_port?",
            "ai-pm.toml, store: must be a text, a number, true or false, or a list of texts",
            "ai-pm.toml, zebra: is not a setting; `ai-pm config` lists them all",
            "API_PORT (environment): \"65536\" is not accepted: give a whole number from 0 to 65535; 0 = any free port",
            "LOG_LEVEL (.env): \"loud\" is not accepted: give one of TRACE, DEBUG, INFO, WARNING, WARN, ERROR, CRITICAL",
            "CONTEXT_WINDOW_SIZE (ai-pm.toml): \"0\" is not accepted: give a whole number from 1 to 1000",
            "CONFIDENCE_THRESHOLD (environment): \"NaN\" is not accepted: give a number from 0 to 1",
        ]
    );
    assert_eq!(listed.iter().count(), 8);
}

#[test]
fn bounds_hold_at_both_ends() {
    for (name, accepted, refused) in [
        ("API_PORT", ["0", "65535"], ["-1", "65536"]),
        ("MAX_BODY_BYTES", ["1024", "1073741824"], ["1023", "1073741825"]),
        ("LOG_MAX_FILES", ["2", "3650"], ["1", "3651"]),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", ["1", "525600"], ["0", "525601"]),
        ("MAX_MEMORY_ITEMS", ["0", "10000000"], ["1.5", "10000001"]),
        ("DEFAULT_TTL_SECONDS", ["1", "315360000"], ["0", "315360001"]),
        ("CONTEXT_WINDOW_SIZE", ["1", "1000"], ["0", "1001"]),
        ("CONFIDENCE_THRESHOLD", ["0", "1"], ["-0.01", "1.01"]),
        ("INDEX_MEMORY_MB", ["1", "1048576"], ["0", "1048577"]),
        ("RATE_LIMIT_PER_SECOND", ["0", "1000000"], ["x", "1000001"]),
        ("RATE_LIMIT_BURST", ["0", "1000000"], ["1e3", "1000001"]),
        ("EMBEDDING_TIMEOUT_MS", ["100", "300000"], ["99", "300001"]),
        ("EMBEDDING_QUERY_BUDGET_MS", ["1", "10000"], ["0", "10001"]),
        ("EMBEDDING_THREADS", ["1", "64"], ["0", "65"]),
        ("REDIS_PORT", ["1", "65535"], ["0", "65536"]),
        ("REDIS_DB", ["0", "65535"], ["-1", "65536"]),
    ] {
        for value in accepted {
            load(&[(name, value)]).unwrap_or_else(|faults| panic!("{faults}"));
        }
        for value in refused {
            let text = faults(&[(name, value)]);
            assert!(text.starts_with(&format!("{name} (environment): \"{value}\"")), "{text}");
        }
    }
}

#[test]
fn production_is_strict() {
    assert_eq!(
        faults(&[("ENVIRONMENT", "production"), ("AUTH_REQUIRED", "no")]).lines().collect::<Vec<_>>(),
        [
            "SECRET_KEY (default): is missing, and production needs one; make one with `openssl rand -base64 48`",
            "AUTH_REQUIRED (environment): cannot be false in production; leave it out or set it to true",
        ]
    );
    for weak in [EXAMPLE_SECRET_KEY, "0123456789abcdef0123456789abcde"] {
        let text = faults(&[("ENVIRONMENT", "production"), ("SECRET_KEY", weak)]);
        assert!(text.starts_with("SECRET_KEY (environment): is "), "{text}");
        assert!(!text.contains(weak), "{text}");
    }
    let config = load(&[("ENVIRONMENT", "Production"), ("SECRET_KEY", GOOD_KEY)]).unwrap();
    assert!(config.auth.required && config.environment.is_production());
    assert_eq!(config.log.format, Format::Json);
    assert_eq!(setting(&config, "AUTH_REQUIRED"), ("true".to_owned(), Source::Default));
    let config = load(&[("AUTH_REQUIRED", "YES")]).unwrap();
    assert!(config.auth.required && config.auth.secret_key.is_none(), "elsewhere a key need not be given");
}

#[test]
fn secrets_show_nowhere() {
    let secrets = [("SECRET_KEY", GOOD_KEY), ("REDIS_PASSWORD", "pa ss ")];
    let config = load(&secrets).unwrap();
    let shown = format!("{config:?}{:?}", config.report());
    assert!(!shown.contains(GOOD_KEY) && !shown.contains("pa ss"), "{shown}");
    assert_eq!(setting(&config, "SECRET_KEY").0, "[set]");
    assert_eq!(config.store.redis.unwrap().password.unwrap().expose(), "pa ss ", "to the letter");

    let config = load(&[("REDIS_URL", "rediss://joe:hunter2@r.example/3")]).unwrap();
    assert_eq!(setting(&config, "REDIS_URL").0, "rediss://joe:***@r.example/3");
    assert!(!format!("{config:?}").contains("hunter2"));
    let text =
        faults(&[("REDIS_URL", "rediss://joe:hunter2@r.example:port/3"), ("REDIS_PASSWORD", "hunter2")]);
    assert!(!text.contains("hunter2"), "{text}");

    let toml = "secret_key = \"hunter2\nredis_password = hunter2\n";
    let sources = Sources::new(BTreeMap::new(), Some("SECRET_KEY='hunter2\nhunter2\n"), Some(toml));
    let text = Config::load(&sources).unwrap_err().to_string();
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("ai-pm.toml, line 1: is not TOML"), "{text}");
    assert!(text.contains(".env, line 1: has a quote that is not closed"), "{text}");
}

#[test]
fn the_store_is_chosen_and_the_reason_kept() {
    let config = load(&[]).unwrap();
    assert_eq!(config.store.chosen_because, "neither STORE nor a REDIS_ variable is set");
    assert_eq!(setting(&config, "STORE"), ("embedded".to_owned(), Source::Default));

    let config = load(&[("REDIS_DB", "2")]).unwrap();
    assert_eq!(config.store.kind, StoreKind::Redis);
    assert_eq!(config.store.chosen_because, "STORE is not set and REDIS_DB is");
    let redis = config.store.redis.unwrap();
    assert_eq!((redis.nodes[0].to_string().as_str(), redis.db), ("localhost:6379", 2));

    let config = load(&[("REDIS_HOST", "r.example"), ("STORE", "embedded")]).unwrap();
    assert_eq!((config.store.kind, config.store.redis), (StoreKind::Embedded, None));
    assert_eq!(config.store.chosen_because, "STORE says so (environment)");

    let text = faults(&[("REDIS_URL", "redis://a.example"), ("REDIS_HOST", "b.example")]);
    assert_eq!(
        text,
        "REDIS_URL (environment): is given together with REDIS_HOST (environment); give the one or the other"
    );
}

#[test]
fn another_server_for_vectors_needs_an_address_and_a_model() {
    assert_eq!(
        faults(&[("EMBEDDER", "http")]).lines().collect::<Vec<_>>(),
        [
            "EMBEDDING_URL (default): is missing, and EMBEDDER=http needs it; give one, such as http://localhost:11434",
            "EMBEDDING_MODEL (default): is missing, and EMBEDDER=http needs it; give one, such as all-minilm",
        ]
    );
    let http = [("EMBEDDER", "HTTP"), ("EMBEDDING_URL", "https://e.example/api"), ("EMBEDDING_MODEL", "m")];
    let config = load(&[&http[..], &[("EMBEDDING_TIMEOUT_MS", "500")]].concat()).unwrap();
    assert_eq!(config.embedder.kind, EmbedderKind::Http);
    let server = config.embedder.server.unwrap();
    assert_eq!((server.url.to_string().as_str(), server.model.as_str()), ("https://e.example/api", "m"));
    assert_eq!((server.api_key, server.timeout.as_millis()), (None, 500));

    let config = load(&[&http[..], &[("EMBEDDING_API_KEY", "sk-hunter2")]].concat()).unwrap();
    assert_eq!(setting(&config, "EMBEDDING_API_KEY").0, "[set]");
    assert!(!format!("{config:?}{:?}", config.report()).contains("hunter2"));
    assert_eq!(config.embedder.server.unwrap().api_key.unwrap().expose(), "sk-hunter2");

    let config = load(&http[1..]).unwrap();
    assert_eq!(config.embedder.server, None, "it is not asked for");
}

#[test]
fn addresses_and_keys_of_a_server_for_vectors_are_checked() {
    for (name, refused) in [
        (
            "EMBEDDING_URL",
            &[
                "localhost:1",
                "ftp://a",
                "http://",
                "/a",
                "http://joe:hunter2@a",
                "http://a?key=hunter2",
                "http://a#b",
            ][..],
        ),
        ("EMBEDDING_API_KEY", &["hunter2 ", "hunter2\n", "hunter2\u{e9}"][..]),
        ("EMBEDDING_MODEL", &["a\nb"][..]),
        ("EMBEDDING_MODEL_DIR", &["."][..]),
    ] {
        for value in refused {
            let text = faults(&[("EMBEDDER", "static"), (name, value)]);
            assert!(text.starts_with(&format!("{name} (environment): ")), "{text}");
            assert!(text.lines().count() == 1 && !text.contains("hunter2"), "{text}");
        }
    }
    let config = load(&[("EMBEDDER", "minilm"), ("EMBEDDING_MODEL_DIR", "/m")]).unwrap();
    assert_eq!(config.embedder.model_dir, Some(PathBuf::from("/m")));
    for accepted in ["http://[::1]:1/v1", "https://a.example/", "HTTP://a"] {
        load(&[("EMBEDDING_URL", accepted)]).unwrap_or_else(|faults| panic!("{faults}"));
    }
}

#[test]
fn values_in_toml_may_be_typed() {
    let toml = "cors_origins = [\"https://a.example\", \"HTTPS://B.example:443\"]\nauth_required = true\n\
                confidence_threshold = 0.5\ntrusted_proxies = \"10.0.0.0/8, ::1\"\n";
    let config = Config::load(&Sources::new(BTreeMap::new(), None, Some(toml))).unwrap();
    assert_eq!(config.server.cors_origins, ["https://a.example", "https://b.example"]);
    assert!(config.auth.required);
    let proxies = &config.server.trusted_proxies;
    let trusted = |address: &str| proxies.iter().any(|it| it.contains(address.parse::<IpAddr>().unwrap()));
    assert!(trusted("10.255.0.1") && trusted("::1") && trusted("::ffff:10.1.2.3"));
    assert!(!trusted("11.0.0.0") && !trusted("::2"));
}

#[test]
fn origins_hosts_and_networks_are_checked() {
    for (name, refused) in [
        (
            "CORS_ORIGINS",
            &[
                "localhost:3000",
                "http://a/",
                "http://a/b",
                "http://",
                "*,http://a",
                "ftp://a",
                ",",
                "http://u@a",
                "http://a:x",
            ][..],
        ),
        (
            "TRUSTED_PROXIES",
            &["10.0.0.1/8", "10.0.0.0/33", "::/129", "a.example", "10.0.0.0/+8", "10.0.0.0/"][..],
        ),
        ("API_HOST", &["http://a", "a:80", "a b", "-a", "[a]"][..]),
    ] {
        for value in refused {
            assert!(faults(&[(name, value)]).starts_with(name), "{name}={value}");
        }
    }
    for (name, accepted) in [
        ("CORS_ORIGINS", &["*", "http://[::1]:3000", "https://a.example:8443,http://b"][..]),
        ("TRUSTED_PROXIES", &["0.0.0.0/0", "::/0", "192.168.1.1", "fd00::/8"][..]),
        ("API_HOST", &["localhost", "::", "[::1]", "127.0.0.1"][..]),
    ] {
        for value in accepted {
            load(&[(name, value)]).unwrap_or_else(|faults| panic!("{faults}"));
        }
    }
    let everything: Network = Network::parse("::/0").unwrap();
    assert!(everything.contains("fe80::1".parse().unwrap()));
}

#[test]
fn a_value_cannot_break_the_line_it_is_shown_on() {
    let text = faults(&[("API_PORT", "1\n2\u{1b}[31m")]);
    assert!(text.contains("\"1\\n2\\u{1b}[31m\""), "{text}");
    let config = load(&[("DATA_DIR", "a\nb")]).unwrap();
    assert_eq!(setting(&config, "DATA_DIR").0, "a\\nb");
}
