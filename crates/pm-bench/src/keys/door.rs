//! The door itself, without HTTP before it.

use std::path::Path;
use std::time::{Duration, Instant};

use pm_core::model::Password;
use pm_core::policy::Actor;
use pm_testbed::text::Random;
use rustix::time::{ClockId, clock_gettime};

use crate::Outcome;
use crate::spread::Spread;
use crate::vault::Door;

/// Calls of `Access::authenticate` in a round, and rounds.
const CALLS: u32 = 200_000;
/// Credentials that are copied to one place before they are timed: a server has that of a request in the nearest cache,
/// since it has just read its head.
const AT_HAND: u32 = 50;
const ROUNDS: usize = 7;
const PASSWORD: &str = "correct horse battery";

/// Makes `count` keys in `folder` and asks the door itself for them; the keys.
pub(super) fn direct(folder: &Path, count: usize) -> Outcome<Vec<String>> {
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
