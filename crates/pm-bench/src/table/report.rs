//! The tables as text.

use std::fmt::Write as _;

use super::cases::Case;
use super::figure::{Figure, Verdict, rounded};
use super::machine::Machine;
use super::stage::SETTINGS;
use super::{Bench, Findings, Side};
use crate::Outcome;
use crate::spread::Spread;

/// The tables stand between these lines.
const MARKS: [&str; 2] = ["<!-- measured by cargo xtask bench -->\n", "<!-- end -->"];

type Measured = (&'static Case, Result<Findings, String>);

/// What stands before the tables of a document and after them, with the marks.
pub fn split(document: &str) -> Outcome<(&str, &str)> {
    let [begin, end] = MARKS;
    let start = document.find(begin).map(|at| at + begin.len());
    let parts = start.and_then(|start| {
        let (before, rest) = document.split_at_checked(start)?;
        Some((before, rest.split_at_checked(rest.find(end)?)?.1))
    });
    parts.ok_or_else(|| format!("the document lacks the lines {MARKS:?} around its tables").into())
}

/// All of it.
pub fn write(bench: &Bench, machine: &Machine, measured: &[Measured]) -> String {
    let mut text = format!(
        "Machine: {}. {} rounds of turns of {} s{}.\n",
        machine.text,
        bench.rounds,
        bench.seconds,
        if bench.quick { ", with little data: **not a measurement**" } else { "" }
    );
    text += "\n### Targets\n\n| case | figure | median | least..most | target | met |\n|---|---|---|---|---|---|\n";
    for (case, findings) in measured {
        match findings {
            Ok(findings) => {
                text.extend(findings.figures.iter().map(|figure| row(case, figure, machine.vnni)));
            }
            Err(error) => text.extend([format!(
                "| {} | failed: {} | | | | |\n",
                case.title,
                error.replace(['|', '\n'], " ")
            )]),
        }
    }
    text += "\n### Runs\n\n| case | who | a second | least..most | CPU us each | p50 ms | p99 ms | peak MiB |\n|---|---|---|---|---|---|---|---|\n";
    for (case, findings) in measured {
        let sides = findings.iter().flat_map(|findings| &findings.sides);
        text.extend(sides.map(|side| run_row(case, side)));
    }
    text += "\n### Commands\n\n";
    let settings: Vec<_> = SETTINGS.iter().map(|(name, value)| format!("{name}={value}")).collect();
    // Writing into a String does not fail.
    let _ = writeln!(text, "Every ai-pm: `{} MAX_MEMORY_ITEMS=0 ai-pm 2>log`.\n", settings.join(" "));
    text += "| case | `--only` | further settings | how |\n|---|---|---|---|\n";
    for (case, findings) in measured {
        let Ok(findings) = findings else { continue };
        let each = findings.sides.iter().map(|side| format!("{}: {}", side.who, side.how));
        let how = each.collect::<Vec<_>>().join("<br>");
        let how = if how.is_empty() { "started, asked and timed by `pm-bench`" } else { &how };
        let settings =
            if findings.settings.is_empty() { "-".to_owned() } else { format!("`{}`", findings.settings) };
        let _ = writeln!(text, "| {} | `{}` | {settings} | {how} |", case.title, case.name);
    }
    text
}

fn row(case: &Case, figure: &Figure, vnni: bool) -> String {
    let Figure { what, unit, values, target } = figure;
    let Ok(Spread { least, median, most, count, .. }) = Spread::of(values) else {
        return format!("| {} | {what} | not measured | | | |\n", case.title);
    };
    let ends =
        if count == 1 { "once".to_owned() } else { format!("{}..{}", unit.shown(least), unit.shown(most)) };
    let aim = target.map_or("-".to_owned(), |target| target.shown(*unit));
    let met = Verdict(target.and_then(|target| target.is_met(median, vnni)));
    format!("| {} | {what} | {} | {ends} | {aim} | {met} |\n", case.title, unit.shown(median))
}

fn run_row(case: &Case, side: &Side) -> String {
    let median = |values: Vec<f64>, digits: usize| {
        Spread::of(&values).map_or("-".to_owned(), |spread| format!("{:.digits$}", spread.median))
    };
    let (rate, ends) = Spread::of(&side.rates()).map_or(("-".to_owned(), String::new()), |spread| {
        (rounded(spread.median), format!("{}..{}", rounded(spread.least), rounded(spread.most)))
    });
    format!(
        "| {} | {} | {rate} | {ends} | {} | {} | {} | {} |\n",
        case.title,
        side.who,
        median(side.each(|run| run.cpu_us), 1),
        median(side.each(|run| run.p50), 2),
        median(side.each(|run| run.p99), 2),
        median(side.each(|run| run.peak_mib), 1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_between_the_marks_alone_is_replaced() {
        let [begin, end] = MARKS;
        let document = format!("before\n{begin}old\n{end}\nafter\n");
        let (before, after) = split(&document).unwrap();
        assert_eq!(format!("{before}new\n{after}"), format!("before\n{begin}new\n{end}\nafter\n"));
        assert!(split("no marks").is_err());
        assert!(split(&format!("{end}\n{begin}")).is_err());
    }
}
