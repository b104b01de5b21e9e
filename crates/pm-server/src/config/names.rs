//! The one table of settings: what is not here cannot be read, and a test holds the table, the report and
//! `.env.example` to one another.

/// How a value may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// As it is.
    Plain,
    /// Only that it is set.
    Hidden,
    /// With the password of its user part masked.
    MaskedUrl,
}

/// One setting: its name, its default as text, and how it is shown.
#[derive(Debug)]
pub(super) struct Spec {
    pub(super) name: &'static str,
    /// Absent where the default is "not set" or follows from another setting.
    pub(super) default: Option<&'static str>,
    pub(super) shown: Shown,
}

impl Spec {
    const fn new(name: &'static str, default: &'static str) -> Self {
        Self { name, default: Some(default), shown: Shown::Plain }
    }

    const fn unset(name: &'static str) -> Self {
        Self { name, default: None, shown: Shown::Plain }
    }

    const fn hidden(name: &'static str) -> Self {
        Self { name, default: None, shown: Shown::Hidden }
    }
}

pub(super) static API_HOST: Spec = Spec::new("API_HOST", "0.0.0.0");
pub(super) static API_PORT: Spec = Spec::new("API_PORT", "8000");
pub(super) static CORS_ORIGINS: Spec = Spec::new("CORS_ORIGINS", "http://localhost:3000");
pub(super) static MAX_BODY_BYTES: Spec = Spec::new("MAX_BODY_BYTES", "8388608");
pub(super) static TRUSTED_PROXIES: Spec = Spec::unset("TRUSTED_PROXIES");
pub(super) static DOCS_ENABLED: Spec = Spec::new("DOCS_ENABLED", "true");
pub(super) static MCP_ALLOWED_HOSTS: Spec = Spec::unset("MCP_ALLOWED_HOSTS");
pub(super) static TLS_CERT: Spec = Spec::unset("TLS_CERT");
pub(super) static TLS_KEY: Spec = Spec::unset("TLS_KEY");
pub(super) static ENVIRONMENT: Spec = Spec::new("ENVIRONMENT", "development");
pub(super) static LOG_LEVEL: Spec = Spec::new("LOG_LEVEL", "INFO");
pub(super) static LOG_FORMAT: Spec = Spec::unset("LOG_FORMAT");
pub(super) static LOG_DIR: Spec = Spec::unset("LOG_DIR");
pub(super) static LOG_MAX_FILES: Spec = Spec::new("LOG_MAX_FILES", "14");
pub(super) static STORE: Spec = Spec::unset("STORE");
pub(super) static DATA_DIR: Spec = Spec::new("DATA_DIR", "./data");
pub(super) static REDIS_URL: Spec = Spec { name: "REDIS_URL", default: None, shown: Shown::MaskedUrl };
pub(super) static REDIS_HOST: Spec = Spec::unset("REDIS_HOST");
pub(super) static REDIS_PORT: Spec = Spec::unset("REDIS_PORT");
pub(super) static REDIS_DB: Spec = Spec::unset("REDIS_DB");
pub(super) static REDIS_PASSWORD: Spec = Spec::hidden("REDIS_PASSWORD");
pub(super) static REDIS_PREFIX: Spec = Spec::unset("REDIS_PREFIX");
pub(super) static REDIS_WAIT_REPLICAS: Spec = Spec::unset("REDIS_WAIT_REPLICAS");
pub(super) static REDIS_TLS_CA: Spec = Spec::unset("REDIS_TLS_CA");
pub(super) static SECRET_KEY: Spec = Spec::hidden("SECRET_KEY");
pub(super) static SECRET_KEY_PREVIOUS: Spec = Spec::hidden("SECRET_KEY_PREVIOUS");
pub(super) static ALGORITHM: Spec = Spec::new("ALGORITHM", "HS256");
pub(super) static ACCESS_TOKEN_EXPIRE_MINUTES: Spec = Spec::new("ACCESS_TOKEN_EXPIRE_MINUTES", "30");
pub(super) static AUTH_REQUIRED: Spec = Spec::unset("AUTH_REQUIRED");
pub(super) static METRICS_AUTH: Spec = Spec::unset("METRICS_AUTH");
pub(super) static MAX_MEMORY_ITEMS: Spec = Spec::new("MAX_MEMORY_ITEMS", "1000");
pub(super) static MEMORY_LIMIT_POLICY: Spec = Spec::new("MEMORY_LIMIT_POLICY", "reject");
pub(super) static DEFAULT_TTL_SECONDS: Spec = Spec::unset("DEFAULT_TTL_SECONDS");
pub(super) static CONTEXT_WINDOW_SIZE: Spec = Spec::new("CONTEXT_WINDOW_SIZE", "10");
pub(super) static CONFIDENCE_THRESHOLD: Spec = Spec::new("CONFIDENCE_THRESHOLD", "0.85");
pub(super) static INDEX_MEMORY_MB: Spec = Spec::new("INDEX_MEMORY_MB", "512");
pub(super) static EMBEDDER: Spec = Spec::new("EMBEDDER", "minilm");
pub(super) static EMBEDDING_URL: Spec =
    Spec { name: "EMBEDDING_URL", default: None, shown: Shown::MaskedUrl };
