//! The conditions of a list, with the values they are bound to.

use pm_core::ports::Order;
use rusqlite::params_from_iter;
use rusqlite::types::Value;

/// A `WHERE` clause under construction.
#[derive(Clone, Debug)]
pub(super) struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    /// Starts with a condition that holds no value.
    pub(super) fn new(first: &str) -> Self {
        Self { sql: first.to_owned(), values: Vec::new() }
    }

    /// Binds a value; the name it has in SQL.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    /// Adds a condition.
    pub(super) fn and(&mut self, condition: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
    }

    /// Adds a condition that compares with a value, where there is one.
    pub(super) fn and_with(&mut self, comparison: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            let name = self.bind(value);
            self.and(&format!("{comparison} {name}"));
        }
    }

    /// The clause, without `WHERE`.
    pub(super) fn sql(&self) -> &str {
        &self.sql
    }

    /// The values, in the order of their names.
    pub(super) fn values(&self) -> impl rusqlite::Params + '_ {
        params_from_iter(&self.values)
    }
}

/// The order in SQL.
pub(super) fn direction(order: Order) -> &'static str {
    match order {
        Order::Ascending => "ASC",
        Order::Descending => "DESC",
    }
}

/// The comparison that what follows a position fulfils.
pub(super) fn beyond(order: Order) -> &'static str {
    match order {
        Order::Ascending => ">",
        Order::Descending => "<",
    }
}

/// The least text greater than all that start with `prefix`, if there is any: text in UTF-8 sorts by code points.
pub(super) fn end_of_prefix(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        // The range of `char` steps over the surrogates and ends with U+10FFFF.
        if let Some(next) = (last..=char::MAX).nth(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix() {
        let cases = [
            ("a", Some("b")),
            ("ab\u{10ffff}", Some("ac")),
            ("\u{d7ff}", Some("\u{e000}")),
            ("\u{7f}", Some("\u{80}")),
            ("\u{10ffff}\u{10ffff}", None),
            ("", None),
        ];
        for (prefix, end) in cases {
            assert_eq!(end_of_prefix(prefix).as_deref(), end, "{prefix:?}");
        }
    }
}
