//! What it costs to know who calls, with few keys and with many.

mod door;
mod load;

use std::path::Path;
use std::time::{Duration, Instant};

use pm_testbed::text::Random;

use self::door::direct;
use self::load::Load;
use crate::Outcome;
use crate::process::Server;
use crate::spread::Spread;

const FEW: usize = 50;
/// How long a server is asked before it is the next one's turn: so short that a machine that others use is the same for all.
const TURN: Duration = Duration::from_millis(100);
/// How often differences are drawn anew, to tell how sure their median is.
const RESAMPLES: usize = 4000;
/// Enough for each of 131,072 lines to differ.
const BLANKS: usize = 17;
/// The line of a key, and one of the same length that says nothing to a server.
const KEY: &str = "x-api-key";
const OTHER: &str = "x-any-key";

/// What is asked of which server, and the costs of a request in each round.
struct Case {
    name: &'static str,
    server: usize,
    load: Load,
    costs: Vec<f64>,
}

/// Prints both measurements, or that of the door itself alone.
pub fn run(many: usize, rounds: usize, direct_only: bool) -> Outcome<()> {
    let folders = [tempfile::tempdir()?, tempfile::tempdir()?, tempfile::tempdir()?];
    let [open, few, several] = folders.each_ref().map(tempfile::TempDir::path);
    let beginning = Instant::now();
    let small = direct(few, FEW)?;
    let large = direct(several, many)?;
    println!("{many} keys were made within {:.1} s", beginning.elapsed().as_secs_f64());
    if direct_only {
        return Ok(());
    }
    // A store lets go of its folder when its last write has ended, a moment after nobody has it any more.
    std::thread::sleep(Duration::from_secs(3));
    over_http([open, few, several], &small, &large, rounds)
}

/// Servers by turns, each sent as many different lines; those that are open are sent them under a name that says nothing.
fn over_http(folders: [&Path; 3], small: &[String], large: &[String], rounds: usize) -> Outcome<()> {
    let [open, few, several] = folders;
    let required: [(&str, &str); 1] = [("AUTH_REQUIRED", "true")];
    let servers =
        [Server::ai_pm(open)?, Server::ai_pm_with(few, &required)?, Server::ai_pm_with(several, &required)?];
    let mut cases = Vec::new();
    for (name, server, header, keys) in [
        ("open, lines of 50 keys", 0, OTHER, small),
        ("open, lines of many keys", 0, OTHER, large),
        ("50 keys", 1, KEY, small),
        ("many keys, 50 of them used", 2, KEY, large.get(..FEW).unwrap_or(large)),
        ("many keys", 2, KEY, large),
    ] {
        let at: &Server = servers.get(server).ok_or("no such server")?;
        let requests = requests(at.authority(), header, keys, large.len());
        cases.push(Case { name, server, load: Load::new(at.authority(), requests)?, costs: Vec::new() });
    }
    for case in &mut cases {
        // Every key is read from the vault here, and none later.
        case.load.all()?;
    }
    let mut random = Random(1);
    let mut order: Vec<usize> = (0..cases.len()).collect();
    for _ in 0..rounds {
        for last in (1..order.len()).rev() {
            order.swap(last, usize::try_from(random.number())? % (last + 1));
        }
        for at in &order {
            let case = cases.get_mut(*at).ok_or("no such case")?;
            let server = servers.get(case.server).ok_or("no such server")?;
            let before = server.busy()?;
            let count = case.load.some(TURN)?;
            case.costs.push(server.busy()?.since(&before).as_secs_f64() * 1e6 / count);
        }
    }
    tell(&cases)
}

fn tell(cases: &[Case]) -> Outcome<()> {
    println!("| server | CPU us a request, median | least | most |");
    println!("|---|---|---|---|");
    for Case { name, costs, .. } in cases {
        let Spread { median, least, most, .. } = Spread::of(costs)?;
        println!("| {name} | {median:.2} | {least:.2} | {most:.2} |");
    }
    println!("| more in the same round | CPU us a request, median | 95 % of resamples |");
    println!("|---|---|---|");
    let [open_few, open_many, few, used, many] = cases else { return Err("there are five cases".into()) };
    for (what, less, more) in [
        ("lines of many keys, than of 50, to an open server", open_few, open_many),
        ("50 keys, than open", open_few, few),
        ("many keys, than open", open_many, many),
        ("many keys but 50 of them used, than 50", few, used),
        ("many keys, than 50", few, many),
    ] {
        tell_difference(what, &differences(less, more))?;
    }
    let (lines, keys) = (differences(open_few, open_many), differences(few, many));
    let beside: Vec<f64> = keys.iter().zip(&lines).map(|(keys, lines)| keys - lines).collect();
    tell_difference("the last without the first", &beside)
}

fn differences(less: &Case, more: &Case) -> Vec<f64> {
    more.costs.iter().zip(&less.costs).map(|(more, less)| more - less).collect()
}

fn tell_difference(what: &str, differences: &[f64]) -> Outcome<()> {
    let median = Spread::of(differences)?.median;
    let (low, high) = resampled(differences)?;
    println!("| {what} | {median:.2} | {low:.2} to {high:.2} |");
    Ok(())
}

/// Between which medians 95 of 100 lie of as many figures, drawn from these at random (a bootstrap).
fn resampled(figures: &[f64]) -> Outcome<(f64, f64)> {
    let mut random = Random(1);
    let mut medians = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        let mut drawn = Vec::with_capacity(figures.len());
        for _ in figures {
            let at = usize::try_from(random.number())? % figures.len();
            drawn.extend(figures.get(at));
        }
        medians.push(Spread::of(&drawn)?.median);
    }
    medians.sort_by(f64::total_cmp);
    let at = |n: usize| medians.get(n).copied().ok_or("there are no figures");
    Ok((at(RESAMPLES / 40)?, at(RESAMPLES - 1 - RESAMPLES / 40)?))
}

/// GETs of no consequence, as many whatever keys there are.
fn requests(authority: &str, header: &str, keys: &[String], count: usize) -> Vec<Vec<u8>> {
    let keys = keys.iter().cycle().take(count).enumerate();
    let request = |(at, key): (usize, &String)| {
        let blanks = blanks(at);
        format!("GET /api/auth/me HTTP/1.1\r\nhost: {authority}\r\n{header}: {key}{blanks}\r\n\r\n")
            .into_bytes()
    };
    keys.map(request).collect()
}

/// Blanks that differ for each number, and that a server cuts off: no line is another one's, however few keys there are.
fn blanks(number: usize) -> String {
    (0..BLANKS).map(|bit| if number >> bit & 1 == 0 { ' ' } else { '\t' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_tell_lines_apart() {
        let all: std::collections::HashSet<_> = (0..1 << BLANKS).map(blanks).collect();
        assert_eq!(all.len(), 1 << BLANKS);
        assert!(all.iter().all(|blanks| blanks.len() == BLANKS && blanks.trim().is_empty()));
    }

    #[test]
    fn resamples_lie_around_the_median_and_closer_the_more_there_are() {
        let figures = |count: u32| (0..count).map(f64::from).collect::<Vec<_>>();
        assert_eq!(resampled(&[3.0; 9]).unwrap(), (3.0, 3.0));
        let width = |count: u32| {
            let (low, high) = resampled(&figures(count)).unwrap();
            let middle = f64::from(count) / 2.0;
            assert!(low < middle && middle < high, "{low} to {high} of {count}");
            (high - low) / f64::from(count)
        };
        assert!(width(400) < width(25));
        assert!(resampled(&[]).is_err());
    }
}
