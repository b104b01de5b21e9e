//! Scripts that run inside Redis.

use redis::Cmd;

use super::Call;

/// A Lua script, known to the server by the SHA-1 of its text.
#[derive(Debug)]
pub(in super::super) struct Script {
    /// What it is called in metrics and logs.
    pub(in super::super) name: &'static str,
    source: &'static str,
    sha1: String,
}

impl Script {
    /// A script of this text.
    pub(in super::super) fn new(name: &'static str, source: &'static str) -> Self {
        Self { name, source, sha1: sha1_smol::Sha1::from(source).digest().to_string() }
    }

    /// The command that runs it where the server knows it.
    pub(super) fn by_name(&self, call: &Call) -> Cmd {
        command("EVALSHA", &self.sha1, call)
    }

    /// The command that runs it and makes it known.
    pub(super) fn whole(&self, call: &Call) -> Cmd {
        command("EVAL", self.source, call)
    }
}

fn command(word: &str, script: &str, call: &Call) -> Cmd {
    let mut command = redis::cmd(word);
    command.arg(script).arg(call.keys.len());
    for part in call.keys.iter().chain(&call.args) {
        command.arg(part.as_slice());
    }
    command
}
