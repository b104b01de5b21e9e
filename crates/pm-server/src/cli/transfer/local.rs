//! The store itself, opened by this command.

use std::future::poll_fn;
use std::task::Poll;

use pm_core::input::Fields;
use pm_core::model::{
    Act, ItemDraft, Key, MemoryType, MessageDraft, Precondition, ProjectDraft, ProjectId, ProjectPatch,
    Target,
};
use pm_core::operations::{MessageList, Operations, Ports, StoreBatch};
use pm_core::policy::Actor;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::door::Door;
use crate::cli::{self, Failure};
use crate::compose;

const PAGE: usize = 500;

/// Where a walk through a list is.
enum NextPage {
    First,
    After(String),
    End,
}

/// The store of this machine. While a server holds it, it does not open.
pub(super) struct Local {
    runtime: Runtime,
    ports: Ports,
    operations: Operations,
    last_item: Option<(MemoryType, Key)>,
    messages: NextPage,
}

impl Local {
    pub(super) fn open() -> Result<Self, Failure> {
        let config = cli::load()?;
        let runtime = cli::runtime()?;
        let (ports, operations) =
            runtime.block_on(compose::open(&config, compose::Absent::Fail)).map_err(Failure::failed)?;
        Ok(Self { runtime, ports, operations, last_item: None, messages: NextPage::First })
    }
}

fn id_of(text: &str) -> Result<ProjectId, Failure> {
    ProjectId::parse(text).ok_or_else(|| Failure::failed(format!("there is no project {text:?}")))
}

/// Runs all at once, begun in their order: what is made of them at their beginning, such as ids, is in that order too.
async fn together<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    poll_fn(|context| {
        let mut all = true;
        for (future, output) in running.iter_mut().filter(|(_, output)| output.is_none()) {
            match future.as_mut().poll(context) {
                Poll::Ready(ready) => *output = Some(ready),
                Poll::Pending => all = false,
            }
        }
        if all { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, output)| output).collect()
}

fn value_of<T: serde::Serialize>(thing: &T) -> Result<Value, Failure> {
    serde_json::to_value(thing).map_err(Failure::failed)
}

impl Door for Local {
    fn project(&mut self, id: &str) -> Result<Value, Failure> {
        let project = self.runtime.block_on(self.operations.projects.get(id_of(id)?));
        value_of(&project.map_err(|error| Failure::failed(format!("project {id}: {error}")))?.value)
    }

    fn note_export(&mut self, id: &str) -> Result<(), Failure> {
        let (by, target) = (Actor::shell(), Target::project(id_of(id)?));
        // There is no log here that would have it.
        if !self.runtime.block_on(self.operations.audit.append(&by, Act::ProjectExported, target)) {
            eprintln!("the export could not be recorded");
        }
        Ok(())
    }

    fn next_items(&mut self, id: &str) -> Result<Vec<Value>, Failure> {
        let scan = self.operations.memory.scan(id_of(id)?, self.last_item.as_ref(), PAGE);
        let items = self.runtime.block_on(scan).map_err(Failure::failed)?;
        self.last_item = items.last().map(|item| (item.r#type, item.key.clone())).or(self.last_item.take());
        items.iter().map(value_of).collect()
    }

    fn next_messages(&mut self, id: &str) -> Result<Vec<Value>, Failure> {
        let mut parameters = vec![("sort".to_owned(), "timestamp".to_owned())];
        match std::mem::replace(&mut self.messages, NextPage::End) {
            NextPage::First => {}
            NextPage::After(cursor) => parameters.push(("cursor".to_owned(), cursor)),
            NextPage::End => return Ok(Vec::new()),
        }
        let request = MessageList::new(Fields::of_query(parameters)).map_err(Failure::failed)?;
        let page = self.runtime.block_on(self.operations.messages.list(id_of(id)?, &request));
        let page = page.map_err(Failure::failed)?;
        self.messages = page.next.map_or(NextPage::End, NextPage::After);
        page.entries.iter().map(|message| value_of(&message.value)).collect()
    }

    fn create_project(&mut self, body: Value) -> Result<String, Failure> {
        let draft = ProjectDraft::to_create(body).map_err(Failure::failed)?;
        let project =
            self.runtime.block_on(self.operations.projects.create(draft, None)).map_err(Failure::failed)?;
        Ok(project.value.id.to_string())
    }

    fn set_status(&mut self, id: &str, status: &str) -> Result<(), Failure> {
        let patch = ProjectPatch::new(json!({ "status": status })).map_err(Failure::failed)?;
        let change = self.operations.projects.patch(id_of(id)?, &patch, &Precondition::NONE);
        self.runtime.block_on(change).map(drop).map_err(Failure::failed)
    }

    fn store_items(&mut self, id: &str, items: Vec<Value>) -> Result<(), Failure> {
        let drafts: Result<Vec<_>, _> = items.into_iter().map(ItemDraft::new).collect();
        let batch = StoreBatch::of(id_of(id)?, drafts.map_err(Failure::failed)?).map_err(Failure::failed)?;
        self.runtime
            .block_on(self.operations.memory.store_batch(batch, None))
            .map(drop)
            .map_err(Failure::failed)
    }

    fn add_messages(&mut self, id: &str, bodies: Vec<Value>) -> Result<(), Failure> {
        let project = id_of(id)?;
        let drafts: Result<Vec<_>, _> = bodies.into_iter().map(MessageDraft::new).collect();
        let drafts = drafts.map_err(Failure::failed)?;
        // All at once, so that the store commits them together instead of waiting for the disk after each.
        let creates = drafts.into_iter().map(|draft| self.operations.messages.create(project, draft, None));
        let created = self.runtime.block_on(together(creates));
        created.into_iter().try_for_each(|created| created.map(drop).map_err(Failure::failed))
    }

    fn delete_project(&mut self, id: &str) -> Result<(), Failure> {
        let by = Actor::shell();
        let delete = self.operations.projects.delete(id_of(id)?, &Precondition::NONE, &by);
        self.runtime.block_on(delete).map_err(Failure::failed)
    }

    fn close(&mut self) -> Result<(), Failure> {
        self.runtime.block_on(self.ports.store.close()).map_err(Failure::failed)
    }
}
