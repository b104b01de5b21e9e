//! Projects that were looked up before. Every page of a project and every agent's session begins with a look at one, and projects
//! hardly ever change.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pm_core::model::{Project, ProjectId, Versioned};

/// How many projects are kept, and the bytes that they may take together.
const PROJECTS: usize = 1024;
const BYTES: usize = 4 << 20;

/// Projects that were looked up, for as long as no project changes.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// What they hold for: see `Store::projects_revision`.
    revision: u64,
    by_id: HashMap<ProjectId, Versioned<Project>>,
    bytes: usize,
}

impl Known {
    /// The project, if it was looked up while the projects were what they are now.
    pub(super) fn get(&self, revision: u64, id: ProjectId) -> Option<Versioned<Project>> {
        let kept = self.kept();
        if kept.revision == revision { kept.by_id.get(&id).cloned() } else { None }
    }

    /// Keeps a project that was looked up after `revision` was told.
    pub(super) fn keep(&self, revision: u64, project: &Versioned<Project>) {
        let mut kept = self.kept();
        // What was read before a change is of no use any more.
        if kept.revision > revision {
            return;
        }
        let bytes = kept.bytes + weight(&project.value);
        if kept.revision < revision || kept.by_id.len() >= PROJECTS || bytes > BYTES {
            *kept = Kept { revision, ..Kept::default() };
        }
        if kept.by_id.insert(project.value.id, project.clone()).is_none() {
            kept.bytes += weight(&project.value);
        }
    }

    // Nothing here panics halfway through a change.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// About how many bytes it takes.
fn weight(project: &Project) -> usize {
    let description = project.description.as_ref().map_or(0, String::len);
    let metadata = project.metadata.as_ref().map_or(0, |metadata| metadata.as_str().len());
    size_of::<(ProjectId, Versioned<Project>)>() + project.name.len() + description + metadata
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use pm_core::model::{ProjectStatus, Version};

    use super::*;

    fn project(id: u128, description: usize) -> Versioned<Project> {
        let value = Project {
            id: ProjectId::new(uuid::Uuid::from_u128(id)),
            name: "a".to_owned(),
            description: Some("x".repeat(description)),
            status: ProjectStatus::Active,
            metadata: None,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        };
        Versioned { value, version: Version(1) }
    }

    #[test]
    fn a_project_is_known_until_projects_change() {
        let (known, one, two) = (Known::default(), project(1, 1), project(2, 1));
        assert_eq!(known.get(0, one.value.id), None);
        known.keep(0, &one);
        assert_eq!(known.get(0, one.value.id), Some(one.clone()));
        assert_eq!(known.get(1, one.value.id), None);
        known.keep(2, &two);
        assert_eq!(known.get(2, one.value.id), None);
        known.keep(1, &one);
        assert_eq!((known.get(1, one.value.id), known.get(2, one.value.id)), (None, None), "read too early");
        assert_eq!(known.get(2, two.value.id), Some(two));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let known = Known::default();
        for n in 0..5000 {
            known.keep(0, &project(n, 1));
            assert!(known.kept().by_id.len() <= PROJECTS);
        }
        for n in 0..1000 {
            known.keep(0, &project(n, 10_000));
            known.keep(0, &project(n, 10_000));
            let kept = known.kept();
            assert!(kept.bytes <= BYTES, "{}", kept.bytes);
            assert_eq!(kept.bytes, kept.by_id.values().map(|project| weight(&project.value)).sum::<usize>());
        }
    }
}
