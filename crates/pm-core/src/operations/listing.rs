//! Lists by page: what a caller may ask, and cursors.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::Result;
use crate::input::{self, Fields, Invalid};
use crate::model::{MemoryType, ProjectStatus, Role, SessionId};
use crate::ports::{
    ItemFilter, ItemSort, MessageFilter, Order, Page, PageRequest, ProjectFilter, ProjectSort,
};

const BROKEN: &str = "is not one that this server made: start again without a cursor";

/// Entries of a page unless the caller says.
pub const DEFAULT_LIMIT: usize = 100;
/// The most entries of a page.
pub const MAX_LIMIT: usize = 1000;

/// A page with the cursor of the next one.
#[derive(Clone, PartialEq, Debug)]
pub struct Listing<T> {
    /// Its entries, in order.
    pub entries: Vec<T>,
    /// How many entries the whole list has.
    pub total: u64,
    /// What asks for the next page; `None` at the end.
    pub next: Option<String>,
}

/// What list is asked for: its filter, sort and page.
#[derive(Clone, PartialEq, Debug)]
pub struct ListRequest<F, S> {
    pub(super) filter: F,
    pub(super) sort: S,
    sort_name: String,
    order: Order,
    limit: usize,
    cursor: Option<String>,
}

/// A list of projects.
pub type ProjectList = ListRequest<ProjectFilter, ProjectSort>;
/// A list of memory items.
pub type ItemList = ListRequest<ItemFilter, ItemSort>;
/// A list of messages.
pub type MessageList = ListRequest<MessageFilter, ()>;

impl ProjectList {
    /// Reads the parameters `status, search, sort, limit, cursor`.
    pub fn new(mut fields: Fields) -> Result<Self, Invalid> {
        let status = fields.optional("status", |value| ProjectStatus::new(&input::string(value)?));
        let search = fields.optional("search", input::string).filter(|text| !text.is_empty());
        let sorts = [
            ("created_at", ProjectSort::CreatedAt),
            ("updated_at", ProjectSort::UpdatedAt),
            ("name", ProjectSort::Name),
        ];
        let page = Self::page_of(&mut fields, &sorts, "-created_at");
        fields.finish(|| page.map(|page| page(ProjectFilter { status, search })))
    }
}

