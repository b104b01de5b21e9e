//! The store itself, opened by this command.

use std::fs::Metadata;
use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::task::Poll;
use std::time::{Duration, Instant};

use pm_core::Error;
use pm_core::input::Fields;
use pm_core::model::{
    Act, ItemDraft, Key, MemoryType, MessageDraft, Precondition, ProjectDraft, ProjectId, ProjectPatch,
    Target,
};
use pm_core::operations::{
    ContextRequest, DeleteRequest, Listing, MessageList, Operations, Ports, ProjectList, RecallRequest,
    Recalled, StoreBatch, StoreItem,
};
use pm_core::policy::Actor;
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use super::{Asked, Door, Page, Stored};
use crate::cli::{self, Failure, address, given};
use crate::compose::{self, Absent, ComposeError};
use crate::config::Config;

const PAGE: usize = 500;
/// How long a store that another holds is waited for: a command lets go of it soon, a server does not.
const HELD: Duration = Duration::from_secs(2);
/// How often it is tried.
const TRY_EVERY: Duration = Duration::from_millis(50);
/// How long a query's vector is waited for: the model has just been loaded, and nobody else waits.
const QUERY_BUDGET: Duration = Duration::from_secs(5);
/// How long new items may take to be embedded before the command ends. What is left is found at the server's next start.
const EMBEDDING: Duration = Duration::from_secs(2);
/// How often it is looked whether they are.
const LOOK_EVERY: Duration = Duration::from_millis(5);

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
    /// Whether something was written that a vector is made of.
    wrote: bool,
    data: Option<PathBuf>,
}

impl Local {
    pub(super) fn open() -> Result<Self, Failure> {
        let mut config = cli::load()?;
        config.embedder.query_budget = config.embedder.query_budget.max(QUERY_BUDGET);
        let runtime = cli::runtime()?;
        let opened = runtime.block_on(opened(&config));
        let (ports, operations) = opened.map_err(|error| {
            if error.is_held() {
                let url = address::of_the_server(&config).unwrap_or_else(|| "http://HOST:PORT".to_owned());
                Failure::coded("store_held", format!("{error}, or go through the server: --server {url}"))
            } else {
                Failure::failed(error)
            }
        })?;
        let data = config.store.redis.is_none().then_some(config.store.data_dir);
        let (last_item, messages) = (None, NextPage::First);
        Ok(Self { runtime, ports, operations, last_item, messages, wrote: false, data })
    }

