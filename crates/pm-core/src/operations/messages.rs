//! Operations on messages.

use crate::model::{Message, MessageDraft, MessageId, Precondition, ProjectId, Versioned};
use crate::ports::MessagePosition;
use crate::{Error, Result};

use super::{Idempotency, Listing, MessageList, Ports};

/// Operations on messages.
#[derive(Debug)]
pub struct Messages {
    ports: Ports,
}

impl Messages {
    pub(super) fn new(ports: &Ports) -> Self {
        Self { ports: ports.clone() }
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
    pub async fn delete(&self, project: ProjectId, id: MessageId, condition: &Precondition) -> Result<()> {
        let deleted = self.ports.store.delete_message(project, id, condition).await?;
        if deleted { Ok(()) } else { Err(Error::MessageNotFound) }
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
