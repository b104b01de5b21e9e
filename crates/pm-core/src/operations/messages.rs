//! Operations on messages.

use std::sync::Arc;

use crate::model::{Act, Message, MessageDraft, MessageId, Precondition, ProjectId, Target, Versioned};
use crate::policy::Actor;
use crate::ports::MessagePosition;
use crate::{Error, Result};

use super::audit::{Audit, finished};
use super::{Idempotency, Listing, MessageList, Ports};

/// Operations on messages.
#[derive(Debug)]
pub struct Messages {
    ports: Ports,
    audit: Arc<Audit>,
}

impl Messages {
    pub(super) fn new(ports: &Ports, audit: Arc<Audit>) -> Self {
        Self { ports: ports.clone(), audit }
    }

    /// Adds a message.
    pub async fn create(
        &self,
        project: ProjectId,
        draft: MessageDraft,
        once: Option<&Idempotency>,
    ) -> Result<Versioned<Message>> {
        let (id, now) = (self.ports.ids.next(), self.ports.clock.now());
        let once = once.map(|once| once.once(id, now));
        let message = draft.clone().at(project, MessageId::new(id), now);
        let written = self.ports.store.create_message(&message, once.as_ref()).await?;
        let value = match written.replay_of {
            Some(first) => draft.at(project, MessageId::new(first.id), first.at),
            None => message,
        };
        Ok(Versioned { value, version: written.outcome })
    }

    /// One message.
    pub async fn get(&self, project: ProjectId, id: MessageId) -> Result<Versioned<Message>> {
        match self.ports.store.message(project, id).await? {
            Some(message) => Ok(message),
            None => Err(self.absent(project).await),
        }
    }

    /// Deletes a message.
    pub async fn delete(
        &self,
        project: ProjectId,
        id: MessageId,
        condition: &Precondition,
        by: &Actor,
    ) -> Result<()> {
        let (store, audit) = (self.ports.store.clone(), self.audit.clone());
        let (condition, by) = (condition.clone(), by.clone());
        finished(async move {
            if !store.delete_message(project, id, &condition).await? {
                return Err(Error::MessageNotFound);
            }
            audit.append(&by, Act::MessageDeleted, Target::message(project, id)).await;
            Ok(())
        })
        .await
    }

    /// A page of the list of a project's messages.
    pub async fn list(
        &self,
        project: ProjectId,
        request: &MessageList,
    ) -> Result<Listing<Versioned<Message>>> {
        let list = format!("messages of {project}");
        let page = self.ports.store.list_messages(project, &request.filter, &request.page(&list)?).await?;
        Ok(request.listing(&list, page, |last| MessagePosition::of(&last.value)))
    }

    /// Whether it is the message that is not there, or its project.
    async fn absent(&self, project: ProjectId) -> Error {
        match self.ports.store.project(project).await {
            Ok(Some(_)) => Error::MessageNotFound,
            Ok(None) => Error::ProjectNotFound,
            Err(error) => error,
        }
    }
}
