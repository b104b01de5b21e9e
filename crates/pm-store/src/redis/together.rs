//! Stores of many callers of one project, in one call.
//!
//! What a script costs Redis before it does anything, and what a call costs here, is more than what storing an item
//! costs. So stores that come while one is under way to the same project wait for its end, and then go together: one
//! script, in which each is a write of its own. Who stores alone waits for nobody.
//!
//! Plain stores go this way: one item, under no condition, not to be repeated, without an end. They touch nothing but the
//! keys that the script names, so that a cluster refuses it whole or not at all.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pm_core::model::{MemoryItem, Precondition, ProjectId, Version};
use pm_core::ports::{LimitPolicy, PutItems};
use pm_core::{Error, Result};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::link::CALL;
use super::{Inner, PURGES, number, record};

/// The most stores of one call, so that it does not hold up Redis for long.
const GROUP: usize = 64;
/// The most bytes of bodies of one call, but for one body more.
const GROUP_BYTES: usize = 256 * 1024;
/// How many expired items are taken away in one step.
const PURGED_AT_ONCE: usize = 500;
/// How long stores that wait may take to end when the store is closed.
const CLOSE: Duration = Duration::from_secs(2);

/// How one store went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Put {
    /// It is done: whether no item was there before, and its version.
    Stored(bool, Version),
    /// The project has as many items as it may.
    Full,
    /// Nothing was done: it cannot be done together with others.
    Alone,
}

/// A store as the script takes it.
#[derive(Debug)]
struct Plain {
    limit: Option<usize>,
    name: Vec<u8>,
    place: Vec<u8>,
    item: Vec<u8>,
}

impl Plain {
    /// The store, if it is one that can go together with others.
    fn of(put: &PutItems) -> Result<Option<Self>> {
        let [item] = put.items.as_slice() else { return Ok(None) };
        let makes_room = put.limit.is_some_and(|limit| limit.policy == LimitPolicy::EvictOldest);
        if makes_room
            || put.once.is_some()
            || put.condition != Precondition::NONE
            || item.expires_at.is_some()
        {
            return Ok(None);
        }
        Ok(Some(Self::new(item, put.limit.map(|limit| limit.max))?))
    }

