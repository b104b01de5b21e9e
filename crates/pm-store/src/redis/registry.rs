//! The list of projects, which is in one slot while the projects are in many.
//!
//! It holds copies. Who changes a project first leaves a mark in the list's slot, then changes the project, then brings
//! the copy up to date and takes the mark back. Who reads the list and finds marks looks at those projects and brings
//! their copies up to date first; so a change is in the list from the moment it was answered, whatever happened to
//! who made it, and no copy goes back to an earlier version.

use pm_core::Result;
use pm_core::model::{Project, ProjectId, Version};
use uuid::Uuid;

use super::Inner;
use super::record;

/// After this time a mark has been left behind: no call lasts so long. In seconds.
const LEFT_BEHIND: u64 = 3_600;

/// What is known of a project.
#[derive(Debug)]
pub(super) enum Known<'a> {
    /// It is there, in this version.
    Entry(&'a Project, Version),
    /// It was deleted.
    Gone,
    /// It is not there now; it may come to be.
    Absent,
    /// It was not changed.
    Same,
}

/// The token of a mark.
#[derive(Debug)]
pub(super) struct Mark(Vec<u8>);

/// A mark that was found in the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Found {
    project: ProjectId,
    token: Vec<u8>,
    /// In seconds.
    age: u64,
}

impl Found {
    /// Whether it is the same mark, seen earlier or later.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.project == other.project && self.token == other.token
    }

    /// Reads project and token, and the age in seconds.
    pub(super) fn read(mark: &[u8], age: &[u8]) -> Option<Self> {
        let (id, token) = mark.split_first_chunk::<16>()?;
        let age = std::str::from_utf8(age).ok()?.parse().unwrap_or(0);
        Some(Self { project: ProjectId::new(Uuid::from_bytes(*id)), token: token.to_vec(), age })
    }
}

impl Inner {
    /// Says that a project is about to change.
    pub(super) async fn mark(&self, id: ProjectId) -> Result<Mark> {
        let token = self.token();
        // The mark carries a token of its own beside the call's, which names it.
        let args = vec![id.uuid().into_bytes().to_vec(), token.clone()];
        self.write(&self.scripts.registry_mark, self.keys.on_registry(), args).await?.ok()?;
        Ok(Mark(token))
    }

    /// Brings the list up to what is known of a project, and takes back the mark.
    pub(super) async fn settle(&self, id: ProjectId, known: Known<'_>, mark: Option<Mark>) -> Result<()> {
        let (word, entry) = match known {
            Known::Entry(project, version) => ("entry", record::entry(project, version)?),
            Known::Gone => ("gone", Vec::new()),
            Known::Absent => ("absent", Vec::new()),
            Known::Same => ("same", Vec::new()),
        };
        let mark = mark.map(|Mark(token)| token).unwrap_or_default();
        let args = vec![id.uuid().into_bytes().to_vec(), word.into(), entry, mark];
        self.write(&self.scripts.registry_settle, self.keys.on_registry(), args).await?.ok()?;
        Ok(())
    }

    /// Takes back the mark of a change that was refused; one whose outcome is not known keeps it.
    pub(super) async fn unmark<T>(&self, id: ProjectId, mark: Mark, error: pm_core::Error) -> Result<T> {
        if !matches!(error, pm_core::Error::StoreUnavailable(_)) {
            self.settle(id, Known::Same, Some(mark)).await?;
        }
        Err(error)
    }

    /// Brings the copies of marked projects up to date.
    pub(super) async fn catch_up(&self, marks: &[Found]) -> Result<()> {
        for Found { project, token, age } in marks {
            let mark = (*age > LEFT_BEHIND).then(|| Mark(token.clone()));
            match self.project(*project).await? {
                Some(there) => self.settle(*project, Known::Entry(&there.value, there.version), mark).await?,
                None => self.settle(*project, Known::Absent, mark).await?,
            }
        }
        Ok(())
    }
}