impl ItemList {
    /// Reads the parameters `type, session_id, prefix, since, until, sort, limit, cursor`.
    pub fn new(mut fields: Fields) -> Result<Self, Invalid> {
        let r#type = fields.optional("type", MemoryType::from_json);
        let session_id = fields.optional("session_id", SessionId::from_json);
        let prefix = fields.optional("prefix", input::text(0, 512)).filter(|text| !text.is_empty());
        let since = fields.optional("since", input::time_bound);
        let until = fields.optional("until", input::time_bound);
        let sorts = [("timestamp", ItemSort::Timestamp), ("key", ItemSort::Key)];
        let page = Self::page_of(&mut fields, &sorts, "-timestamp");
        fields.finish(|| page.map(|page| page(ItemFilter { r#type, session_id, prefix, since, until })))
    }
}

impl MessageList {
    /// Reads the parameters `role, session_id, since, until, sort, limit, cursor`.
    pub fn new(mut fields: Fields) -> Result<Self, Invalid> {
        let role = fields.optional("role", |value| Role::new(&input::string(value)?));
        let session_id = fields.optional("session_id", SessionId::from_json);
        let since = fields.optional("since", input::time_bound);
        let until = fields.optional("until", input::time_bound);
        let page = Self::page_of(&mut fields, &[("timestamp", ())], "-timestamp");
        fields.finish(|| page.map(|page| page(MessageFilter { role, session_id, since, until })))
    }

    /// The newest `limit` messages that pass `filter`.
    pub(super) fn newest(filter: MessageFilter, limit: usize) -> Self {
        let sort_name = "-timestamp".to_owned();
        Self { filter, sort: (), sort_name, order: Order::Descending, limit, cursor: None }
    }
}

impl ListRequest<(), ()> {
    /// Reads the parameters `limit, cursor` of a list that has one order and no filter.
    pub(super) fn unsorted(mut fields: Fields) -> Result<Self, Invalid> {
        let page = Self::in_one_order(&mut fields, Order::Ascending);
        fields.finish(|| Some(page(())))
    }
}

impl<F: Serialize> ListRequest<F, ()> {
    /// Reads `limit, cursor` of a list that has this one order; what is answered makes the request once the filter is
    /// known.
    pub(super) fn in_one_order(fields: &mut Fields, order: Order) -> impl FnOnce(F) -> Self + use<F> {
        let limit = Self::limit_of(fields);
        let cursor = fields.optional("cursor", input::string);
        move |filter| Self { filter, sort: (), sort_name: String::new(), order, limit, cursor }
    }
}

impl<F: Serialize, S: Copy> ListRequest<F, S> {
    fn limit_of(fields: &mut Fields) -> usize {
        let limit = fields.optional("limit", input::parameter(input::whole_number(1, MAX_LIMIT as u64)));
        limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(DEFAULT_LIMIT)
    }

    /// Reads `sort, limit, cursor`; what is answered makes the request once the filter is known.
    fn page_of(
        fields: &mut Fields,
        sorts: &[(&'static str, S)],
        default: &str,
    ) -> Option<impl FnOnce(F) -> Self + use<F, S>> {
        let sort_name = fields.optional("sort", input::string).unwrap_or_else(|| default.to_owned());
        let (order, bare) = match sort_name.strip_prefix('-') {
            Some(bare) => (Order::Descending, bare),
            None => (Order::Ascending, sort_name.as_str()),
        };
        let sort =
            fields.keep("sort", input::one_of(sorts, bare).map_err(|fault| or_descending(fault, sorts)));
        let limit = Self::limit_of(fields);
        let cursor = fields.optional("cursor", input::string);
        let sort = sort?;
        Some(move |filter| Self { filter, sort, sort_name, order, limit, cursor })
    }

    /// The same of a list whose places depend on its sort, if the one of the cursor `fits` it.
    pub(super) fn sorted_page<P: DeserializeOwned>(
        &self,
        list: &str,
        fits: impl FnOnce(&P, S) -> bool,
    ) -> Result<PageRequest<S, P>> {
        let page = self.page(list)?;
        if page.after.as_ref().is_some_and(|place| !fits(place, self.sort)) {
            return Err(Invalid::field("cursor", BROKEN).into());
        }
        Ok(page)
    }

    /// What the store is asked; `list` tells this list from all others.
    pub(super) fn page<P: DeserializeOwned>(&self, list: &str) -> Result<PageRequest<S, P>> {
        let after = match &self.cursor {
            Some(cursor) => Some(decode(cursor, &self.identity(list))?),
            None => None,
        };
        Ok(PageRequest { sort: self.sort, order: self.order, after, limit: self.limit })
    }

    /// The page with the cursor that follows it.
    pub(super) fn listing<T, P: Serialize>(
        &self,
        list: &str,
        page: Page<T>,
        position: impl FnOnce(&T) -> P,
    ) -> Listing<T> {
        let last = page.entries.last().filter(|_| page.more);
        let next = last.map(|last| encode(&self.identity(list), &position(last)));
        Listing { next, total: page.total, entries: page.entries }
    }

    /// A digest of what a cursor belongs to: list, filter and sort.
    fn identity(&self, list: &str) -> String {
        let text = serde_json::to_string(&(list, &self.filter, &self.sort_name)).unwrap_or_default();
        let digest = Sha256::digest(text);
        URL_SAFE_NO_PAD.encode(digest.first_chunk::<9>().unwrap_or(&[0; 9]))
    }
}

fn or_descending<S>(fault: Invalid, sorts: &[(&'static str, S)]) -> Invalid {
    let names = sorts.iter().map(|(name, _)| format!("{name}, -{name}")).collect::<Vec<_>>().join(", ");
    match fault.0.first().and_then(|first| first.message.split_once(", not ")) {
        Some((_, sent)) => Invalid::here(format!("must be one of {names}, not {sent}")),
        None => fault,
    }
}

fn encode<P: Serialize>(identity: &str, position: &P) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_string(&(identity, position)).unwrap_or_default())
}

fn decode<P: DeserializeOwned>(cursor: &str, identity: &str) -> Result<P, Invalid> {
    let fault = |message: &str| Invalid::field("cursor", message);
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| fault(BROKEN))?;
    let (theirs, position): (String, serde_json::Value) =
        serde_json::from_slice(&bytes).map_err(|_| fault(BROKEN))?;
    if theirs != identity {
        return Err(fault(
            "belongs to another list, filter or sort: repeat those it came with, or start again",
        ));
    }
    serde_json::from_value(position).map_err(|_| fault(BROKEN))
}
