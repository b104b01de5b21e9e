//! Every rule is an invariant that `ARCHITECTURE.md` gives a reason for, and every invariant has a rule.

use super::{Breach, File, RULES, Tree};

const FILE: &str = "ARCHITECTURE.md";

/// An invariant stands there as `**I7. ..**`.
pub(super) fn check(tree: &Tree) -> Vec<Breach> {
    let Some(file) = tree.file(FILE) else {
        return vec![Breach::new(&File::new(FILE, ""), 1, "is not there: it gives the reason of every rule")];
    };
    let written: Vec<_> = file.lines().filter_map(|(line, text)| Some((number(text)?, line))).collect();
    let without_reason = RULES.iter().filter(|(rule, _)| written.iter().all(|(number, _)| number != rule));
    let without_rule = written.iter().filter(|(number, _)| RULES.iter().all(|(rule, _)| number != rule));
    let breach = |line, what: String| Breach::new(file, line, what);
    without_reason
        .map(|(rule, _)| breach(1, format!("the rule {rule} has no invariant here: write down what and why")))
        .chain(
            without_rule
                .map(|(number, line)| breach(*line, format!("no rule of tidy checks {number}: add one"))),
        )
        .collect()
}

fn number(line: &str) -> Option<&str> {
    let number = line.split_once("**I")?.1.split_once('.')?.0;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let at = line.find("**I")? + 2;
    if digits { line.get(at..at + 1 + number.len()) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<usize> {
        check(&Tree { files: vec![File::new(FILE, text)] }).into_iter().map(|breach| breach.line).collect()
    }

    #[test]
    fn rules_and_invariants_are_the_same() {
        let all: Vec<_> = RULES.iter().map(|(number, _)| format!("* **{number}. So it is.** Why.")).collect();
        let all = all.join("\n");
        assert!(found(&all).is_empty());
        assert_eq!(found(&all.replace("**I3.", "**I333.")), [1, 3]);
        assert_eq!(found("In **Italics.**\n").len(), RULES.len());
        assert_eq!(check(&Tree::default()).len(), 1);
    }
}