    fn new(item: &MemoryItem, limit: Option<usize>) -> Result<Self> {
        let [mut head, _, body] = record::item(item)?;
        let place = record::place(item);
        head.extend_from_slice(&body);
        Ok(Self { limit, name: record::name(item.r#type, &item.key), place, item: head })
    }
}

/// A store that waits for the one under way.
#[derive(Debug)]
struct Waiting {
    plain: Plain,
    answer: oneshot::Sender<Result<Put>>,
}

/// The stores that wait, by project: one that has a store under way has an entry.
#[derive(Debug, Default)]
pub(super) struct Together {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    projects: HashMap<ProjectId, VecDeque<Waiting>>,
    closed: bool,
}

/// What a store is to do.
enum Turn {
    /// Go: none is under way.
    Go(Plain),
    /// Wait to be taken along.
    Wait(oneshot::Receiver<Result<Put>>),
}

impl Together {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, project: ProjectId, plain: Plain) -> Result<Turn> {
        let mut state = self.state();
        if state.closed {
            return Err(Error::unavailable("the store is closed"));
        }
        if let Some(waiting) = state.projects.get_mut(&project) {
            let (answer, receiver) = oneshot::channel();
            waiting.push_back(Waiting { plain, answer });
            return Ok(Turn::Wait(receiver));
        }
        state.projects.insert(project, VecDeque::new());
        Ok(Turn::Go(plain))
    }

    /// Those that go next; where none waits, the project has no store under way any more.
    fn next(&self, project: ProjectId) -> Option<Vec<Waiting>> {
        let mut state = self.state();
        let waiting = state.projects.get_mut(&project)?;
        let group = group(waiting);
        if group.is_empty() {
            state.projects.remove(&project);
            return None;
        }
        Some(group)
    }

    /// Those that wait are told that nothing came of it.
    fn forget(&self, project: ProjectId) {
        let waiting = self.state().projects.remove(&project);
        // Their ends are dropped after the lock is.
        drop(waiting);
    }

    /// Later stores fail; returns when those that wait are done.
    pub(super) async fn close(&self) {
        self.state().closed = true;
        let deadline = Instant::now() + CLOSE;
        while !self.state().projects.is_empty() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Takes from the front what can go in one call: of one limit, no name twice. Whose caller has gone is left out.
fn group(waiting: &mut VecDeque<Waiting>) -> Vec<Waiting> {
    let mut taken: Vec<Waiting> = Vec::new();
    let (mut names, mut bytes) = (HashSet::new(), 0);
    let mut left = VecDeque::new();
    while taken.len() < GROUP && bytes < GROUP_BYTES {
        let Some(one) = waiting.pop_front() else { break };
        if one.answer.is_closed() {
            continue;
        }
        let fits = taken.first().is_none_or(|first| first.plain.limit == one.plain.limit);
        // One of a name that was left goes after that one.
        if names.insert(one.plain.name.clone()) && fits {
            bytes += one.plain.item.len();
            taken.push(one);
        } else {
            left.push_back(one);
        }
    }
    left.append(waiting);
    *waiting = left;
    taken
}

impl Inner {
    /// Stores what is plain, together with others where others wait; `None` where it is not plain.
    pub(super) async fn put_plain(
        self: &Arc<Self>,
        project: ProjectId,
        put: &PutItems,
    ) -> Result<Option<Put>> {
        let Some(plain) = Plain::of(put)? else { return Ok(None) };
        let deadline = Instant::now() + CALL;
        match self.together.turn(project, plain)? {
            Turn::Go(plain) => {
                let _first = First { inner: self, project };
                let mut puts = self.put_each(project, &[&plain]).await?;
                puts.pop().map(Some).ok_or_else(short)
            }
            Turn::Wait(answer) => match timeout_at(deadline, answer).await {
                Ok(Ok(put)) => put.map(Some),
                Ok(Err(gone)) => Err(Error::unavailable(gone)),
                Err(late) => Err(Error::unavailable(format!("put_each: {late}"))),
            },
        }
    }

    /// Runs the script; an answer for each.
    async fn put_each(&self, project: ProjectId, stores: &[&Plain]) -> Result<Vec<Put>> {
        let limit = stores.first().and_then(|first| first.limit);
        for _ in 0..PURGES {
            let mut args = Vec::with_capacity(1 + 3 * stores.len());
            args.push(limit.map(number).unwrap_or_default());
            for store in stores {
                args.extend([store.name.clone(), store.place.clone(), store.item.clone()]);
            }
            let said = self.write(&self.scripts.put_each, self.keys.on_memory(project), args).await?;
            if said.word == "due" {
                let call = self.keys.on_memory(project);
                self.write(&self.scripts.purge, call, vec![number(PURGED_AT_ONCE)]).await?;
                continue;
            }
            let mut rest = said.ok()?;
            let (version, letters) = (rest.number()?, rest.bytes()?);
            return if letters.len() == stores.len() { read(version, &letters) } else { Err(short()) };
        }
        Err(Error::unavailable("items expire faster than they can be taken away"))
    }
}

/// Answers each store of a call; who has gone does not want to know.
fn answer(group: Vec<Waiting>, outcome: Result<Vec<Put>>) {
    match outcome {
        Ok(puts) => group.into_iter().zip(puts).for_each(|(one, put)| drop(one.answer.send(Ok(put)))),
        Err(error) => group.into_iter().for_each(|one| drop(one.answer.send(Err(same(&error))))),
    }
}

/// The versions of those that are done follow one another.
fn read(before: u64, letters: &[u8]) -> Result<Vec<Put>> {
    let mut version = before;
    let put = |letter: &u8| match letter {
        b'c' | b'r' => {
            version += 1;
            Ok(Put::Stored(*letter == b'c', Version(version)))
        }
        b'f' => Ok(Put::Full),
        b'a' => Ok(Put::Alone),
        _ => Err(short()),
    };
    letters.iter().map(put).collect()
}

fn short() -> Error {
    Error::internal("Redis did not answer to each of several stores as it should")
}

/// What all stores of a call are told where it failed.
fn same(error: &Error) -> Error {
    match error {
        Error::ProjectNotFound => Error::ProjectNotFound,
        Error::ProjectArchived => Error::ProjectArchived,
        Error::StoreUnavailable(why) => Error::unavailable(why.to_string()),
        Error::Internal(why) => Error::internal(why.to_string()),
        other => Error::internal(other.to_string()),
    }
}

/// The store of one who did not wait. However it ends, also where its caller gives it up, those that came meanwhile are
/// sent: by a task, since it is no work of that caller.
struct First<'a> {
    inner: &'a Arc<Inner>,
    project: ProjectId,
}

impl Drop for First<'_> {
    fn drop(&mut self) {
        let Self { inner, project } = *self;
        let mut state = inner.together.state();
        if state.projects.get(&project).is_none_or(VecDeque::is_empty) {
            state.projects.remove(&project);
            return;
        }
        drop(state);
        let others = Others { inner: inner.clone(), project, done: false };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(others.send());
        }
    }
}

/// The stores of those who waited. Should it end half-way, those that still do are told.
struct Others {
    inner: Arc<Inner>,
    project: ProjectId,
    done: bool,
}

impl Others {
    /// Sends what waits until nothing does.
    async fn send(mut self) {
        while let Some(group) = self.inner.together.next(self.project) {
            let stores: Vec<_> = group.iter().map(|one| &one.plain).collect();
            let outcome = self.inner.put_each(self.project, &stores).await;
            answer(group, outcome);
        }
        self.done = true;
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        if !self.done {
            self.inner.together.forget(self.project);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(name: &str, limit: Option<usize>, bytes: usize) -> (Waiting, oneshot::Receiver<Result<Put>>) {
        let (answer, receiver) = oneshot::channel();
        let plain = Plain { limit, name: name.into(), place: Vec::new(), item: vec![0; bytes] };
        (Waiting { plain, answer }, receiver)
    }

    fn names<'a>(group: impl IntoIterator<Item = &'a Waiting>) -> Vec<String> {
        group.into_iter().map(|one| String::from_utf8_lossy(&one.plain.name).into_owned()).collect()
    }

    #[test]
    fn a_group_has_no_name_twice_one_limit_and_nobody_who_has_gone() {
        let of =
            [("a", None), ("b", None), ("a", None), ("c", Some(1)), ("c", None), ("gone", None), ("d", None)];
        let (mut queue, mut callers): (VecDeque<_>, Vec<_>) =
            of.into_iter().map(|(name, limit)| waiting(name, limit, 1)).unzip();
        drop(callers.remove(5));
        assert_eq!(names(&group(&mut queue)), ["a", "b", "d"]);
        // What has the name of one that was left comes after that one.
        assert_eq!(names(&queue), ["a", "c", "c"]);
        for left in ["a", "c", "c"] {
            assert_eq!(names(&group(&mut queue)), [left]);
        }
        assert_eq!((group(&mut queue).len(), queue.len()), (0, 0));
    }

    #[test]
    fn a_group_is_bounded() {
        let (mut queue, _callers): (VecDeque<_>, Vec<_>) =
            (0..100).map(|n| waiting(&n.to_string(), None, 1)).unzip();
        assert_eq!((group(&mut queue).len(), queue.len()), (GROUP, 100 - GROUP));
        let (mut queue, _callers): (VecDeque<_>, Vec<_>) =
            (0..5).map(|n| waiting(&n.to_string(), None, GROUP_BYTES / 2)).unzip();
        assert_eq!((group(&mut queue).len(), queue.len()), (2, 3));
    }

    #[test]
    fn versions_follow_one_another_and_what_is_no_answer_is_a_fault() {
        let stored = |created, version| Put::Stored(created, Version(version));
        assert_eq!(read(7, b"cfra").unwrap(), [stored(true, 8), Put::Full, stored(false, 9), Put::Alone]);
        assert!(read(7, b"cx").is_err());
    }
}