pub(super) static EMBEDDING_MODEL: Spec = Spec::unset("EMBEDDING_MODEL");
pub(super) static EMBEDDING_API_KEY: Spec = Spec::hidden("EMBEDDING_API_KEY");
pub(super) static EMBEDDING_TIMEOUT_MS: Spec = Spec::new("EMBEDDING_TIMEOUT_MS", "30000");
pub(super) static EMBEDDING_MODEL_DIR: Spec = Spec::unset("EMBEDDING_MODEL_DIR");
pub(super) static EMBEDDING_QUERY_BUDGET_MS: Spec = Spec::new("EMBEDDING_QUERY_BUDGET_MS", "50");
pub(super) static EMBEDDING_THREADS: Spec = Spec::unset("EMBEDDING_THREADS");
pub(super) static RATE_LIMIT_PER_SECOND: Spec = Spec::new("RATE_LIMIT_PER_SECOND", "100");
pub(super) static RATE_LIMIT_BURST: Spec = Spec::new("RATE_LIMIT_BURST", "200");
pub(super) static AUDIT_RETENTION_DAYS: Spec = Spec::new("AUDIT_RETENTION_DAYS", "365");

/// Every setting, in the order in which they are read and reported.
pub(super) static ALL: [&Spec; 47] = [
    &ENVIRONMENT,
    &API_HOST,
    &API_PORT,
    &CORS_ORIGINS,
    &MAX_BODY_BYTES,
    &TRUSTED_PROXIES,
    &DOCS_ENABLED,
    &MCP_ALLOWED_HOSTS,
    &TLS_CERT,
    &TLS_KEY,
    &LOG_LEVEL,
    &LOG_FORMAT,
    &LOG_DIR,
    &LOG_MAX_FILES,
    &STORE,
    &DATA_DIR,
    &REDIS_URL,
    &REDIS_HOST,
    &REDIS_PORT,
    &REDIS_DB,
    &REDIS_PASSWORD,
    &REDIS_PREFIX,
    &REDIS_WAIT_REPLICAS,
    &REDIS_TLS_CA,
    &SECRET_KEY,
    &SECRET_KEY_PREVIOUS,
    &ALGORITHM,
    &ACCESS_TOKEN_EXPIRE_MINUTES,
    &AUTH_REQUIRED,
    &METRICS_AUTH,
    &MAX_MEMORY_ITEMS,
    &MEMORY_LIMIT_POLICY,
    &DEFAULT_TTL_SECONDS,
    &CONTEXT_WINDOW_SIZE,
    &CONFIDENCE_THRESHOLD,
    &INDEX_MEMORY_MB,
    &EMBEDDER,
    &EMBEDDING_URL,
    &EMBEDDING_MODEL,
    &EMBEDDING_API_KEY,
    &EMBEDDING_TIMEOUT_MS,
    &EMBEDDING_MODEL_DIR,
    &EMBEDDING_QUERY_BUDGET_MS,
    &EMBEDDING_THREADS,
    &RATE_LIMIT_PER_SECOND,
    &RATE_LIMIT_BURST,
    &AUDIT_RETENTION_DAYS,
];

/// The name that somebody who wrote `wrong` most likely meant, if one is near.
pub(super) fn nearest(wrong: &str) -> Option<&'static str> {
    let wrong = wrong.to_ascii_uppercase().replace('-', "_");
    // A longer key cannot be a slip of the pen, and comparing it would cost.
    if wrong.len() > 64 {
        return None;
    }
    ALL.iter()
        .map(|spec| (distance(&wrong, spec.name), spec.name))
        .min()
        .filter(|(distance, name)| *distance <= name.len().div_ceil(4))
        .map(|(_, name)| name)
}

/// Levenshtein's distance in characters.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (index, a) in left.chars().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        if let Some(first) = row.first_mut() {
            *first = before;
        }
        for (cell, b) in row.iter_mut().skip(1).zip(right.chars()) {
            let cost = diagonal + usize::from(a != b);
            diagonal = *cell;
            before = cost.min(*cell + 1).min(before + 1);
            *cell = before;
        }
    }
    row.last().copied().unwrap_or_default()
}
