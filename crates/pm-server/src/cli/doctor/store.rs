//! Whether the store is there, whole, and keeps what it acknowledges.

use jiff::Timestamp;

use super::finding::Finding;
use crate::cli::screen;
use crate::compose::{self, Embedded, RedisFacts};
use crate::config::Config;

const CHECK: &str = "store";
const INTEGRITY: &str = "integrity";

/// What the checks that follow go by.
#[derive(Debug, Default)]
pub(super) struct Examined {
    /// The time on the clock of the store's server.
    pub(super) time: Option<Timestamp>,
}

pub(super) async fn check(config: &Config, findings: &mut Vec<Finding>) -> Examined {
    if config.store.redis.is_some() {
        return match compose::examine_redis(config).await {
            Ok(facts) => {
                findings.extend(redis(&facts));
                Examined { time: facts.time }
            }
            Err(error) => {
                let advice = "start Redis, or set REDIS_URL or the other REDIS_ settings right";
                findings.push(Finding::failed(CHECK, error.to_string(), advice));
                Examined::default()
            }
        };
    }
    let folder = config.store.data_dir.display();
    match compose::examine_embedded(config).await {
        Ok(None) => {
            findings.push(Finding::ok(
                CHECK,
                format!("embedded: nothing is in {folder} yet; the first start makes it"),
            ));
        }
        Ok(Some(found)) => findings.extend(embedded(&found, &folder.to_string())),
        Err(error) => {
            let advice = "set DATA_DIR to the folder of an ai-pm, or put a backup in its place";
            findings.push(Finding::failed(CHECK, format!("embedded, in {folder}: {error}"), advice));
        }
    }
    Examined::default()
}

fn embedded(found: &Embedded, folder: &str) -> Vec<Finding> {
    let Embedded { held, schema, known, bytes, sqlite, projects, items, faults } = found;
    let held = if *held { ", and a server holds it" } else { "" };
    let size = screen::bytes(*bytes);
    let detail =
        format!("embedded, in {folder}: {projects} projects, {items} items, {size}, SQLite {sqlite}{held}");
    let store = if schema < known {
        let advice = "the next start of the server brings it up to date; keep a copy of the folder before";
        Finding::warning(CHECK, format!("{detail}; schema {schema} of {known}"), advice)
    } else {
        Finding::ok(CHECK, detail)
    };
    let whole = match faults.as_slice() {
        [] => Finding::ok(INTEGRITY, "SQLite finds no fault in the file"),
        faults => {
            let advice = "stop the server, keep a copy of the folder, and put a backup in its place; `ai-pm export` may still read what is whole";
            Finding::failed(INTEGRITY, faults.join("; "), advice)
        }
    };
    vec![store, whole]
}

fn redis(facts: &RedisFacts) -> Vec<Finding> {
    let RedisFacts { product, version, mode, .. } = facts;
    let mut findings = vec![if old(product, version) {
        Finding::failed(CHECK, format!("{product} {version} ({mode})"), "use Redis 6.2 or later, or Valkey")
    } else {
        Finding::ok(CHECK, format!("{product} {version} ({mode}) answers"))
    }];
    let said = |name: &str| facts.setting(name);
    findings.push(match (said("appendonly"), said("appendfsync"), said("save")) {
        (None, ..) => Finding::skipped(
            INTEGRITY,
            "Redis does not tell its settings: whether it keeps what it acknowledges is not known",
        ),
        (Some("no"), _, Some("") | None) => Finding::failed(
            INTEGRITY,
            "Redis keeps nothing on its disk (appendonly no, no snapshots): all is lost when it stops",
            "set appendonly yes in Redis: CONFIG SET appendonly yes, CONFIG REWRITE",
        ),
        (Some("no"), _, Some(save)) => Finding::warning(
            INTEGRITY,
            format!(
                "Redis keeps snapshots alone (save {save}): what came after the last one is lost when it dies"
            ),
            "set appendonly yes in Redis: CONFIG SET appendonly yes, CONFIG REWRITE",
        ),
        (Some(_), fsync, _) => Finding::ok(
            INTEGRITY,
            format!("Redis keeps a log of all writes (appendfsync {})", fsync.unwrap_or("?")),
        ),
    });
    let (bound, policy) =
        (said("maxmemory").unwrap_or("0"), said("maxmemory-policy").unwrap_or("noeviction"));
    if bound != "0" && policy != "noeviction" {
        findings.push(Finding::failed(
            INTEGRITY,
            format!("Redis drops what was acknowledged when its memory is full (maxmemory-policy {policy})"),
            "set maxmemory-policy noeviction in Redis",
        ));
    }
    findings
}

/// Whether it is older than what is supported.
fn old(product: &str, version: &str) -> bool {
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
    let found = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    product == "redis" && found < (6, 2)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    fn verdicts(version: &str, settings: &[(&str, &str)]) -> Vec<Verdict> {
        let facts = RedisFacts {
            product: "redis".to_owned(),
            version: version.to_owned(),
            mode: "standalone",
            settings: settings
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            time: None,
        };
        redis(&facts).into_iter().map(|finding| finding.verdict).collect()
    }

    #[test]
    fn what_redis_may_lose_is_told() {
        use Verdict::{Failed, Ok, Skipped, Warning};

        assert_eq!(verdicts("7.2.4", &[]), [Ok, Skipped]);
        assert_eq!(verdicts("6.0.16", &[("appendonly", "yes")]), [Failed, Ok]);
        assert_eq!(verdicts("6.2.0", &[("appendonly", "no"), ("save", "")]), [Ok, Failed]);
        assert_eq!(verdicts("8.0.0", &[("appendonly", "no"), ("save", "3600 1")]), [Ok, Warning]);
        let evicting = [("appendonly", "yes"), ("maxmemory", "100"), ("maxmemory-policy", "allkeys-lru")];
        assert_eq!(verdicts("7.2.4", &evicting), [Ok, Ok, Failed]);
        assert_eq!(verdicts("7.2.4", &[("appendonly", "yes"), ("maxmemory", "100")]), [Ok, Ok]);
    }

    #[test]
    fn faults_of_the_file_are_told() {
        let found = |schema, faults: &[&str]| Embedded {
            held: true,
            schema,
            known: 3,
            bytes: 1,
            sqlite: "3.1".to_owned(),
            projects: 1,
            items: 2,
            faults: faults.iter().map(|fault| (*fault).to_owned()).collect(),
        };
        let whole = embedded(&found(3, &[]), "data");
        assert!(whole.iter().all(|finding| finding.verdict == Verdict::Ok), "{whole:?}");
        assert!(
            whole[0].detail.contains("1 projects, 2 items") && whole[0].detail.contains("holds it"),
            "{whole:?}"
        );
        let broken = embedded(&found(2, &["row 3 missing from index"]), "data");
        assert_eq!(broken[0].verdict, Verdict::Warning);
        assert!(broken[1].verdict == Verdict::Failed && broken[1].detail.contains("row 3"), "{broken:?}");
    }
}
