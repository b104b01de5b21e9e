//! One end point, one file; handlers are short; router files hold routes only.

use super::code::{bare, lines_to_closing_brace};
use super::{Breach, File};

/// The most lines of a handler, its signature included.
const HANDLER_LINES: usize = 40;
const REST: &str = "crates/pm-server/src/rest/";
const MARK: &str = "#[utoipa::path(";

pub(super) fn check(file: &File) -> Vec<Breach> {
    let Some(module) = file.path.strip_prefix(REST).filter(|_| file.is_rust() && !file.is_test()) else {
        return Vec::new();
    };
    let bare = bare(&file.text);
    let handlers = handlers(&bare);
    let mut breaches = Vec::new();
    for handler in &handlers {
        if handler.lines > HANDLER_LINES {
            let what =
                format!("a handler of {} lines: move work into an extractor or an operation", handler.lines);
            breaches.push(Breach::new(file, handler.line, what));
        }
    }
    let method = handlers.first().map(|handler| handler.method);
    for other in handlers.iter().filter(|handler| Some(handler.method) != method) {
        breaches.push(Breach::new(
            file,
            other.line,
            "a second verb in this file: give the end point a file of its own",
        ));
    }
    if module.ends_with("mod.rs") {
        let handler = handlers.iter().map(|handler| handler.line);
        let other = functions(&bare)
            .filter(|(_, name)| module != "mod.rs" && *name != "routes")
            .map(|(line, _)| line);
        let what = "a router file holds routes only: move this into a file named by what it does";
        breaches.extend(handler.chain(other).map(|line| Breach::new(file, line, what)));
    }
    breaches
}

struct Handler<'a> {
    line: usize,
    lines: usize,
    method: &'a str,
}

/// The functions under a `#[utoipa::path(method, ..)]`.
fn handlers(bare: &str) -> Vec<Handler<'_>> {
    let handler = |(mark, _)| {
        let (before, after) = bare.split_at_checked(mark + MARK.len())?;
        let method = after.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty())?;
        let start = mark + MARK.len() + after.find("fn ")?;
        let line = before.matches('\n').count() + 1 + bare.get(before.len()..start)?.matches('\n').count();
        Some(Handler { line, lines: lines_to_closing_brace(bare, start), method })
    };
    bare.match_indices(MARK).filter_map(handler).collect()
}

fn functions(bare: &str) -> impl Iterator<Item = (usize, &str)> {
    let name = |line: &str| {
        let line = line.trim_start();
        let plain =
            line.strip_prefix("pub ").or_else(|| line.split_once(") ").map(|(_, rest)| rest)).unwrap_or(line);
        plain.strip_prefix("async ").unwrap_or(plain).starts_with("fn ")
    };
    let lines = (1..).zip(bare.lines()).filter(move |(_, line)| name(line));
    lines.filter_map(|(number, line)| Some((number, line.split_once("fn ")?.1.split('(').next()?)))
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    fn handler(method: &str, body: usize) -> String {
        let body = "    work();\n".repeat(body);
        format!(
            "#[utoipa::path(\n    {method}, path = \"/a{{b}}\",\n)]\npub(super) async fn f(\n    a: u8,\n) {{\n{body}}}\n"
        )
    }

    #[test]
    fn long_handlers_are_found() {
        let path = "crates/pm-server/src/rest/a/get.rs";
        assert!(lines(check, path, &handler("get", 36)).is_empty());
        assert_eq!(lines(check, path, &handler("get", 37)), [4]);
    }

    #[test]
    fn a_file_has_one_verb_at_any_number_of_addresses() {
        let path = "crates/pm-server/src/rest/a/get.rs";
        assert!(lines(check, path, &format!("{0}{0}", handler("get", 1))).is_empty());
        assert_eq!(lines(check, path, &format!("{}{}", handler("get", 1), handler("put", 1))), [12]);
    }

    #[test]
    fn a_router_file_has_no_other_functions() {
        let noun = "crates/pm-server/src/rest/a/mod.rs";
        assert!(lines(check, noun, "pub fn routes() -> Router {\n    let f = |x| x;\n}\n").is_empty());
        assert_eq!(lines(check, noun, "pub(super) async fn get() {}\n"), [1]);
        let root = "crates/pm-server/src/rest/mod.rs";
        assert!(lines(check, root, "pub fn router() {}\nasync fn not_found() {}\n").is_empty());
        assert_eq!(lines(check, root, &handler("get", 1)), [4]);
    }
}
