use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use pm_testbed::{Product, Server, shared, until};

/// Stands for a test process with servers, one of them frozen: it runs until its input ends.
#[test]
#[ignore = "a process of the test below"]
fn a_process_with_servers() {
    let frozen = Server::start(Product::Redis);
    frozen.freeze();
    for server in [&frozen, shared::valkey()] {
        println!("server {} {}", server.pid(), server.folder().display());
    }
    std::io::stdout().flush().unwrap();
    let _ = std::io::stdin().read(&mut [0]);
}

fn servers_after(end: impl FnOnce(std::process::Child)) {
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.args(["--ignored", "--exact", "guard::a_process_with_servers", "--nocapture"]);
    let mut process = process.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // Kept to the end: the process writes once more before it ends.
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    // The runner may have begun the line.
    let servers = lines.by_ref().map_while(Result::ok).filter_map(|line| {
        let (_, rest) = line.split_once("server ")?;
        rest.split_once(' ').map(|(pid, folder)| (pid.to_owned(), folder.to_owned()))
    });
    let servers: Vec<_> = servers.take(2).collect();
    assert_eq!(servers.len(), 2);
    let there = |(pid, folder): &(String, String)| {
        Path::new("/proc").join(pid).exists() || Path::new(folder).exists()
    };
    assert!(servers.iter().all(there));
    end(process);
    until(Duration::from_secs(20), "the servers are gone", || !servers.iter().any(there));
}

#[test]
fn servers_and_folders_are_gone_when_their_process_is_killed() {
    servers_after(|mut process| {
        process.kill().unwrap();
        process.wait().unwrap();
    });
}

#[test]
fn servers_and_folders_are_gone_when_their_process_ends() {
    servers_after(|mut process| {
        drop(process.stdin.take());
        process.wait().unwrap();
    });
}
