//! The folder that a command is run in, as far as it says which project is meant.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

/// The setting that names the project.
pub const PROJECT: &str = "AI_PM_PROJECT";

/// The project that is meant: the one that is named, else that of `AI_PM_PROJECT`, else the name of the working folder's git
/// remote. It need not be there. A name that is blank names none.
pub fn default_project(named: Option<&str>) -> Option<String> {
    let set = |name: &str| Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    if let Some(named) = named {
        // Who names nothing does not mean whatever is found.
        return set(named);
    }
    variable(PROJECT)
        .and_then(|name| set(&name))
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
            remote = remote_of(section);
            continue;
        }
        let Some(remote) = remote else { continue };
        let Some((name, value)) = line.split_once('=') else { continue };
        if name.trim().eq_ignore_ascii_case("url") && (found.is_none() || remote == "origin") {
            found = of_url(&value_of(value.trim())).or(found);
        }
    }
    found
}

/// The remote that a section is about: `remote "origin"]`.
fn remote_of(section: &str) -> Option<&str> {
    let (kind, rest) = section.split_once('"')?;
    let (name, _) = rest.split_once('"')?;
    kind.trim().eq_ignore_ascii_case("remote").then_some(name)
}

/// A value as git reads it: without its quotes, and without the remark behind it.
fn value_of(text: &str) -> String {
    let (mut value, mut quoted, mut kept) = (String::new(), false, 0);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => quoted = !quoted,
            '#' | ';' if !quoted => break,
            '\\' => match characters.as_str().chars().next() {
                Some(escaped @ ('\\' | '"')) => {
                    value.push(escaped);
                    characters.next();
                }
                // Somebody wrote a path of Windows as it is.
                _ => value.push('\\'),
            },
            character => value.push(character),
        }
        // Blanks count within quotes, and between other characters.
        if quoted || !character.is_whitespace() {
            kept = value.len();
        }
    }
    value.truncate(kept);
    value
}

/// The last step of an address, without `.git`: `git@host:team/shop.git` is `shop`.
fn of_url(url: &str) -> Option<String> {
    let Some((_, rest)) = url.split_once("://") else {
        // A folder, or `host:folder`.
        let end = [".git?", ".git#"].iter().filter_map(|mark| url.find(mark)).min();
        return step(end.and_then(|end| url.get(..end)).unwrap_or(url), &['/', '\\', ':']);
    };
    let path = rest.split(['?', '#']).next()?;
    let (_host, path) = path.split_once('/')?;
    let name = step(path, &['/', '\\'])?;
    let decoded = percent_decode_str(&name).decode_utf8().ok().map(Cow::into_owned);
    Some(decoded.filter(|decoded| !decoded.contains(char::is_control)).unwrap_or(name))
}

/// What stands behind the last of the separators.
fn step(path: &str, separators: &[char]) -> Option<String> {
    let last = path.trim_end_matches(['/', '\\']).rsplit(separators).next()?;
    let name = last.strip_suffix(".git").unwrap_or(last).trim();
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
            ("https://host.example/team/my%20repo.git", Some("my repo")),
            ("https://host.example/team/%e6%9d%b1", Some("東")),
            ("https://host.example/team/a%00b%ff", Some("a%00b%ff")),
            ("host:my%20repo", Some("my%20repo")),
            ("https://host.example/shop.git?x=1", Some("shop")),
            ("https://host.example/shop#main/x", Some("shop")),
            ("host:shop.git?x=/1", Some("shop")),
            ("host:c#", Some("c#")),
            (r"C:\repos\shop.git", Some("shop")),
            (r"file:///C:\repos\shop.git", Some("shop")),
            ("https://github.com/", None),
            ("https://github.com", None),
            ("host:", None),
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
    fn settings_are_read_as_git_reads_them() {
        for (line, name) in [
            (r#"URL = "h:team/shop.git""#, "shop"),
            (r"url = h:team/shop.git ; the one that counts", "shop"),
            (r#"Url="h:team/my shop.git"  # a remark"#, "my shop"),
            (r#"url = "h:team/c#""#, "c#"),
            (r"url = C:\\repos\\shop.git", "shop"),
            (r"url = C:\repos\shop.git", "shop"),
        ] {
            let config = format!("[Remote \"origin\"] ; ours\n\t{line}\n");
            assert_eq!(of_config(&config).as_deref(), Some(name), "{line}");
        }
        assert_eq!(of_config("[remotes \"origin\"]\nurl = h:shop\n[remote \"o\"]\npushurl = h:x\n"), None);
    }

    #[test]
    fn who_names_nothing_means_nothing() {
        assert_eq!(default_project(Some(" shop ")).as_deref(), Some("shop"));
        assert_eq!((default_project(Some("")), default_project(Some(" \t"))), (None, None));
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
