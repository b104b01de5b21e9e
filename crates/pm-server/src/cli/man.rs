//! `ai-pm man`.

use super::failure::Failure;
use super::screen;

const EXAMPLES: &str = "\
Examples:
  ai-pm man > /usr/local/share/man/man1/ai-pm.1
  ai-pm man recall | man -l -";

/// Print a man page, in roff.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Man {
    /// The command that it is about, such as `recall` or `projects create`; unless given, all of ai-pm.
    command: Vec<String>,
}

impl Man {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut all = super::command().disable_help_subcommand(true);
        all.build();
        let mut page = &all;
        for name in &self.command {
            page = page
                .find_subcommand(name)
                .ok_or_else(|| Failure::usage(format!("there is no command {:?}", self.command.join(" "))))?;
        }
        let name = page.get_bin_name().unwrap_or("ai-pm").replace(' ', "-");
        let mut roff = Vec::new();
        clap_mangen::Man::new(page.clone()).title(name).render(&mut roff).map_err(Failure::failed)?;
        screen::show(&String::from_utf8_lossy(&roff))
    }
}
