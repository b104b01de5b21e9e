//! A server of ours, started to be measured or tested from outside.

use std::io::{BufRead as _, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use crate::process::Failure;

/// A server that ends with this value.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts `program` on a free port with its data in `folder`, counts no calls, and waits until it listens.
    pub(crate) fn start(program: &Path, folder: &Path, settings: &[(&str, &str)]) -> Result<Self, Failure> {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.map_err(|error| Failure::failed(format!("no free port: {error}")))?;
        let mut child = Command::new(program)
            .env("DATA_DIR", folder.join("data"))
            .env("API_HOST", "127.0.0.1")
            .env("API_PORT", address.port().to_string())
            .envs([("RATE_LIMIT_PER_SECOND", "0"), ("LOG_FORMAT", "json")])
            .envs(settings.iter().copied())
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Failure::failed(format!("{}: {error}", program.display())))?;
        let streams: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|it| Box::new(it) as _),
            child.stderr.take().map(|it| Box::new(it) as _),
        ];
        let server = Self { child, address };
        // It says so once it listens; what it says after that is read so that it can go on.
        let (ready, listening) = mpsc::channel();
        for stream in streams.into_iter().flatten() {
            let ready = ready.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    if line.contains("listening") {
                        // Nobody waits any more once it has been said.
                        ready.send(()).unwrap_or_default();
                    }
                }
            });
        }
        drop(ready);
        listening.recv().map_err(|_| Failure::failed("the server ended before it listened"))?;
        Ok(server)
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
