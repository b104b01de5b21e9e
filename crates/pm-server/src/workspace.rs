//! The folder that a command is run in, as far as it says which project is meant.

use std::path::{Path, PathBuf};

/// The setting that names the project.
pub const PROJECT: &str = "AI_PM_PROJECT";

/// The project that is meant: the one that is named, else that of `AI_PM_PROJECT`, else the name of the working folder's git
/// remote. It need not be there.
pub fn default_project(named: Option<&str>) -> Option<String> {
    let set = |name: String| Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    named
        .map(str::to_owned)
        .and_then(set)
        .or_else(|| variable(PROJECT).and_then(set))
        .or_else(|| std::env::current_dir().ok().and_then(|folder| of_folder(&folder)))
}

#[expect(clippy::disallowed_methods, reason = "a variable of whoever asks, no setting of the server")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The name of the git remote `origin`, else of the first remote, of the repository that `folder` is in.
fn of_folder(folder: &Path) -> Option<String> {
    let git = folder.ancestors().map(|folder| folder.join(".git")).find(|git| git.exists())?;
    let config = if git.is_dir() { git.join("config") } else { shared(&git)?.join("config") };
    let config = std::fs::read_to_string(config).ok()?;
    of_config(&config)
}

/// The folder of the repository that the file `.git` of a work tree or of a submodule leads to.
fn shared(file: &Path) -> Option<PathBuf> {
    let text = std::fs::read_to_string(file).ok()?;
    let own = file.parent()?.join(text.strip_prefix("gitdir:")?.trim());
    // A work tree has the settings of the repository that it belongs to.
    match std::fs::read_to_string(own.join("commondir")) {
        Ok(common) => Some(own.join(common.trim())),
        Err(_) => Some(own),
    }
}

fn of_config(config: &str) -> Option<String> {
    let mut remote = None;
    let mut found: Option<String> = None;
    for line in config.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            remote =
                section.strip_prefix("remote \"").and_then(|rest| rest.split_once('"')).map(|(name, _)| name);
            continue;
        }
        let Some(remote) = remote else { continue };
        let Some((name, url)) = line.split_once('=') else { continue };
        if name.trim() == "url" && (found.is_none() || remote == "origin") {
            found = of_url(url.trim()).or(found);
        }
    }
    found
}

/// The last step of an address, without `.git`: `git@host:team/shop.git` is `shop`.
fn of_url(url: &str) -> Option<String> {
    let last = url.trim_end_matches('/').rsplit(['/', ':']).next()?;
    let name = last.strip_suffix(".git").unwrap_or(last);
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_gives_its_last_step() {
        for (url, name) in [
            ("git@host.example:team/shop.git", Some("shop")),
            ("https://host.example/team/shop", Some("shop")),
            ("https://host.example/team/shop.git/", Some("shop")),
            ("ssh://git@host.example:22/shop.git", Some("shop")),
            ("host:shop", Some("shop")),
            ("../shop.git", Some("shop")),
            ("", None),
            (".git", None),
        ] {
            assert_eq!(of_url(url).as_deref(), name, "{url}");
        }
    }

    #[test]
    fn origin_goes_before_other_remotes() {
        let config = "[core]\n\tbare = false\n[remote \"fork\"]\n\turl = h:mine/fork.git\n[remote \"origin\"]\n\turl = h:team/shop.git\n\tfetch = x\n[branch \"main\"]\n\turl = no\n";
        assert_eq!(of_config(config).as_deref(), Some("shop"));
        let (first, _) = config.split_once("[remote \"origin\"]").unwrap();
        assert_eq!(of_config(first).as_deref(), Some("fork"));
        assert_eq!(of_config("[core]\n").as_deref(), None);
    }

    #[test]
    fn a_work_tree_has_the_remote_of_its_repository() {
        let folder = tempfile::tempdir().unwrap();
        let repository = folder.path().join("main/.git");
        std::fs::create_dir_all(repository.join("worktrees/w")).unwrap();
        std::fs::write(repository.join("config"), "[remote \"origin\"]\nurl = h:shop.git\n").unwrap();
        std::fs::write(repository.join("worktrees/w/commondir"), "../..\n").unwrap();
        let tree = folder.path().join("tree");
        std::fs::create_dir_all(tree.join("src")).unwrap();
        let own = repository.join("worktrees/w");
        std::fs::write(tree.join(".git"), format!("gitdir: {}\n", own.display())).unwrap();
        assert_eq!(of_folder(&tree.join("src")).as_deref(), Some("shop"));
        assert_eq!(of_folder(&folder.path().join("main")).as_deref(), Some("shop"));
    }
}
