//! Projects, one by one.

use pm_core::model::{Precondition, Project, ProjectId, Version, Versioned};
use pm_core::ports::{Once, Written};
use pm_core::{Error, Result};
use redis::Value;

use super::items::condition;
use super::once::Meant;
use super::registry::Known;
use super::reply::Reply;
use super::{Inner, number, once, record};

impl Inner {
    /// See `Store::create_project`.
    pub(super) async fn create_project(
        &self,
        project: &Project,
        once: Option<&Once>,
    ) -> Result<Written<Version>> {
        self.once(once, project.id, async |first| {
            // A repeat works on the project that the first one meant, which may have come to nothing.
            let repeats = first.filter(|first| first.project != project.id);
            let project = match repeats {
                Some(Meant { stamp, project: id }) => {
                    Project { id, created_at: stamp.at, updated_at: stamp.at, ..project.clone() }
                }
                None => project.clone(),
            };
            let once = once.zip(first).map(|(once, first)| Once { stamp: first.stamp, ..once.clone() });
            let mark = self.mark(project.id).await?;
            let mut args: Vec<_> = once::arguments(once.as_ref()).into();
            let body = serde_json::to_vec(&project).map_err(Error::internal)?;
            args.extend([vec![record::status(project.status)], body]);
            let said = self.write(&self.scripts.create_project, self.keys.on_project(project.id), args).await;
            let written = match said.and_then(|said| once::written(said, |rest| Ok(Version(rest.number()?))))
            {
                Ok(written) => written,
                Err(error) => return self.unmark(project.id, mark, error).await,
            };
            match written.replay_of {
                // It may have been changed or deleted since.
                Some(_) => self.settle(project.id, Known::Same, Some(mark)).await?,
                None => self.settle(project.id, Known::Entry(&project, written.outcome), Some(mark)).await?,
            }
            let replay_of = written.replay_of.or(repeats.map(|first| first.stamp));
            Ok(Written { outcome: written.outcome, replay_of })
        })
        .await
    }

    /// See `Store::project`.
    pub(super) async fn project(&self, id: ProjectId) -> Result<Option<Versioned<Project>>> {
        let key = self.keys.project(id);
        let mut command = redis::cmd("HMGET");
        command.arg(&key).arg("d").arg("v");
        let mut found = Reply::of(self.link.command("project", &key, command).await?)?;
        let Some(body) = found.optional()? else { return Ok(None) };
        let value = serde_json::from_slice(&body).map_err(Error::internal)?;
        Ok(Some(Versioned { value, version: Version(found.number()?) }))
    }

    /// See `Store::replace_project`.
    pub(super) async fn replace_project(
        &self,
        project: &Project,
        expected: Version,
    ) -> Result<Option<Version>> {
        let mark = self.mark(project.id).await?;
        let body = serde_json::to_vec(project).map_err(Error::internal)?;
        let args = vec![number(expected.0), vec![record::status(project.status)], body];
        let said = self.write(&self.scripts.replace_project, self.keys.on_project(project.id), args).await;
        let version = match said {
            Ok(said) if said.word == "other" => None,
            Ok(said) => Some(Version(said.ok()?.number()?)),
            Err(error) => return self.unmark(project.id, mark, error).await,
        };
        let known = version.map_or(Known::Same, |version| Known::Entry(project, version));
        self.settle(project.id, known, Some(mark)).await?;
        Ok(version)
    }

    /// See `Store::delete_project`.
    pub(super) async fn delete_project(&self, id: ProjectId, wanted: &Precondition) -> Result<bool> {
        let mark = self.mark(id).await?;
        let said =
            self.write(&self.scripts.delete_project, self.keys.on_all(id), condition(wanted).into()).await;
        let there = match said {
            Ok(said) => said.ok()?.text()? == "1",
            Err(error) => return self.unmark(id, mark, error).await,
        };
        self.settle(id, if there { Known::Gone } else { Known::Same }, Some(mark)).await?;
        if there {
            self.discard(id).await?;
        }
        Ok(there)
    }

    /// Where the log of a project's changes ends: how many there have been, and the token of the last.
    pub(super) async fn log_end(&self, id: ProjectId) -> Result<(u64, Vec<u8>)> {
        let key = self.keys.project(id);
        let mut command = redis::cmd("HMGET");
        command.arg(&key).arg("n").arg("l");
        let answer: Value = self.link.command("revision", &key, command).await?;
        let mut found = Reply::of(answer)?;
        let Some(entries) = found.optional()? else { return Err(Error::ProjectNotFound) };
        let entries = std::str::from_utf8(&entries).ok().and_then(|digits| digits.parse().ok());
        let entries = entries.ok_or_else(|| Error::internal("a count in Redis is no number"))?;
        Ok((entries, found.bytes()?))
    }
}
