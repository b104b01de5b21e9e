//! Whether the time that a failed log-in takes tells who is a user, and what many log-ins at a time cost.

use std::time::Instant;

use pm_testbed::text::Random;

use crate::process::Server;
use crate::spread::Spread;
use crate::vault::Door;
use crate::{Outcome, client};

const CROWD: usize = 100;
const PASSWORD: &str = "correct horse battery";

/// Prints both figures.
pub fn run(each: usize) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    tokio::runtime::Runtime::new()?
        .block_on(async { Door::open(folder.path()).await?.add_user("ada", PASSWORD).await })?;
    // Each attempt comes from an address of its own: an address has ten failures a minute.
    let settings = [("AUTH_REQUIRED", "true"), ("TRUSTED_PROXIES", "127.0.0.1/32")];
    let server = Server::ai_pm_with(folder.path(), &settings)?;
    let before = server.resident_kb()?;

    let (agent, mut order, mut address) = (client::agent(), Random(9), 0_usize);
    let mut millis = [Vec::new(), Vec::new()];
    for n in 0..each {
        // Who goes first changes, so that neither always follows the other.
        let first = usize::from(order.number() % 2 == 0);
        for who in [first, 1 - first] {
            address += 1;
            let name = if who == 0 { "ada" } else { "eve" };
            let beginning = Instant::now();
            let status = log_in(&agent, &server.url, name, "wrong horse battery", address)?;
            let took = beginning.elapsed().as_secs_f64() * 1000.0;
            if status != 401 {
                return Err(format!("a wrong password was answered {status}").into());
            }
            // The first ones load the code and open the connection.
            if n >= 10 {
                millis.get_mut(who).ok_or("nobody")?.push(took);
            }
        }
    }
    let [known, unknown] = millis;
    let (known, unknown) = (Spread::of(&known)?, Spread::of(&unknown)?);
    for (who, Spread { count, median, p99, least, most }) in
        [("a user, wrong password", known), ("no user", unknown)]
    {
        println!(
            "{who}: {count} log-ins, median {median:.3} ms (least {least:.3}, p99 {p99:.3}, most {most:.3})"
        );
    }
    println!("no user / a user: {:.4}", unknown.median / known.median);

    println!("before the log-ins: VmRSS {before} kB; after those one by one: peak {} kB", server.peak_kb()?);
    let url = server.url.as_str();
    let beginning = Instant::now();
    let statuses = std::thread::scope(|scope| {
        let crowd: Vec<_> = (0..CROWD)
            .map(|n| {
                scope.spawn(move || {
                    log_in(&client::agent(), url, "ada", PASSWORD, 100_000 + n)
                        .map_err(|error| error.to_string())
                })
            })
            .collect();
        crowd
            .into_iter()
            .map(|one| one.join().map_err(|_| "panicked".to_owned())?)
            .collect::<Result<Vec<_>, _>>()
    })?;
    let of = |status| statuses.iter().filter(|one| **one == status).count();
    println!(
        "{CROWD} log-ins at a time: {} let in, {} told to come again (429), {} else, in {:.2} s; peak VmHWM {} kB",
        of(200),
        of(429),
        CROWD - of(200) - of(429),
        beginning.elapsed().as_secs_f64(),
        server.peak_kb()?
    );
    Ok(())
}

/// The status of an attempt to log in from an address of its own.
fn log_in(agent: &ureq::Agent, server: &str, name: &str, password: &str, address: usize) -> Outcome<u16> {
    let address = format!("10.{}.{}.{}", address >> 16 & 255, address >> 8 & 255, address & 255);
    let answer = agent
        .post(format!("{server}/api/auth/token"))
        .config()
        .http_status_as_error(false)
        .build()
        .header("x-forwarded-for", address)
        .header("content-type", "application/x-www-form-urlencoded")
        .send(format!("grant_type=password&username={name}&password={}", password.replace(' ', "+")));
    let mut answer = answer?;
    answer.body_mut().read_to_vec()?;
    Ok(answer.status().as_u16())
}
