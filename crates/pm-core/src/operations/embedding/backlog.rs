//! What waits to be embedded, of all projects: a bounded number of names, and projects that the store is asked about.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::Name;
use super::waiting::{Origin, Step, Waiting, Work};
use crate::model::ProjectId;
use crate::ports::ModelTag;

/// The most names of all projects together. What is beyond is found by asking the store.
const NAMES: usize = 10_000;
/// How long what another node wrote is left to that node.
const ITS_TURN: Duration = Duration::from_secs(2);
/// The most projects that are walked at a time because the server has started.
const WALKS: usize = 64;

/// What waits to be embedded.
///
/// It is kept in memory alone: what is forgotten when the process ends, the walk at the next start finds.
#[derive(Debug)]
pub(in crate::operations) struct Backlog {
    model: ModelTag,
    state: Mutex<State>,
    /// There may be work for one more.
    work: Notify,
    /// A walk has ended.
    walked: Notify,
}

#[derive(Debug, Default)]
struct State {
    projects: HashMap<ProjectId, Waiting>,
    /// Whose turn it is: each project gets one, then stands at the end.
    order: VecDeque<ProjectId>,
    /// How many names wait, and how many things are being worked at.
    names: usize,
    in_hand: usize,
    walks: usize,
    /// How many items the walks will come by, as far as is known.
    ahead: usize,
    /// What another node wrote, until it has had its turn.
    later: VecDeque<(Instant, ProjectId, Name)>,
    /// Those of `later` that are still of interest.
    expected: HashSet<(ProjectId, Name)>,
    /// Whether every project has been looked at since the start.
    looked_through: bool,
}

impl Backlog {
    pub(in crate::operations) fn new(model: ModelTag) -> Self {
        Self { model, state: Mutex::default(), work: Notify::new(), walked: Notify::new() }
    }

    /// Whose vectors are made.
    pub(in crate::operations) fn model(&self) -> ModelTag {
        self.model
    }

    /// Notes items that were written here.
    pub(in crate::operations) fn note(&self, project: ProjectId, names: impl IntoIterator<Item = Name>) {
        self.change(|state| {
            for name in names {
                state.add(project, name, Origin::Here);
            }
        });
    }

    /// Notes items that another node wrote, to be looked at a little later.
    pub(in crate::operations) fn hear(&self, project: ProjectId, names: impl IntoIterator<Item = Name>) {
        self.change(|state| {
            let due = Instant::now() + ITS_TURN;
            for name in names {
                state.expect(due, project, name);
            }
        });
    }

    /// These have their vectors now: what was heard of them before is settled.
    pub(super) fn settle(&self, project: ProjectId, names: impl IntoIterator<Item = Name>) {
        self.change(|state| {
            for name in names {
                state.expected.remove(&(project, name));
            }
        });
    }

    /// Has the store asked which items of the project have no vector, if more than those that are known lack one.
    pub(in crate::operations) fn lacks(&self, project: ProjectId, items: usize) {
        self.change(|state| {
            let waiting = state.projects.get(&project);
            let known = waiting.map_or(0, |waiting| waiting.names() + waiting.in_hand.len());
            if known < items {
                state.walk(project);
                state.ahead_of(project, |waiting| waiting.at_least(items - known));
            }
        });
    }

    /// Drops what is known of a project.
    pub(in crate::operations) fn forget(&self, project: ProjectId) {
        self.change(|state| state.forget(project));
        self.walked.notify_one();
    }

    /// Has a project walked as part of the start, once there is room for it.
    pub(super) async fn look_at(&self, project: ProjectId) {
        loop {
            let room = self.change(|state| {
                let room = state.walks < WALKS;
                if room {
                    state.walk(project);
                }
                room
            });
            if room {
                return;
            }
            self.walked.notified().await;
        }
    }

    /// Every project has been looked at.
    pub(super) fn looked_through(&self) {
        self.change(|state| state.looked_through = true);
    }

    /// Those that neither wait nor are being worked at.
    pub(super) fn unknown(&self, project: ProjectId, names: Vec<Name>) -> Vec<Name> {
        let state = self.state();
        let Some(waiting) = state.projects.get(&project) else { return names };
        names.into_iter().filter(|name| !waiting.knows(name) && !waiting.in_hand.contains(name)).collect()
    }

    /// How many items wait, as far as is known; of a project about which nothing is known yet, one.
    pub(super) fn pending(&self) -> usize {
        self.state().pending()
    }

    /// Whether something of the project may wait.
    pub(in crate::operations) fn awaits(&self, project: ProjectId) -> bool {
        let state = self.state();
        !state.looked_through || state.projects.contains_key(&project)
    }

    /// The next thing to be done, at most `most` names of one project; the projects take turns.
    pub(super) async fn take(self: &Arc<Self>, most: usize) -> Taken {
        loop {
            let (taken, due) = self.next(most);
            if let Some((project, work)) = taken {
                return Taken { backlog: self.clone(), project, work: Some(work) };
            }
            match due {
                None => self.work.notified().await,
                Some(due) => {
                    // Whichever is first.
                    let _ = tokio::time::timeout_at(due, self.work.notified()).await;
                }
            }
        }
    }

    /// What there is to be done now, or when there may be something.
    fn next(&self, most: usize) -> (Option<(ProjectId, Work)>, Option<Instant>) {
        let mut state = self.state();
        state.come_due(Instant::now());
        let taken = state.take(most);
        state.report();
        let due = state.later.front().map(|(due, ..)| *due);
        let stirs = state.stirs();
        drop(state);
        // Whoever has found nothing waits: to wake one would be to wake himself.
        if taken.is_some() && stirs {
            self.work.notify_one();
        }
        (taken, due)
    }

