//! Data that takes long to make, and is kept for later runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Bench;
use super::stage::{Stage, make_key};
use crate::Outcome;

/// Part of the name of the folders: whoever changes what is in them adds 1.
const VERSION: u32 = 1;
/// Clients that fill at a time.
const FILLERS: usize = 4;
/// How long the vectors may take.
const PATIENCE: Duration = Duration::from_mins(45);

/// A folder with the data of a server.
pub struct Prepared {
    /// The folder.
    pub folder: PathBuf,
    /// What is in it.
    pub content: Content,
}

/// What a folder holds.
#[derive(Serialize, Deserialize)]
pub struct Content {
    /// An API key.
    pub key: String,
    /// The ids of the projects.
    pub projects: Vec<String>,
}

impl Prepared {
    /// Projects with that many items each, all with their vectors by the embedder of that name. Made where they are not there.
    pub fn items(bench: &Bench, projects: usize, items: usize, embedder: &str) -> Outcome<Self> {
        let folder = bench.folder.join(format!("v{VERSION}-{projects}x{items}-{embedder}"));
        let record = folder.join("content.json");
        if let Ok(text) = fs::read_to_string(&record) {
            return Ok(Self { folder, content: serde_json::from_str(&text)? });
        }
        eprintln!("  makes {projects} projects of {items} items with {embedder}, which later runs use again");
        // What an earlier run did not finish.
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder)?;
        let content = fill(&folder, projects, items, embedder)?;
        fs::write(record, serde_json::to_string(&content)?)?;
        Ok(Self { folder, content })
    }

    /// A server over it.
    pub fn serve(&self, settings: &[(&str, &str)]) -> Outcome<Stage> {
        Stage::over(&self.folder, &self.content.key, settings)
    }

    /// The first project.
    pub fn project(&self) -> Outcome<&str> {
        Ok(self.content.projects.first().ok_or("there is no project")?)
    }

    /// Bytes on the disk.
    pub fn bytes(&self) -> Outcome<u64> {
        fs::read_dir(self.folder.join("data"))?.try_fold(0, |sum, entry| Ok(sum + entry?.metadata()?.len()))
    }
}

fn fill(folder: &Path, projects: usize, items: usize, embedder: &str) -> Outcome<Content> {
    let threads = std::thread::available_parallelism()?.to_string();
    let settings = [("EMBEDDER", embedder), ("EMBEDDING_THREADS", threads.as_str())];
    let key = make_key(folder, &settings)?;
    let stage = Stage::over(folder, &key, &settings)?;
    let names = (0..projects).map(|n| stage.client.project(&format!("project {n}")));
    let projects = names.collect::<Outcome<Vec<_>>>()?;
    let share = projects.len().div_ceil(FILLERS);
    std::thread::scope(|scope| {
        let fillers: Vec<_> = (0..)
            .zip(projects.chunks(share))
            .map(|(filler, share)| {
                let client = stage.client.clone();
                scope.spawn(move || {
                    (1..)
                        .zip(share)
                        .try_for_each(|(n, project)| client.fill(project, items, filler * 100_000 + n))
                        .map_err(|error| error.to_string())
                })
            })
            .collect();
        fillers.into_iter().try_for_each(|one| one.join().map_err(|_| "a filler panicked".to_owned())?)
    })?;
    stage.client.settle(PATIENCE)?;
    stage.server.terminate()?;
    Ok(Content { key, projects })
}
