//! The paths (`a::b::c`) that Rust code names, those inside `use` trees spelled out.

/// A path with the line it ends on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Named {
    pub(super) line: usize,
    pub(super) steps: Vec<String>,
}

impl Named {
    /// Whether it is `path` or lies below it.
    pub(super) fn is_below(&self, path: &str) -> bool {
        let mut steps = self.steps.iter();
        path.split("::").all(|step| steps.next().is_some_and(|own| own == step))
    }
}

/// Every path of two steps or more in `bare` (see [`bare`](super::code::bare)), and the single names that `use` has.
pub(super) fn named(bare: &str) -> Vec<Named> {
    let mut reader = Reader { tokens: tokens(bare), at: 0, found: Vec::new() };
    let mut in_use = false;
    while let Some((_, token)) = reader.peek() {
        match token {
            Token::Name(name) if name == "use" => {
                in_use = true;
                reader.at += 1;
            }
            Token::Name(_) => {
                reader.path(&[], in_use);
                in_use = false;
            }
            Token::Sep if in_use => reader.at += 1,
            _ => {
                in_use = false;
                reader.at += 1;
            }
        }
    }
    reader.found
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Token {
    Name(String),
    Sep,
    Open,
    Close,
    Comma,
    Other,
}

struct Reader {
    tokens: Vec<(usize, Token)>,
    at: usize,
    found: Vec<Named>,
}

impl Reader {
    fn peek(&self) -> Option<(usize, Token)> {
        self.tokens.get(self.at).cloned()
    }

    /// Reads a path, or a tree of paths, that follows `prefix`; a single name is kept only where `keep_single`.
    fn path(&mut self, prefix: &[String], keep_single: bool) {
        let mut steps = prefix.to_vec();
        let mut last_line = 0;
        while let Some((line, Token::Name(name))) = self.peek() {
            self.at += 1;
            steps.push(name);
            last_line = line;
            if self.peek().is_none_or(|(_, token)| token != Token::Sep) {
                break;
            }
            self.at += 1;
            if self.peek().is_some_and(|(_, token)| token == Token::Open) {
                self.at += 1;
                self.tree(&steps);
                return;
            }
        }
        if steps.len() > 1 || keep_single {
            self.found.push(Named { line: last_line, steps });
        }
    }

    fn tree(&mut self, prefix: &[String]) {
        while let Some((_, token)) = self.peek() {
            match token {
                Token::Name(_) => {
                    self.path(prefix, true);
                    // `as other`.
                    while self.peek().is_some_and(|(_, next)| !matches!(next, Token::Comma | Token::Close)) {
                        self.at += 1;
                    }
                }
                Token::Close => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
    }
}

fn tokens(bare: &str) -> Vec<(usize, Token)> {
    let mut tokens = Vec::new();
    let part = |c: char| c.is_alphanumeric() || c == '_';
    for (number, line) in (1..).zip(bare.split('\n')) {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let raw = rest.strip_prefix("r#").filter(|name| name.starts_with(part));
            let (token, length) = if let Some(name) = raw {
                let end = name.find(|c| !part(c)).unwrap_or(name.len());
                (Token::Name(name.get(..end).unwrap_or_default().to_owned()), end + 2)
            } else if part(first) {
                let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
                (Token::Name(rest.get(..end).unwrap_or_default().to_owned()), end)
            } else if rest.starts_with("::") {
                (Token::Sep, 2)
            } else {
                let token = match first {
                    '{' => Token::Open,
                    '}' => Token::Close,
                    ',' => Token::Comma,
                    _ => Token::Other,
                };
                (token, first.len_utf8())
            };
            tokens.push((number, token));
            rest = rest.get(length..).unwrap_or_default().trim_start();
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let path = |named: Named| format!("{}:{}", named.line, named.steps.join("::"));
        named(text).into_iter().map(path).collect()
    }

    #[test]
    fn paths_in_code_and_in_use_trees_are_found() {
        assert_eq!(shown("let a = std::env::args();\n"), ["1:std::env::args"]);
        assert_eq!(
            shown("use std::{env, fs as disk, io::{self, Read}};"),
            ["1:std::env", "1:std::fs", "1:std::io::self", "1:std::io::Read"]
        );
        assert_eq!(
            shown("use crate::{\n    cli,\n    rest::{Gate},\n};\nfn f(x: http::Uri) {}"),
            ["2:crate::cli", "3:crate::rest::Gate", "5:http::Uri"]
        );
        assert_eq!(shown("use redis;\npub(super) use super::x::*;\nlet y = a.b;"), ["1:redis", "2:super::x"]);
        assert_eq!(shown("use ::std::fs;"), ["1:std::fs"]);
        assert_eq!(shown("match a { crate::A => x::r#type }"), ["1:crate::A", "1:x::type"]);
    }

    #[test]
    fn below_goes_step_by_step() {
        let path = Named { line: 1, steps: ["std", "env", "var"].map(str::to_owned).to_vec() };
        assert!(path.is_below("std") && path.is_below("std::env") && path.is_below("std::env::var"));
        assert!(!path.is_below("std::en") && !path.is_below("std::env::var::x"));
    }
}
