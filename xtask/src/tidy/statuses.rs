//! Errors become HTTP statuses in one table.

use super::code::{bare, has_word, lines_before_tests};
use super::{Breach, File};

/// The table itself; and health, whose 503 is an answer and no problem.
const PLACES: [&str; 2] = ["crates/pm-server/src/rest/problem.rs", "crates/pm-server/src/rest/health.rs"];

/// What `http::StatusCode` calls those of 400 and above.
const ERRORS: [&str; 41] = [
    "BAD_REQUEST",
    "UNAUTHORIZED",
    "PAYMENT_REQUIRED",
    "FORBIDDEN",
    "NOT_FOUND",
    "METHOD_NOT_ALLOWED",
    "NOT_ACCEPTABLE",
    "PROXY_AUTHENTICATION_REQUIRED",
    "REQUEST_TIMEOUT",
    "CONFLICT",
    "GONE",
    "LENGTH_REQUIRED",
    "PRECONDITION_FAILED",
    "PAYLOAD_TOO_LARGE",
    "URI_TOO_LONG",
    "UNSUPPORTED_MEDIA_TYPE",
    "RANGE_NOT_SATISFIABLE",
    "EXPECTATION_FAILED",
    "IM_A_TEAPOT",
    "MISDIRECTED_REQUEST",
    "UNPROCESSABLE_ENTITY",
    "LOCKED",
    "FAILED_DEPENDENCY",
    "TOO_EARLY",
    "UPGRADE_REQUIRED",
    "PRECONDITION_REQUIRED",
    "TOO_MANY_REQUESTS",
    "REQUEST_HEADER_FIELDS_TOO_LARGE",
    "UNAVAILABLE_FOR_LEGAL_REASONS",
    "INTERNAL_SERVER_ERROR",
    "NOT_IMPLEMENTED",
    "BAD_GATEWAY",
    "SERVICE_UNAVAILABLE",
    "GATEWAY_TIMEOUT",
    "HTTP_VERSION_NOT_SUPPORTED",
    "VARIANT_ALSO_NEGOTIATES",
    "INSUFFICIENT_STORAGE",
    "LOOP_DETECTED",
    "NOT_EXTENDED",
    "NETWORK_AUTHENTICATION_REQUIRED",
    "from_u16",
];

pub(super) fn check(file: &File) -> Vec<Breach> {
    let rest = file.path.starts_with("crates/pm-server/src/rest/") && file.is_rust() && !file.is_test();
    if !rest || PLACES.contains(&file.path.as_str()) {
        return Vec::new();
    }
    let bare = bare(&file.text);
    let found = (1..).zip(bare.lines()).take(lines_before_tests(&file.text)).filter_map(|(number, line)| {
        let after = line.split("StatusCode::").skip(1);
        let error = after
            .filter_map(|rest| ERRORS.iter().find(|name| rest.starts_with(**name) && has_word(rest, name)));
        Some((number, error.last()?))
    });
    let what = |name: &str| {
        format!("answers StatusCode::{name}: answer a `Problem`; only its table has statuses of errors")
    };
    found.map(|(line, name)| Breach::new(file, line, what(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    const TEXT: &str = "let ok = StatusCode::OK;\n// StatusCode::GONE\nlet no = StatusCode::NOT_FOUND;\n";

    #[test]
    fn statuses_of_errors_stand_in_the_table_only() {
        assert_eq!(lines(check, "crates/pm-server/src/rest/memory/get.rs", TEXT), [3]);
        assert_eq!(lines(check, "crates/pm-server/src/rest/a.rs", "StatusCode::from_u16(404)"), [1]);
    }

    #[test]
    fn the_table_tests_and_other_folders_pass() {
        for path in PLACES {
            assert!(lines(check, path, TEXT).is_empty(), "{path}");
        }
        assert!(lines(check, "crates/pm-server/src/http/a.rs", TEXT).is_empty());
        assert!(
            lines(check, "crates/pm-server/src/rest/a.rs", &format!("#[cfg(test)]\nmod tests {{\n{TEXT}}}"))
                .is_empty()
        );
    }
}
