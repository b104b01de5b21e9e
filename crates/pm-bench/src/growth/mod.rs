//! How latency and memory grow with items, projects and clients, and what it costs to load an index.
//!
//! The server is open (no credential), embeds by `EMBEDDER=static`, and runs on the same machine as its clients.

mod clients;
mod cold;
mod connection;
mod figures;
mod fill;
mod machine;
mod million;
mod projects;
mod report;
mod sizes;
mod starts;

use std::path::{Path, PathBuf};

use crate::process::Server;
use crate::{Outcome, descriptors};
use report::Report;

/// What is asked of a measurement of growth.
#[derive(clap::Args)]
pub struct Growth {
    /// Smaller sizes and shorter cases: shows that it works, not how it grows.
    #[arg(long)]
    quick: bool,
    /// Only these parts.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// The JSON file that the figures go to; parts of it that are not measured now stay as they are.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// What is measured by itself.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// More and more items in one project.
    Sizes,
    /// More and more projects, and a budget for their indexes.
    Projects,
    /// More and more clients.
    Clients,
    /// The first recall after a start, and those of another project meanwhile.
    Cold,
    /// A million items in a thousand projects.
    Million,
}

impl Part {
    const ALL: [Self; 5] = [Self::Sizes, Self::Projects, Self::Clients, Self::Cold, Self::Million];
}

/// Measures, prints tables, and writes the figures where a file is named.
pub fn run(growth: &Growth) -> Outcome<()> {
    descriptors::raise()?;
    let folder = tempfile::tempdir()?;
    let mut report = Report::open(growth.out.as_deref(), growth.quick)?;
    report.take("machine", &machine::describe(folder.path())?)?;
    for part in Part::ALL.into_iter().filter(|part| growth.only.is_empty() || growth.only.contains(part)) {
        // A part begins with an empty store, and leaves its disk to the next.
        let folder = tempfile::tempdir()?;
        match part {
            Part::Sizes => report.take("sizes", &sizes::measure(folder.path(), growth.quick)?)?,
            Part::Projects => report.take("projects", &projects::measure(folder.path(), growth.quick)?)?,
            Part::Clients => report.take("clients", &clients::measure(folder.path(), growth.quick)?)?,
            Part::Cold => report.take("cold", &cold::measure(folder.path(), growth.quick)?)?,
            Part::Million => report.take("million", &million::measure(folder.path(), growth.quick)?)?,
        }
    }
    Ok(())
}

/// The server over the store in `folder`, with so many MiB for its indexes.
fn server(folder: &Path, index_memory_mb: u32) -> Outcome<Server> {
    let budget = index_memory_mb.to_string();
    Server::ai_pm_with(folder, &[("EMBEDDER", "static"), ("INDEX_MEMORY_MB", &budget)])
}
