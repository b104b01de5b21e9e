//! Every problem code is documented.

use super::{Breach, Tree};

const TABLE: &str = "crates/pm-server/src/rest/problem.rs";
const README: &str = "README.md";

/// A README that is not there is told by the rule on settings.
pub(super) fn check(tree: &Tree) -> Vec<Breach> {
    let (Some(table), Some(readme)) = (tree.file(TABLE), tree.file(README)) else { return Vec::new() };
    let codes = table.lines().filter_map(|(number, line)| Some((number, code(line)?)));
    let missing = codes.filter(|(_, code)| !readme.text.contains(&format!("`{code}`")));
    let what =
        |code| format!("the problem code {code} does not stand in {README}: add it to its table of errors");
    missing.map(|(line, code)| Breach::new(table, line, what(code))).collect()
}

/// The code in a row `=> ("code", 404, "title")`.
fn code(line: &str) -> Option<&str> {
    let (code, rest) = line.split_once("(\"")?.1.split_once("\", ")?;
    let status = rest.get(..3)?;
    status.bytes().all(|byte| byte.is_ascii_digit()).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::super::File;
    use super::*;

    #[test]
    fn a_code_that_the_readme_lacks_is_found() {
        let table = "match self {\n    A => (\"conflict\", 409, \"x\"),\n    B => (\"shutting_down\", 503, \"y\"),\n}\n";
        let with = |readme: &str| {
            let tree = Tree { files: vec![File::new(TABLE, table), File::new(README, readme)] };
            check(&tree).into_iter().map(|breach| breach.line).collect::<Vec<_>>()
        };
        assert_eq!(with("`conflict`, shutting_down"), [3]);
        assert!(with("`conflict` and `shutting_down`").is_empty());
    }
}
