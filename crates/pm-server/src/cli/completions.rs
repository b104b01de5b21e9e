//! `ai-pm completions`.

use clap_complete::Shell;

use super::failure::Failure;
use super::screen;

const EXAMPLES: &str = "\
Examples:
  ai-pm completions bash > /etc/bash_completion.d/ai-pm
  ai-pm completions zsh > \"${fpath[1]}/_ai-pm\"
  ai-pm completions fish > ~/.config/fish/completions/ai-pm.fish";

/// Print the completions of a shell.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::command(), "ai-pm", &mut script);
        screen::show(&String::from_utf8_lossy(&script))
    }
}