    /// Makes a change, and wakes a worker if there is something to be done.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let answer = change(&mut state);
        state.report();
        let stirs = state.stirs();
        drop(state);
        if stirs {
            self.work.notify_one();
        }
        answer
    }

    // Nothing here panics halfway through a change.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether a worker has something to do, or to wait for.
    fn stirs(&self) -> bool {
        !self.order.is_empty() || !self.later.is_empty()
    }

    #[expect(clippy::cast_precision_loss, reason = "gauges are doubles; counts stay far below 2^53")]
    fn report(&self) {
        metrics::gauge!("embedder_pending").set(self.pending() as f64);
    }

    fn pending(&self) -> usize {
        self.names + self.in_hand + self.expected.len() + self.ahead + usize::from(!self.looked_through)
    }

    fn is_full(&self) -> bool {
        self.names + self.later.len() >= NAMES
    }

    fn add(&mut self, project: ProjectId, name: Name, origin: Origin) {
        if self.is_full() && !self.knows(project, &name) {
            self.walk(project);
            return self.ahead_of(project, Waiting::one_more);
        }
        self.names += usize::from(self.projects.entry(project).or_default().add(name, origin));
        self.line_up(project);
    }

    fn expect(&mut self, due: Instant, project: ProjectId, name: Name) {
        if self.knows(project, &name) || self.expected.contains(&(project, name.clone())) {
            return;
        }
        if self.is_full() {
            self.walk(project);
            return self.ahead_of(project, Waiting::one_more);
        }
        self.expected.insert((project, name.clone()));
        self.later.push_back((due, project, name));
    }

    fn knows(&self, project: ProjectId, name: &Name) -> bool {
        self.projects.get(&project).is_some_and(|waiting| waiting.knows(name))
    }

    /// Moves what has waited long enough for another node.
    fn come_due(&mut self, now: Instant) {
        while let Some((_, project, name)) = self.later.pop_front_if(|(due, ..)| *due <= now) {
            if self.expected.remove(&(project, name.clone())) {
                self.add(project, name, Origin::Elsewhere);
            }
        }
    }

    fn walk(&mut self, project: ProjectId) {
        let waiting = self.projects.entry(project).or_default();
        if waiting.walk() {
            self.walks += 1;
            self.ahead += waiting.ahead();
        }
        self.line_up(project);
    }

    /// Changes what is known of a walk.
    fn ahead_of(&mut self, project: ProjectId, change: impl FnOnce(&mut Waiting)) {
        if let Some(waiting) = self.projects.get_mut(&project) {
            self.ahead -= waiting.ahead();
            change(waiting);
            self.ahead += waiting.ahead();
        }
    }

    /// Gives the project a place in the order of turns, if there is something to be done.
    fn line_up(&mut self, project: ProjectId) {
        if let Some(waiting) = self.projects.get_mut(&project)
            && waiting.is_ready()
            && !std::mem::replace(&mut waiting.in_order, true)
        {
            self.order.push_back(project);
        }
    }

    fn take(&mut self, most: usize) -> Option<(ProjectId, Work)> {
        while let Some(project) = self.order.pop_front() {
            let Some(waiting) = self.projects.get_mut(&project) else { continue };
            waiting.in_order = false;
            let Some(work) = waiting.take(most) else { continue };
            if let Work::Names(names) = &work {
                self.in_hand += names.len();
                self.names -= names.len();
            }
            self.line_up(project);
            return Some((project, work));
        }
        None
    }

    /// What was taken is back, done or not.
    fn end(&mut self, project: ProjectId, work: Work, step: Step) {
        match work {
            Work::Names(names) => {
                self.in_hand -= names.len();
                if let Some(waiting) = self.projects.get_mut(&project) {
                    for name in &names {
                        waiting.in_hand.remove(name);
                    }
                }
                if matches!(step, Step::Back) {
                    for name in names {
                        self.add(project, name, Origin::Here);
                    }
                }
            }
            Work::Page(_) => {
                let mut ended = false;
                self.ahead_of(project, |waiting| ended = waiting.walked(step));
                self.walks -= usize::from(ended);
            }
        }
        self.line_up(project);
        if self.projects.get(&project).is_some_and(Waiting::is_idle) {
            self.projects.remove(&project);
        }
    }

    fn forget(&mut self, project: ProjectId) {
        if let Some(waiting) = self.projects.remove(&project) {
            self.names -= waiting.names();
            self.walks -= usize::from(waiting.is_walked());
            self.ahead -= waiting.ahead();
        }
        self.order.retain(|waits| *waits != project);
        self.expected.retain(|(expected, _)| *expected != project);
    }
}

/// Something that is being worked at. Dropped before it is done, it goes back.
#[derive(Debug)]
pub(super) struct Taken {
    backlog: Arc<Backlog>,
    project: ProjectId,
    work: Option<Work>,
}

impl Taken {
    pub(super) fn project(&self) -> ProjectId {
        self.project
    }

    /// What is to be done.
    pub(super) fn work(&self) -> Option<&Work> {
        self.work.as_ref()
    }

    /// The names are done.
    pub(super) fn done(self) {
        self.walked(None);
    }

    /// The page is done; `page`: its last name and how many items it had, where more may follow.
    pub(super) fn walked(mut self, page: Option<(Name, usize)>) {
        self.end(page.map_or(Step::End, |(last, items)| Step::To { last, items }));
    }

    fn end(&mut self, step: Step) {
        let Some(work) = self.work.take() else { return };
        let walked = matches!(work, Work::Page(_));
        self.backlog.change(|state| state.end(self.project, work, step));
        if walked {
            self.backlog.walked.notify_one();
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.end(Step::Back);
    }
}
