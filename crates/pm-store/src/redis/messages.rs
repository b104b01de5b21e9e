//! Messages.

use pm_core::Result;
use pm_core::model::{Message, MessageId, Precondition, ProjectId, Version, Versioned};
use pm_core::ports::{MessageFilter, MessagePosition, Once, Page, PageRequest, Written};

use super::items::condition;
use super::ranges::{self, Ranges};
use super::reply::Reply;
use super::{ANSWER_BYTES, Inner, number, once, record};

/// The digits of all roles.
const ROLES: [u8; 3] = *b"012";

impl Inner {
    /// See `Store::create_message`.
    pub(super) async fn create_message(
        &self,
        message: &Message,
        once: Option<&Once>,
    ) -> Result<Written<Version>> {
        let [head, body] = record::message(message)?;
        let mut args: Vec<_> = once::arguments(once).into();
        args.extend([message.id.uuid().into_bytes().to_vec(), head, body]);
        let call = self.keys.on_messages(message.project_id);
        let said = self
            .once(once, message.project_id, async |_| {
                self.write(&self.scripts.create_message, call, args).await
            })
            .await?;
        once::written(said, |rest| Ok(Version(rest.number()?)))
    }

    /// See `Store::message`.
    pub(super) async fn message(
        &self,
        project: ProjectId,
        id: MessageId,
    ) -> Result<Option<Versioned<Message>>> {
        let key = self.keys.messages(project);
        let mut command = redis::cmd("HGET");
        command.arg(&key).arg(id.uuid().as_bytes().as_slice());
        let mut found =
            Reply::of(redis::Value::Array(vec![self.link.command("message", &key, command).await?]))?;
        found.optional()?.map(|record| record::read_message(&record)).transpose()
    }

    /// See `Store::delete_message`.
    pub(super) async fn delete_message(
        &self,
        project: ProjectId,
        id: MessageId,
        wanted: &Precondition,
    ) -> Result<bool> {
        let [if_match, if_none_match] = condition(wanted);
        let args = vec![id.uuid().into_bytes().to_vec(), if_match, if_none_match];
        let said = self.write(&self.scripts.delete_message, self.keys.on_messages(project), args).await?;
        Ok(said.ok()?.text()? == "1")
    }

    /// See `Store::list_messages`.
    pub(super) async fn list_messages(
        &self,
        project: ProjectId,
        filter: &MessageFilter,
        request: &PageRequest<(), MessagePosition>,
    ) -> Result<Page<Versioned<Message>>> {
        let groups: Vec<u8> = filter.role.map_or_else(|| ROLES.to_vec(), |role| vec![record::role(role)]);
        let skip = filter.session_id.as_ref().map(|id| record::session(Some(id)).to_vec());
        let index: &[u8] = if skip.is_some() { b"ms" } else { b"mt" };
        let ranges = Ranges {
            order: request.order,
            skip: skip.unwrap_or_default(),
            head: usize::MAX,
            groups,
            lower: filter.since.map(|since| record::time(since.as_microsecond()).to_vec()),
            upper: filter.until.map(|until| record::time(until.as_microsecond()).to_vec()),
        };
        let mut after = request.after.as_ref().map(|MessagePosition(time, id)| ranges::Place {
            head: [record::time(*time).as_slice(), id.uuid().as_bytes()].concat(),
            group: None,
            tail: Vec::new(),
        });
        let mut page = Page { entries: Vec::new(), total: 0, more: true };
        // An answer may be cut short by its size.
        while page.more && page.entries.len() < request.limit {
            let mut args = vec![index.to_vec(), number(ANSWER_BYTES)];
            args.extend(ranges.arguments(after.as_ref(), request.limit - page.entries.len()));
            let said = self.read(&self.scripts.list_messages, self.keys.on_messages(project), args).await?;
            let mut rest = said.ok()?;
            for record in rest.array()?.all()? {
                page.entries.push(record::read_message(&record)?);
            }
            page.total = rest.number()?;
            page.more = rest.text()? == "1";
            let Some(last) = page.entries.last() else { break };
            let time = record::time(last.value.timestamp.as_microsecond());
            let head = [time.as_slice(), last.value.id.uuid().as_bytes()].concat();
            after = Some(ranges::Place { head, group: None, tail: Vec::new() });
        }
        Ok(page)
    }
}
