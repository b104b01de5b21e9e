//! What a recall is asked.

use jiff::Timestamp;
use serde_json::Value;

use crate::input::{self, Fields, Invalid};
use crate::model::{MemoryItem, MemoryType, ProjectId, SessionId};
use crate::operations::{MAX_LIMIT, memory};

/// The most bytes of a query.
pub const QUERY_BYTES: usize = 8 * 1024;

/// What a recall is asked. Filters apply before ranking.
#[derive(Clone, PartialEq, Debug)]
pub struct RecallRequest {
    pub(super) project: Option<ProjectId>,
    pub(super) query: String,
    pub(super) types: Vec<MemoryType>,
    pub(super) limit: Option<usize>,
    pub(super) session_id: Option<SessionId>,
    pub(super) since: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    pub(super) min_relevance: Option<f64>,
    explain: bool,
}

impl RecallRequest {
    /// Reads the body of a recall.
    pub fn new(body: Value) -> Result<Self, Invalid> {
        let mut fields = Fields::of(body)?;
        let types = fields.optional("memory_types", |types| input::array(types, MemoryType::from_json));
        let limit = fields.optional("limit", input::whole_number(1, MAX_LIMIT as u64));
        let min_relevance = fields.optional("min_relevance", input::number_between(0.0, 1.0));
        let explain = fields.optional("explain", input::boolean);
        Self::read(fields, types, limit, min_relevance, explain)
    }

    /// Reads the parameters of a recall by `GET`: the same, with `memory_types` separated by commas.
    pub fn from_query(mut fields: Fields) -> Result<Self, Invalid> {
        let types = fields.optional("memory_types", |types| {
            let types = input::string(types)?;
            types.split(',').map(str::trim).filter(|name| !name.is_empty()).map(MemoryType::new).collect()
        });
        let limit = fields.optional("limit", input::parameter(input::whole_number(1, MAX_LIMIT as u64)));
        let min_relevance =
            fields.optional("min_relevance", input::parameter(input::number_between(0.0, 1.0)));
        let explain = fields.optional("explain", input::parameter(input::boolean));
        Self::read(fields, types, limit, min_relevance, explain)
    }

    fn read(
        mut fields: Fields,
        types: Option<Vec<MemoryType>>,
        limit: Option<u64>,
        min_relevance: Option<f64>,
        explain: Option<bool>,
    ) -> Result<Self, Invalid> {
        let project = fields.required("project_id", memory::project_id);
        let query = fields.required("query", input::text(0, QUERY_BYTES));
        let session_id = fields.optional("session_id", SessionId::from_json);
        let since = fields.optional("since", input::time_bound);
        let until = fields.optional("until", input::time_bound);
        fields.finish(|| {
            Some(Self {
                project: project?,
                query: query?,
                types: types.filter(|types| !types.is_empty()).unwrap_or_else(|| MemoryType::ALL.to_vec()),
                limit: limit.and_then(|limit| usize::try_from(limit).ok()),
                session_id,
                since,
                until,
                min_relevance,
                explain: explain.unwrap_or_default(),
            })
        })
    }

    /// Every type, no filter: what a context is made from.
    pub(in crate::operations) fn plain(project: ProjectId, query: String) -> Self {
        Self {
            project: Some(project),
            query,
            types: MemoryType::ALL.to_vec(),
            limit: None,
            session_id: None,
            since: None,
            until: None,
            min_relevance: None,
            explain: false,
        }
    }

    /// Whether an item passes the filters.
    pub(super) fn takes(&self, item: &MemoryItem) -> bool {
        self.types.contains(&item.r#type)
            && self.session_id.as_ref().is_none_or(|wanted| item.session_id.as_ref() == Some(wanted))
            && self.since.is_none_or(|since| item.timestamp >= since)
            && self.until.is_none_or(|until| item.timestamp < until)
    }

    /// The project that it names.
    pub fn project(&self) -> crate::Result<ProjectId> {
        self.project.ok_or(crate::Error::ProjectNotFound)
    }

    /// The same in another project than it names.
    #[must_use]
    pub fn in_project(self, project: ProjectId) -> Self {
        Self { project: Some(project), ..self }
    }

    /// Whether the caller wants to see why.
    pub fn explain(&self) -> bool {
        self.explain
    }
}
