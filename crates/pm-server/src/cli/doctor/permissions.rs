//! Who else on this machine can read what is secret.

use std::path::Path;

use super::finding::Finding;
use crate::config::{Config, Environment, Source, StoreKind};

const CHECK: &str = "permissions";

/// The files that hold secrets, the data, and the folder that is written to.
pub(super) fn check(config: &Config) -> Vec<Finding> {
    let strict = config.environment == Environment::Production;
    let mut findings = Vec::new();
    for (source, file) in [(Source::DotEnv, ".env"), (Source::Toml, "ai-pm.toml")] {
        let secret = |setting: &&crate::config::Setting| setting.source == source && setting.value == "[set]";
        let secrets: Vec<_> = config.report().iter().filter(secret).map(|setting| setting.name).collect();
        if !secrets.is_empty() {
            let what = format!("it holds {}", secrets.join(", "));
            findings.extend(closed(Path::new(file), &what, "600", strict));
        }
    }
    if let Some(files) = &config.server.tls {
        findings.extend(closed(&files.key, "it holds the key of the certificate", "600", strict));
    }
    if config.store.kind == StoreKind::Embedded {
        let folder = &config.store.data_dir;
        findings.extend(closed(folder, "it holds the data", "700", strict));
        findings.extend(written(folder));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, "no file of the configuration holds a secret"));
    }
    findings
}

/// Whether nobody but its owner gets at it; nothing where it is not there.
#[cfg(unix)]
fn closed(path: &Path, what: &str, mode: &str, strict: bool) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt;

    let found = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let shown = path.display();
    let others = found & 0o077;
    if others == 0 {
        return Some(Finding::ok(CHECK, format!("{shown}: its owner alone gets at it ({found:03o})")));
    }
    let (detail, advice) =
        (format!("{shown}: others get at it ({found:03o}), and {what}"), format!("chmod {mode} {shown}"));
    // In production what everybody reads is no secret.
    let open = strict && found & 0o004 != 0;
    Some(if open { Finding::failed(CHECK, detail, advice) } else { Finding::warning(CHECK, detail, advice) })
}

#[cfg(not(unix))]
fn closed(_: &Path, _: &str, _: &str, _: bool) -> Option<Finding> {
    None
}

#[cfg(unix)]
fn written(folder: &Path) -> Option<Finding> {
    use rustix::fs::{Access, access};

    let whole = std::path::absolute(folder).ok()?;
    let there = whole.ancestors().find(|folder| folder.exists())?;
    let refused = access(there, Access::WRITE_OK | Access::EXEC_OK).err()?;
    let detail = format!("{}: cannot be written to: {refused}", there.display());
    Some(Finding::failed(
        CHECK,
        detail,
        "give it to the user that the server runs as, or set another DATA_DIR",
    ))
}

#[cfg(not(unix))]
fn written(_: &Path) -> Option<Finding> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn what_others_read_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        assert_eq!(closed(&file, "w", "600", true), None);
        std::fs::write(&file, "").unwrap();
        let with = |mode, strict| {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            closed(&file, "it holds SECRET_KEY", "600", strict).unwrap()
        };
        assert_eq!(with(0o600, true).verdict, Verdict::Ok);
        assert_eq!(
            (with(0o640, true).verdict, with(0o644, false).verdict),
            (Verdict::Warning, Verdict::Warning)
        );
        let open = with(0o644, true);
        assert!(open.verdict == Verdict::Failed && open.detail.contains("(644)"), "{open:?}");
        assert_eq!(open.advice, Some(format!("chmod 600 {}", file.display())));
    }
}
