//! Every setting is documented, and what is documented is a setting.

use std::collections::BTreeMap;

use super::{Breach, File, Tree};

const TABLE: &str = "crates/pm-server/src/config/names.rs";
const EXAMPLE: &str = ".env.example";
const README: &str = "README.md";

/// Holds the table of settings, `.env.example` and the README's configuration table to one another.
pub(super) fn check(tree: &Tree) -> Vec<Breach> {
    let sources: [(&str, Read); 3] = [(TABLE, in_table), (EXAMPLE, in_example), (README, in_readme)];
    let mut breaches = Vec::new();
    let mut present = Vec::new();
    for (path, read) in sources {
        if let Some(file) = tree.file(path) {
            present.push((file, read(file)));
        } else {
            let what = "is not there: it lists every setting";
            breaches.push(Breach::new(&File::new(path, ""), 1, what));
        }
    }
    for (file, names) in &present {
        for (other, others) in &present {
            for (name, line) in names.iter().filter(|(name, _)| !others.contains_key(*name)) {
                let what = format!(
                    "the setting {name} does not stand in {}: add it there, or take it out here",
                    other.path
                );
                breaches.push(Breach::new(file, *line, what));
            }
        }
    }
    breaches
}

/// Settings and the line each is named on first.
type Names = BTreeMap<String, usize>;

type Read = fn(&File) -> Names;

fn in_table(file: &File) -> Names {
    let after = ["Spec::new(\"", "Spec::unset(\"", "Spec::hidden(\"", "name: \""];
    let literal = |line: &str| {
        after.iter().find_map(|mark| line.split_once(mark)?.1.split('"').next().map(str::to_owned))
    };
    file.lines()
        .filter_map(|(number, line)| Some((literal(line).filter(|name| is_name(name))?, number)))
        .collect()
}

fn in_example(file: &File) -> Names {
    let name = |line: &str| Some(line.trim_start_matches(['#', ' ']).split_once('=')?.0.to_owned());
    file.lines()
        .filter_map(|(number, line)| Some((name(line).filter(|name| is_name(name))?, number)))
        .collect()
}

/// The names in backticks in the first cells of the tables under a heading that says "Configuration" or "Settings".
fn in_readme(file: &File) -> Names {
    let mut names = Names::new();
    let mut level = None;
    for (number, line) in file.lines() {
        let depth = line.chars().take_while(|c| *c == '#').count();
        if depth > 0 && line.get(depth..).is_some_and(|rest| rest.starts_with(' ')) {
            let title = line.to_ascii_lowercase();
            if title.contains("configuration") || title.contains("settings") {
                level = level.or(Some(depth));
            } else if level.is_some_and(|level| depth <= level) {
                level = None;
            }
        } else if level.is_some() && line.trim_start().starts_with('|') {
            let cell = line.split('|').nth(1).unwrap_or_default();
            let quoted = cell.split('`').skip(1).step_by(2).filter(|name| is_name(name));
            for name in quoted {
                names.entry(name.to_owned()).or_insert(number);
            }
        }
    }
    names
}

fn is_name(text: &str) -> bool {
    text.len() > 1
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &str = "static A: Spec = Spec::new(\"API_HOST\", \"INFO\");\nstatic B: Spec =\n    Spec::unset(\"STORE\");\n\
        static C: Spec = Spec { name: \"REDIS_URL\", default: None };\n";
    const ENV: &str = "# The host.\nAPI_HOST=0.0.0.0\n# STORE=embedded\n#REDIS_URL=\n";
    const README_TEXT: &str = "# x\n| `OTHER` |\n## Configuration\n| `API_HOST` | `IGNORED` |\n### Store\n\
        | `STORE`, `REDIS_URL` | x |\n## More\n| `OTHER` |\n";

    fn found(names: &str, example: &str, readme: &str) -> Vec<(String, usize)> {
        let files = [(TABLE, names), (EXAMPLE, example), (README, readme)];
        let files = files.into_iter().filter(|(_, text)| !text.is_empty());
        let tree = Tree { files: files.map(|(path, text)| File::new(path, text)).collect() };
        check(&tree).into_iter().map(|breach| (breach.path, breach.line)).collect()
    }

    #[test]
    fn three_lists_that_agree_pass() {
        assert!(found(NAMES, ENV, README_TEXT).is_empty());
    }

    #[test]
    fn a_setting_that_one_list_lacks_is_found_where_it_stands() {
        let names = NAMES.replace("STORE", "STORES");
        let missing = found(&names, ENV, README_TEXT);
        assert_eq!(missing.len(), 4, "{missing:?}");
        assert!(missing.contains(&(TABLE.to_owned(), 3)) && missing.contains(&(EXAMPLE.to_owned(), 3)));
        assert_eq!(found(NAMES, ENV, &README_TEXT.replace(", `REDIS_URL`", "")).len(), 2);
    }

    #[test]
    fn a_missing_file_is_one_breach() {
        assert_eq!(found(NAMES, ENV, ""), [(README.to_owned(), 1)]);
    }
}
