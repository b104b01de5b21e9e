//! What the machine gives: open files, and room on the disk.

use super::finding::Finding;
use crate::config::{Config, StoreKind};

/// Open files that a server with many clients wants.
const FILES: u64 = 4096;
/// Free bytes below which it is told, and below which it is a fault.
const LITTLE: u64 = 1024 * 1024 * 1024;
const TOO_LITTLE: u64 = 64 * 1024 * 1024;

#[cfg(unix)]
pub(super) fn open_files() -> Finding {
    use rustix::process::{Resource, getrlimit};

    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX);
    if most < FILES {
        return Finding::warning(
            "limits",
            format!("at most {most} files can be open, connections of clients included"),
            format!("raise the hard bound: ulimit -Hn {FILES}, or LimitNOFILE={FILES} of systemd"),
        );
    }
    let most = limit.maximum.map_or_else(|| "any number of".to_owned(), |most| most.to_string());
    Finding::ok("limits", format!("{most} files can be open; the server raises its bound to that by itself"))
}

#[cfg(not(unix))]
pub(super) fn open_files() -> Finding {
    Finding::skipped("limits", "this system does not tell")
}

/// The disks that the store and the logs are on.
pub(super) fn disk(config: &Config) -> Vec<Finding> {
    let mut folders = Vec::new();
    if config.store.kind == StoreKind::Embedded {
        folders.push(("DATA_DIR", config.store.data_dir.as_path()));
    }
    folders.extend(config.log.dir.as_deref().map(|folder| ("LOG_DIR", folder)));
    folders.into_iter().map(|(name, folder)| room(name, folder)).collect()
}

#[cfg(unix)]
fn room(name: &str, folder: &std::path::Path) -> Finding {
    // What is not there yet will be made in the nearest that is.
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let Some(there) = folder.ancestors().find(|folder| folder.exists()) else {
        return Finding::skipped("disk", format!("{name}: {} is on no disk", folder.display()));
    };
    match rustix::fs::statvfs(there) {
        Ok(found) => judged(name, found.f_bavail.saturating_mul(found.f_frsize)),
        Err(error) => Finding::skipped("disk", format!("{name}: {}: {error}", there.display())),
    }
}

#[cfg(not(unix))]
fn room(name: &str, _: &std::path::Path) -> Finding {
    Finding::skipped("disk", format!("{name}: this system does not tell"))
}

fn judged(name: &str, free: u64) -> Finding {
    let detail = format!("{name}: {} are free", crate::cli::screen::bytes(free));
    let advice = format!("make room, or move {name} to another disk");
    if free < TOO_LITTLE {
        Finding::failed("disk", detail, advice)
    } else if free < LITTLE {
        Finding::warning("disk", detail, advice)
    } else {
        Finding::ok("disk", detail)
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn little_room_is_told_before_there_is_none() {
        assert_eq!(judged("DATA_DIR", 5 * LITTLE).verdict, Verdict::Ok);
        assert_eq!(judged("DATA_DIR", LITTLE - 1).verdict, Verdict::Warning);
        let none = judged("DATA_DIR", 0);
        assert_eq!((none.verdict, none.detail.as_str()), (Verdict::Failed, "DATA_DIR: 0 B are free"));
    }
}
