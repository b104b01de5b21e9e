//! Whether two servers on one Redis count the calls of a client together.

use std::time::{Duration, Instant};

use pm_testbed::Product;

use crate::process::{self, Server};
use crate::spread::Spread;
use crate::{Outcome, client};

const LIMIT: f64 = 100.0;

/// Prints how many calls a second a client gets who alternates between the servers.
pub fn run(seconds: u32) -> Outcome<()> {
    let redis = pm_testbed::Server::start(Product::Redis);
    let url = redis.url();
    let settings = [
        ("REDIS_URL", url.as_str()),
        ("AUTH_REQUIRED", "true"),
        ("RATE_LIMIT_PER_SECOND", "100"),
        ("RATE_LIMIT_BURST", "100"),
    ];
    let folders = [tempfile::tempdir()?, tempfile::tempdir()?];
    let [first, second] = folders.each_ref().map(tempfile::TempDir::path);
    let servers = [Server::ai_pm_with(first, &settings)?, Server::ai_pm_with(second, &settings)?];
    let key = process::ai_pm(first, &settings, &["key", "create", "one for both", "--scope", "write"])?;

    // For each second, how many calls each server took, and how many it refused.
    let mut taken = vec![[0_u32; 2]; usize::try_from(seconds)?];
    let mut refused = 0_u32;
    let agent = client::agent();
    let beginning = Instant::now();
    let whole = Duration::from_secs(seconds.into());
    'asking: loop {
        for (which, server) in servers.iter().enumerate() {
            let answer = agent
                .get(format!("{}/api/auth/me", server.url))
                .config()
                .http_status_as_error(false)
                .build()
                .header("x-api-key", key.trim())
                .call();
            let mut answer = answer?;
            answer.body_mut().read_to_vec()?;
            let at = beginning.elapsed();
            if at >= whole {
                break 'asking;
            }
            match answer.status().as_u16() {
                200 => {
                    let second = taken.get_mut(usize::try_from(at.as_secs())?).ok_or("no second")?;
                    *second.get_mut(which).ok_or("no server")? += 1;
                }
                429 => refused += 1,
                other => return Err(format!("a call was answered {other}").into()),
            }
        }
    }
    let each: Vec<f64> = taken.iter().map(|[a, b]| f64::from(a + b)).collect();
    let told = taken.iter().map(|[a, b]| format!("{a}+{b}")).collect::<Vec<_>>().join(" ");
    println!("calls taken in each second, by the first + the second server: {told}; refused: {refused}");
    // The burst is taken in the first second.
    let steady = each.get(1..).ok_or("too short")?;
    let Spread { median, least, most, .. } = Spread::of(steady)?;
    let mean = steady.iter().sum::<f64>() / f64::from(seconds - 1);
    println!(
        "after the burst: mean {mean:.1}/s ({:+.1} % of {LIMIT}), median {median:.0}, least {least:.0}, most {most:.0}",
        (mean / LIMIT - 1.0) * 100.0
    );
    Ok(())
}