    /// Gives what was written its vectors, so that the next recall has them.
    fn settle(&self) {
        let embedding = &self.operations.embedding;
        let idle = async {
            while embedding.pending() > 0 {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        self.runtime.block_on(async {
            tokio::select! {
                () = embedding.run() => {}
                _ = tokio::time::timeout(EMBEDDING, idle) => {}
            }
        });
    }
}

/// Opens what is configured, once no other command holds it.
async fn opened(config: &Config) -> Result<(Ports, Operations), ComposeError> {
    let until = Instant::now() + HELD;
    loop {
        match compose::open(config, Absent::Fail).await {
            Err(error) if error.is_held() && Instant::now() < until => tokio::time::sleep(TRY_EVERY).await,
            opened => return opened,
        }
    }
}

fn id_of(text: &str) -> Result<ProjectId, Failure> {
    ProjectId::parse(text).ok_or_else(|| Failure::no_project(text))
}

/// A failure that names the project that is not there.
fn named(text: &str) -> impl Fn(Error) -> Failure {
    move |error| match error {
        Error::ProjectNotFound => Failure::no_project(text),
        other => other.into(),
    }
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

fn value_of<T: Serialize>(thing: &T) -> Result<Value, Failure> {
    serde_json::to_value(thing).map_err(Failure::failed)
}

fn parameters(asked: &Asked) -> Fields {
    Fields::of_query(asked.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn page_of<T, S: Serialize>(listing: Listing<T>, entry: impl Fn(T) -> S) -> Result<Page, Failure> {
    let entries = listing.entries.into_iter().map(|thing| value_of(&entry(thing)));
    Ok(Page { entries: entries.collect::<Result<_, _>>()?, total: listing.total, next: listing.next })
}

/// A recalled item as the API answers it.
fn recalled(recalled: &Recalled, explain: bool) -> Result<Value, Failure> {
    let mut item = value_of(&recalled.item)?;
    let Some(object) = item.as_object_mut() else { return Ok(item) };
    object.extend(recalled.relevance.map(|relevance| ("relevance".to_owned(), Value::from(relevance))));
    if let Some(why) = recalled.explain.as_ref().filter(|_| explain) {
        let mut parts: Map<_, _> =
            why.parts().map(|(name, share)| (name.to_owned(), Value::from(share))).collect();
        parts.insert("score".to_owned(), Value::from(why.score));
        parts.extend(why.transformer.map(|why| ("transformer".to_owned(), Value::from(why))));
        object.insert("explain".to_owned(), Value::Object(parts));
    }
    Ok(item)
}

/// Bytes of the files in a folder.
fn size_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).filter(Metadata::is_file).map(|file| file.len()).sum()
}

impl Door for Local {
    fn project(&mut self, id: &str) -> Result<Value, Failure> {
        let project = self.runtime.block_on(self.operations.projects.get(id_of(id)?));
        value_of(&project.map_err(named(id))?.value)
    }

    fn find_project(&mut self, text: &str) -> Result<Value, Failure> {
        let project = self.runtime.block_on(self.operations.projects.find(text, None));
        value_of(&project.map_err(named(text))?.value)
    }

    fn projects(&mut self, asked: &Asked) -> Result<Page, Failure> {
        let request = ProjectList::new(parameters(asked))?;
        page_of(self.runtime.block_on(self.operations.projects.list(&request, None))?, |project| {
            project.value
        })
    }

    fn make_project(&mut self, body: Value) -> Result<Value, Failure> {
        let draft = ProjectDraft::to_create(given::taken(body)?)?;
        value_of(&self.runtime.block_on(self.operations.projects.create(draft, None))?.value)
    }

    fn patch_project(&mut self, id: &str, patch: Value) -> Result<Value, Failure> {
        let patch = ProjectPatch::new(given::taken(patch)?)?;
        let change = self.operations.projects.patch(id_of(id)?, &patch, &Precondition::NONE);
        value_of(&self.runtime.block_on(change).map_err(named(id))?.value)
    }

    fn delete_project(&mut self, id: &str) -> Result<(), Failure> {
        let by = Actor::shell();
        let delete = self.operations.projects.delete(id_of(id)?, &Precondition::NONE, &by);
        self.runtime.block_on(delete).map_err(named(id))
    }

    fn note_export(&mut self, id: &str) -> Result<(), Failure> {
        let (by, target) = (Actor::shell(), Target::project(id_of(id)?));
        // There is no log here that would have it.
        if !self.runtime.block_on(self.operations.audit.append(&by, Act::ProjectExported, target)) {
            cli::tell("the export could not be recorded");
        }
        Ok(())
    }

    fn next_items(&mut self, id: &str) -> Result<Vec<Value>, Failure> {
        let scan = self.operations.memory.scan(id_of(id)?, self.last_item.as_ref(), PAGE);
        let items = self.runtime.block_on(scan)?;
        self.last_item = items.last().map(|item| (item.r#type, item.key.clone())).or(self.last_item.take());
        items.iter().map(value_of).collect()
    }

    fn next_messages(&mut self, id: &str) -> Result<Vec<Value>, Failure> {
        let mut asked = vec![("sort", "timestamp".to_owned())];
        match std::mem::replace(&mut self.messages, NextPage::End) {
            NextPage::First => {}
            NextPage::After(cursor) => asked.push(("cursor", cursor)),
            NextPage::End => return Ok(Vec::new()),
        }
        let page = self.messages(id, &asked)?;
        self.messages = page.next.map_or(NextPage::End, NextPage::After);
        Ok(page.entries)
    }

    fn store_items(&mut self, id: &str, items: Vec<Value>) -> Result<(), Failure> {
        let draft = |item| Ok::<_, Failure>(ItemDraft::new(given::taken(item)?)?);
        let drafts = items.into_iter().map(draft).collect::<Result<Vec<_>, _>>()?;
        let batch = StoreBatch::of(id_of(id)?, drafts)?;
        Ok(self.runtime.block_on(self.operations.memory.store_batch(batch, None)).map(drop)?)
    }

    fn store(&mut self, body: Value) -> Result<Stored, Failure> {
        let store =
            self.operations.memory.store(StoreItem::new(given::taken(body)?)?, Precondition::NONE, None);
        let stored = self.runtime.block_on(store)?;
        self.wrote = true;
        Ok(Stored {
            item: value_of(&stored.item.value)?,
            created: stored.created,
            evicted: stored.evicted.iter().map(|(_, key)| key.to_string()).collect(),
        })
    }

    fn recall(&mut self, body: Value) -> Result<Value, Failure> {
        let request = RecallRequest::new(given::taken(body)?)?;
        let found = self.runtime.block_on(self.operations.recall.recall(&request))?;
        found.iter().map(|item| recalled(item, request.explain())).collect()
    }

    fn forget(&mut self, id: &str, key: &str, r#type: Option<&str>) -> Result<(), Failure> {
        let mut asked = vec![("project_id", id.to_owned()), ("key", key.to_owned())];
        asked.extend(r#type.map(|name| ("type", name.to_owned())));
        let (request, by) = (DeleteRequest::new(parameters(&asked))?, Actor::shell());
        Ok(self.runtime.block_on(self.operations.memory.delete(&request, &Precondition::NONE, &by))?)
    }

    fn clear(&mut self, id: &str) -> Result<Value, Failure> {
        let by = Actor::shell();
        let deleted = self.runtime.block_on(self.operations.memory.clear(id_of(id)?, &by))?;
        Ok(json!({ "deleted": deleted }))
    }

    fn count(&mut self, id: &str) -> Result<Value, Failure> {
        let count = self.runtime.block_on(self.operations.memory.count(id_of(id)?))?;
        let types = MemoryType::ALL.iter().zip(count.by_type);
        let by_type: Map<_, _> =
            types.map(|(r#type, n)| (r#type.as_str().to_owned(), Value::from(n))).collect();
        Ok(json!({ "project_id": id, "count": count.total(), "by_type": by_type }))
    }

    fn messages(&mut self, id: &str, asked: &Asked) -> Result<Page, Failure> {
        let request = MessageList::new(parameters(asked))?;
        let list = self.operations.messages.list(id_of(id)?, &request);
        page_of(self.runtime.block_on(list).map_err(named(id))?, |message| message.value)
    }

    fn add_message(&mut self, id: &str, body: Value) -> Result<Value, Failure> {
        let draft = MessageDraft::new(given::taken(body)?)?;
        let create = self.operations.messages.create(id_of(id)?, draft, None);
        value_of(&self.runtime.block_on(create)?.value)
    }

    fn add_messages(&mut self, id: &str, bodies: Vec<Value>) -> Result<(), Failure> {
        let project = id_of(id)?;
        let drafts = bodies.into_iter().map(|body| Ok::<_, Failure>(MessageDraft::new(given::taken(body)?)?));
        let drafts = drafts.collect::<Result<Vec<_>, _>>()?;
        // All at once, so that the store commits them together instead of waiting for the disk after each.
        let creates = drafts.into_iter().map(|draft| self.operations.messages.create(project, draft, None));
        let created = self.runtime.block_on(together(creates));
        created.into_iter().try_for_each(|created| Ok(created.map(drop)?))
    }

    fn context(&mut self, id: &str, query: Option<&str>) -> Result<Value, Failure> {
        let asked = query.map(|query| ("query", query.to_owned())).into_iter().collect();
        let get = self.operations.contexts.get(id_of(id)?, ContextRequest::new(parameters(&asked))?);
        let context = self.runtime.block_on(get)?;
        let items: Vec<Value> =
            context.items.iter().map(|item| recalled(item, false)).collect::<Result<_, _>>()?;
        Ok(json!({
            "query": context.query,
            "messages": value_of(&context.messages)?,
            "items": items,
            "confidence": context.confidence,
            "sufficient": context.sufficient,
        }))
    }

    fn about(&mut self) -> Result<Value, Failure> {
        let mut about = json!({ "store": self.ports.store.kind() });
        if let (Some(folder), Some(object)) = (&self.data, about.as_object_mut()) {
            object.insert("data_bytes".to_owned(), Value::from(size_of(folder)));
        }
        Ok(about)
    }

    fn close(&mut self) -> Result<(), Failure> {
        if self.wrote {
            self.settle();
        }
        Ok(self.runtime.block_on(self.ports.store.close())?)
    }
}
