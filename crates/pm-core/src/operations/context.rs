//! What an assistant needs for its next answer.

use std::sync::Arc;

use crate::Result;
use crate::input::{self, Fields, Invalid};
use crate::model::{Message, ProjectId, Role};
use crate::ports::MessageFilter;

use super::recall::QUERY_BYTES;
use super::{MessageList, Messages, Recall, RecallRequest, Recalled, Settings};

/// What an assistant needs for its next answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Context {
    /// What the items were recalled for.
    pub query: String,
    /// The last messages, oldest first.
    pub messages: Vec<Message>,
    /// The recalled items, best first.
    pub items: Vec<Recalled>,
    /// The probability that at least one of the items answers the query, 0 to 1.
    pub confidence: f64,
    /// Whether that is sure enough.
    pub sufficient: bool,
}

/// What a context is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContextRequest {
    query: Option<String>,
}

impl ContextRequest {
    /// Reads the parameter `query`.
    pub fn new(mut fields: Fields) -> Result<Self, Invalid> {
        let query = fields.optional("query", input::text(0, QUERY_BYTES));
        fields.finish(|| Some(Self { query }))
    }
}

/// Puts contexts together.
#[derive(Debug)]
pub struct Contexts {
    messages: Arc<Messages>,
    recall: Arc<Recall>,
    window: usize,
    threshold: f64,
}

impl Contexts {
    pub(super) fn new(messages: Arc<Messages>, recall: Arc<Recall>, settings: &Settings) -> Self {
        let (window, threshold) = (settings.context_window, settings.confidence_threshold);
        Self { messages, recall, window, threshold }
    }

    /// The last messages of the project and what it remembers of the query (without one: of the last user message).
    pub async fn get(&self, project: ProjectId, request: ContextRequest) -> Result<Context> {
        let mut messages = self.newest(project, MessageFilter::default(), self.window).await?;
        messages.reverse();
        let query = match request.query {
            Some(query) => query,
            None => self.last_question(project, &messages).await?,
        };
        let request = RecallRequest::plain(project, query.clone());
        let (items, confidence) = self.recall.recall_surely(&request).await?;
        Ok(Context { query, messages, items, confidence, sufficient: confidence >= self.threshold })
    }

    async fn last_question(&self, project: ProjectId, messages: &[Message]) -> Result<String> {
        let shown = messages.iter().rev().find(|message| message.role == Role::User).cloned();
        // Fewer than were asked for are all there are.
        let question = if shown.is_some() || messages.len() < self.window {
            shown
        } else {
            let filter = MessageFilter { role: Some(Role::User), ..MessageFilter::default() };
            self.newest(project, filter, 1).await?.pop()
        };
        let content = question.map(|message| message.content).unwrap_or_default();
        let end = content.floor_char_boundary(QUERY_BYTES);
        Ok(content.get(..end).unwrap_or_default().to_owned())
    }

    async fn newest(&self, project: ProjectId, filter: MessageFilter, limit: usize) -> Result<Vec<Message>> {
        let page = self.messages.list(project, &MessageList::newest(filter, limit)).await?;
        Ok(page.entries.into_iter().map(|message| message.value).collect())
    }
}
