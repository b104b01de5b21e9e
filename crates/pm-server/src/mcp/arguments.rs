//! The arguments of a tool: those that are its own, and those that go on to an operation, whose faults are told together.

use pm_core::input::{self, Fields, Invalid};
use serde_json::{Map, Value};

/// Characters of an answer unless the caller says.
const MAX_CHARS: u64 = 8_000;
/// The fewest and the most that he may ask for: the largest item fits.
const CHARS: (u64, u64) = (500, 400_000);

/// An id that is no project's, for requests that are read before it is known which project is meant.
pub(super) const NONE: &str = "-";

/// What of a tool's arguments is still to be read.
pub(super) struct Arguments {
    left: Map<String, Value>,
    faults: Vec<input::FieldError>,
}

impl Arguments {
    /// The arguments of a call. Null counts as absent, but as a value to be stored.
    pub(super) fn of(mut arguments: Map<String, Value>) -> Self {
        arguments.retain(|name, value| name == "value" || !value.is_null());
        Self { left: arguments, faults: Vec::new() }
    }

    /// Takes one that is the tool's own.
    pub(super) fn take<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Value) -> Result<T, Invalid>,
    ) -> Option<T> {
        let value = self.left.shift_remove(name)?;
        read(value).map_err(|faults| self.faults.extend(faults.within(name).0)).ok()
    }

    /// The project that the call names. By `project_id`, as the REST API calls it, too: to pass over it would be to write to
    /// another project than is meant.
    pub(super) fn project(&mut self) -> Option<String> {
        let name = if self.has("project") { "project" } else { "project_id" };
        // As long as a name or id may be.
        let named = self.take(name, input::text(1, 1_000));
        if self.has("project_id") {
            self.refuse("project_id", "stands beside project: leave it out");
        }
        named
    }

    /// How many characters the answer may have.
    pub(super) fn max_chars(&mut self) -> usize {
        let asked = self.take("max_chars", input::whole_number(CHARS.0, CHARS.1));
        usize::try_from(asked.unwrap_or(MAX_CHARS)).unwrap_or(usize::MAX)
    }

    /// A whole number within bounds, such as a `limit`.
    pub(super) fn whole(&mut self, name: &'static str, min: u64, max: u64, otherwise: usize) -> usize {
        let asked = self.take(name, input::whole_number(min, max));
        asked.and_then(|asked| usize::try_from(asked).ok()).unwrap_or(otherwise)
    }

    /// Sets what an operation asks for.
    pub(super) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.left.insert(name.to_owned(), value.into());
    }

    /// One that an operation asks for, if it is text: to be said again in the answer.
    pub(super) fn text(&self, name: &str) -> String {
        self.left.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Notes that one may not stand here.
    pub(super) fn refuse(&mut self, name: &str, message: &str) {
        self.left.shift_remove(name);
        self.faults.extend(Invalid::field(name, message).0);
    }

    /// Whether it is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.left.contains_key(name)
    }

    /// The rest, read by `read`; or every fault, those of the tool's own arguments among them.
    pub(super) fn rest<T>(self, read: impl FnOnce(Value) -> Result<T, Invalid>) -> Result<T, Invalid> {
        let Self { left, mut faults } = self;
        match read(Value::Object(left)) {
            Ok(rest) if faults.is_empty() => Ok(rest),
            Ok(_) => Err(Invalid(faults)),
            Err(others) => {
                faults.extend(others.0);
                Err(Invalid(faults))
            }
        }
    }

    /// The same where nothing may stand beside `what`.
    pub(super) fn end_of(mut self, what: &str) -> Result<(), Invalid> {
        let others = std::mem::take(&mut self.left);
        let message = format!("cannot stand beside {what}: leave it out");
        self.faults.extend(others.keys().flat_map(|name| Invalid::field(name.as_str(), message.as_str()).0));
        self.end()
    }

    /// The same where nothing may be left.
    pub(super) fn end(self) -> Result<(), Invalid> {
        self.rest(|rest| Fields::of(rest)?.finish(|| Some(())))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn arguments(value: Value) -> Arguments {
        Arguments::of(input::object(value).unwrap())
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let mut sent = arguments(json!({ "project": 7, "max_chars": 1, "colour": "red", "gone": null }));
        let (project, chars) = (sent.project(), sent.max_chars());
        assert_eq!((project, chars), (None, 8_000));
        let faults = sent.end().unwrap_err().0;
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["project", "max_chars", "colour"]);
    }
}
