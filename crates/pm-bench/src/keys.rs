//! What it costs to know who calls, with few keys and with many.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use pm_core::model::Password;
use pm_core::policy::Actor;
use pm_testbed::text::Random;
use rustix::time::{ClockId, clock_gettime};

use crate::Outcome;
use crate::process::Server;
use crate::spread::Spread;
use crate::vault::Door;
use crate::wrk::{self, Requests};

const FEW: usize = 50;
const CONNECTIONS: u32 = 32;
/// Calls of `Access::authenticate` in a round, and rounds.
const CALLS: u32 = 200_000;
/// Credentials that are copied to one place before they are timed: a server has that of a request in the nearest cache,
/// since it has just read its head.
const AT_HAND: u32 = 50;
const ROUNDS: usize = 7;
/// How often differences are drawn anew, to tell how sure their median is.
const RESAMPLES: usize = 4000;
/// Enough for each of 131,072 lines to differ.
const BLANKS: usize = 17;
const PASSWORD: &str = "correct horse battery";

/// Prints both measurements, or that of the door itself alone.
pub fn run(many: usize, seconds: u32, rounds: usize, direct_only: bool) -> Outcome<()> {
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
    let required: [(&str, &str); 1] = [("AUTH_REQUIRED", "true")];
    let servers = [
        ("open, no credential", Server::ai_pm(open)?, Vec::new()),
        ("50 keys", Server::ai_pm_with(few, &required)?, small),
        ("many keys", Server::ai_pm_with(several, &required)?, large),
    ];
    let mut costs = vec![Vec::new(); servers.len()];
    for round in 0..=rounds {
        let turns = servers.iter().zip(&mut costs);
        // There and back again, so that a machine that becomes slower by and by is as unfair to one as to the other.
        let mut turns: Vec<_> = turns.collect();
        if round % 2 == 1 {
            turns.reverse();
        }
        for ((name, server, keys), costs) in turns {
            let before = server.cpu_seconds()?;
            // The first round reads every key from the vault; it is told and not counted.
            let seconds = if round == 0 { seconds.max(2) * 5 } else { seconds };
            let load = wrk::run(&server.url, &case(keys, many, open)?, "", CONNECTIONS, seconds, open)?;
            let cpu = (server.cpu_seconds()? - before) * 1e6 / (load.rate * f64::from(seconds));
            if load.errors > 0 {
                return Err(format!("{name}: {} requests were not let in", load.errors).into());
            }
            println!("round {round}, {name}: {:.0} requests/s, {cpu:.2} us", load.rate);
            if round > 0 {
                costs.push(cpu);
            }
        }
    }
    println!("| server | CPU us a request, median | least | most |");
    println!("|---|---|---|---|");
    for ((name, ..), costs) in servers.iter().zip(&costs) {
        let Spread { median, least, most, .. } = Spread::of(costs)?;
        println!("| {name} | {median:.2} | {least:.2} | {most:.2} |");
    }
    println!("| more in the same round | CPU us a request, median | 95 % of resamples | of a request |");
    println!("|---|---|---|---|");
    let [open, few, several] = costs.as_slice() else { return Err("there are three servers".into()) };
    for (what, less, more) in [
        ("50 keys, than open", open, few),
        ("many keys, than open", open, several),
        ("many keys, than 50", few, several),
    ] {
        let differences: Vec<f64> = more.iter().zip(less).map(|(more, less)| more - less).collect();
        let median = Spread::of(&differences)?.median;
        let (low, high) = resampled(&differences)?;
        let part = median / Spread::of(less)?.median * 100.0;
        println!("| {what} | {median:.2} | {low:.2} to {high:.2} | {part:.1} % |");
    }
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

/// A GET of no consequence, by a key chosen at random. wrk has as many lines to choose from however many keys there are:
/// with more it would take more of the processor's caches, and what that costs the server is not what is looked for.
fn case(keys: &[String], lines: usize, folder: &Path) -> Outcome<Requests> {
    let mut next = r#"path = "/api/auth/me""#.to_owned();
    if !keys.is_empty() {
        let file = folder.join(format!("{}.keys", keys.len()));
        let lines: Vec<String> = keys
            .iter()
            .cycle()
            .take(lines)
            .enumerate()
            .map(|(at, key)| format!("{key}{}", blanks(at)))
            .collect();
        fs::write(&file, lines.join("\n"))?;
        write!(
            next,
            r#"
  if not keys then
    keys = {{}}
    for key in io.lines("{}") do keys[#keys + 1] = key end
    math.randomseed(os.time() + thread)
  end
  headers["X-API-Key"] = keys[math.random(#keys)]"#,
            file.display()
        )?;
    }
    Ok(Requests::Written(next))
}

/// Blanks that differ for each number, and that a server cuts off: Lua has equal texts but once.
fn blanks(number: usize) -> String {
    (0..BLANKS).map(|bit| if number >> bit & 1 == 0 { ' ' } else { '\t' }).collect()
}

/// Makes `count` keys in `folder` and asks the door itself for them; the keys.
fn direct(folder: &Path, count: usize) -> Outcome<Vec<String>> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let door = Door::open(folder).await?;
        let keys = door.make_keys(count).await?;
        door.add_user("ada", PASSWORD).await?;
        let tokens =
            door.sessions.log_in("ada", Password::claimed(PASSWORD.to_owned()), &Actor::shell()).await?;
        let token = tokens.ok_or("the user cannot log in")?.access;
        let access = door.access.clone();
        let watch = tokio::spawn(async move { access.watch().await });
        // What is remembered holds from the first answer of the vault on.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let first = Instant::now();
        for key in &keys {
            door.access.authenticate(key).await?.ok_or("a key is not known")?;
        }
        let each = first.elapsed().as_secs_f64() * 1e6 / f64::from(u32::try_from(count)?);
        println!("{count} keys, each for the first time, from the vault: {each:.1} us each");
        // The uses of keys are noted in the background, once a minute each.
        tokio::time::sleep(Duration::from_secs(3)).await;
        time(&door, &format!("{count} keys, remembered"), &keys).await?;
        time(&door, &format!("an access token beside {count} keys"), &[token]).await?;
        watch.abort();
        Ok(keys)
    })
}

async fn time(door: &Door, what: &str, credentials: &[String]) -> Outcome<()> {
    let mut random = Random(42);
    let mut nanos = Vec::new();
    for _ in 0..ROUNDS {
        let mut spent = Duration::ZERO;
        for _ in 0..CALLS / AT_HAND {
            let mut at_hand = Vec::new();
            for _ in 0..AT_HAND {
                let at = usize::try_from(random.number())? % credentials.len();
                at_hand.push(credentials.get(at).ok_or("no credential")?.clone());
            }
            let beginning = on_processor()?;
            for credential in &at_hand {
                door.access.authenticate(credential).await?.ok_or("a credential is not known")?;
            }
            spent += on_processor()?.saturating_sub(beginning);
        }
        nanos.push(spent.as_secs_f64() * 1e9 / f64::from(CALLS));
    }
    let Spread { median, least, most, .. } = Spread::of(&nanos)?;
    println!(
        "{what}: {median:.0} ns of the processor a call (least {least:.0}, most {most:.0} of {ROUNDS} rounds)"
    );
    Ok(())
}

/// How long this thread was on a processor: what others took of it meanwhile does not count.
fn on_processor() -> Outcome<Duration> {
    Ok(Duration::try_from(clock_gettime(ClockId::ThreadCPUTime))?)
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
