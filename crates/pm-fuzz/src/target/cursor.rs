//! Cursors of every list there is: as they come, and positions of the fuzzer's own under a list that is right.

use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pm_core::Error;
use pm_core::input::Fields;
use pm_core::operations::{ItemList, KeyList, Listing, MessageList, ProjectList};
use serde_json::Value;

use super::{Seen, Target, hold, magnitude};
use crate::Outcome;
use crate::stage::Stage;

/// A list, with the sort that it is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum List {
    Projects(&'static str),
    Items(&'static str),
    Messages(&'static str),
    Keys,
}

const LISTS: [List; 8] = [
    List::Projects("-created_at"),
    List::Projects("name"),
    List::Items("timestamp"),
    List::Items("-timestamp"),
    List::Items("key"),
    List::Messages("timestamp"),
    List::Messages("-timestamp"),
    List::Keys,
];

/// A list with all that is in it.
struct Known {
    list: List,
    identity: String,
    cursor: String,
    all: Vec<String>,
}

pub(super) struct Cursor {
    stage: Rc<Stage>,
    lists: Vec<Known>,
}

/// A page: what its entries are called, how many there are in all, and the next cursor.
type Page = (Vec<String>, u64, Option<String>);

impl Cursor {
    pub(super) fn new(stage: Rc<Stage>) -> Outcome<Self> {
        let mut lists = Vec::new();
        for list in LISTS {
            let (all, _, _) = ask(&stage, list, "", "1000")?;
            let cursor = ask(&stage, list, "", "1")?.2.ok_or("a list has no second page")?;
            let (identity, _) = taken_apart(&cursor).ok_or("a cursor is not what it was")?;
            lists.push(Known { list, identity, cursor, all });
        }
        Ok(Self { stage, lists })
    }

    /// Asks a list for what follows a cursor; `None`: it is refused.
    fn follow(&self, known: &Known, cursor: &str) -> Result<Option<Vec<String>>, String> {
        match ask(&self.stage, known.list, cursor, "1000") {
            Ok((entries, total, next)) => {
                let list = known.list;
                hold(known.all.ends_with(&entries), || {
                    format!("{list:?} {cursor:?}: {entries:?} is no end")
                })?;
                hold(total == known.all.len() as u64, || format!("{list:?} {cursor:?}: of {total}"))?;
                hold(next.is_none(), || format!("{list:?} {cursor:?}: there is more"))?;
                Ok(Some(entries))
            }
            Err(Error::Invalid(invalid)) => {
                let named = invalid.0.iter().all(|fault| fault.field == "cursor");
                hold(named, || format!("{cursor:?}: the fault is not the cursor's: {invalid:?}"))?;
                Ok(None)
            }
            Err(error) => Err(format!("{cursor:?}: {error:?}")),
        }
    }
}

impl Target for Cursor {
    fn name(&self) -> &'static str {
        "cursor"
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "[",
            "]",
            ",",
            "\"",
            "null",
            "true",
            "0",
            "-1",
            "1e3",
            "1.5",
            "9223372036854775807",
            "-9223372036854775808",
            "18446744073709551615",
            "\"error\"",
            "\"solution\"",
            "\"a_b\"",
            "\"\"",
            "\"0199d5f0-7d4e-7000-8000-000000000000\"",
            "\"00000000-0000-0000-0000-000000000000\"",
            "\\u0000",
            "\\ud800",
            "{\"a\":",
            "[[[[[[[[",
            "=",
            "W1",
            "IiwiIl0",
        ]
    }

    fn good(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut good: Vec<_> =
            self.lists.iter().map(|known| ("cursor", known.cursor.clone().into())).collect();
        let positions = self.lists.iter().filter_map(|known| taken_apart(&known.cursor));
        good.extend(positions.map(|(_, position)| ("position", position.to_string().into())));
        good
    }

    /// A cursor is taken by the one list that it names, and means a place in it, also when it is written anew.
    fn give(&self, input: &[u8]) -> Result<Seen, String> {
        let sent = String::from_utf8_lossy(input);
        // An empty one is none.
        if sent.is_empty() {
            return Ok(Seen::new(false, 0));
        }
        let parts = taken_apart(&sent);
        let mut taken = Vec::new();
        for known in &self.lists {
            let Some(entries) = self.follow(known, &sent)? else { continue };
            let Some((identity, position)) = &parts else {
                return Err(format!("{sent:?} is no cursor, and {:?} takes it", known.list));
            };
            hold(*identity == known.identity, || format!("{:?} takes the cursor {sent:?}", known.list))?;
            let anew = self.follow(known, &encoded(identity, &position.to_string()))?;
            hold(anew.as_ref() == Some(&entries), || {
                format!("{sent:?} means another place when written anew")
            })?;
            taken.push((known.list, entries.len()));
        }
        hold(taken.len() <= 1, || format!("{sent:?} is taken by several lists: {taken:?}"))?;
        let mut placed = 0_u32;
        for (known, bit) in self.lists.iter().zip(0..) {
            let cursor = encoded(&known.identity, &sent);
            placed |= u32::from(self.follow(known, &cursor)?.is_some()) << bit;
        }
        let json = serde_json::from_str::<Value>(&sent);
        let fault = json.as_ref().err().map(ToString::to_string);
        let fault = fault.map(|text| text.split(" at line").next().unwrap_or_default().to_owned());
        let fields = json.as_ref().ok().and_then(Value::as_array).map(|parts| magnitude(parts.len()));
        let entries = taken.first().map(|(_, entries)| *entries);
        let shape = (magnitude(sent.len()), parts.is_some(), fault, fields, placed, entries);
        Ok(Seen::new(!taken.is_empty() || placed > 0, shape))
    }
}

/// What a cursor says, by another reader than the server's.
fn taken_apart(cursor: &str) -> Option<(String, Value)> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let Value::Array(parts) = serde_json::from_slice(&bytes).ok()? else { return None };
    let [Value::String(identity), position] = parts.as_slice() else { return None };
    Some((identity.clone(), position.clone()))
}

fn encoded(identity: &str, position: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("[{},{position}]", Value::from(identity)))
}

fn ask(stage: &Stage, list: List, cursor: &str, limit: &str) -> pm_core::Result<Page> {
    let (operations, project) = (&stage.operations, stage.project);
    let fields = |sort: &str| {
        let all = [("sort", sort), ("cursor", cursor), ("limit", limit)];
        let sent = all.into_iter().filter(|(_, value)| !value.is_empty());
        Fields::of_query(sent.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    };
    match list {
        List::Projects(sort) => {
            let listing = stage.wait(operations.projects.list(&ProjectList::new(fields(sort))?, None))?;
            Ok(page(listing, |it| it.value.id.to_string()))
        }
        List::Items(sort) => {
            let listing = stage.wait(operations.memory.list(project, &ItemList::new(fields(sort))?))?;
            Ok(page(listing, |it| format!("{}/{}", it.value.r#type.as_str(), it.value.key)))
        }
        List::Messages(sort) => {
            let listing = stage.wait(operations.messages.list(project, &MessageList::new(fields(sort))?))?;
            Ok(page(listing, |it| it.value.id.to_string()))
        }
        List::Keys => {
            let listing = stage.wait(operations.keys.list(&KeyList::new(fields(""))?))?;
            Ok(page(listing, |it| it.id.clone()))
        }
    }
}

fn page<T>(listing: Listing<T>, name: impl Fn(&T) -> String) -> Page {
    (listing.entries.iter().map(name).collect(), listing.total, listing.next)
}
