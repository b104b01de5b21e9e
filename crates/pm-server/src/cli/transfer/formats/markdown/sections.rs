//! A Markdown text by its headings: `# of ATX` and underlined ones. What stands in a code fence or in a comment is none.

use std::ops::Range;

use pm_core::model::METADATA_BYTES;

/// What stands under a heading, up to the next.
#[derive(Debug, PartialEq)]
pub(super) struct Section {
    /// The headings down to this one, outermost first; none before the first heading.
    pub path: Vec<String>,
    /// The line of the heading, or the first of the text where there is none.
    pub line: usize,
    /// Where its text is, without the heading.
    pub text: Range<usize>,
}

/// The walk through a text, section by section. The text itself is given anew at every step.
pub(super) struct Sections {
    /// Where the next line begins, and its number.
    at: usize,
    number: usize,
    within: Within,
    /// Whether a heading that is underlined may begin with the next line.
    blank: bool,
    /// The line before, where it may be such a heading.
    title: Option<Line>,
    /// The headings down to the section at hand, with their levels.
    headings: Vec<(usize, String)>,
    /// Where the section at hand has its heading, and where its text begins.
    line: usize,
    start: usize,
    ended: bool,
}

/// A line, without its end.
#[derive(Clone, Copy)]
struct Line {
    at: usize,
    end: usize,
    number: usize,
}

impl Line {
    fn of(self, text: &str) -> &str {
        text.get(self.at..self.end).unwrap_or_default()
    }
}

/// Where a line stands.
#[derive(Clone, Copy)]
enum Within {
    Text,
    /// In a fence of this mark and length.
    Fence(char, usize),
    Comment,
}

impl Sections {
    /// The beginning of a text that starts at `at`, with the line `number`.
    pub(super) fn new(at: usize, number: usize) -> Self {
        Self {
            at,
            number,
            within: Within::Text,
            blank: true,
            title: None,
            headings: Vec::new(),
            line: number,
            start: at,
            ended: false,
        }
    }

    /// The next section of `text`; `None` at the end.
    pub(super) fn next(&mut self, text: &str) -> Option<Section> {
        while let Some(whole) = text.get(self.at..).and_then(|rest| rest.split_inclusive('\n').next()) {
            let end = self.at + whole.trim_end_matches(['\n', '\r']).len();
            let line = Line { at: self.at, end, number: self.number };
            (self.at, self.number) = (self.at + whole.len(), self.number + 1);
            let section = self.step(text, line);
            self.blank = line.of(text).trim().is_empty() || self.at == self.start;
            if section.is_some() {
                return section;
            }
        }
        (!std::mem::replace(&mut self.ended, true)).then(|| self.section(text.len()))
    }

    /// Goes through a line; the section that ends with it.
    fn step(&mut self, text: &str, line: Line) -> Option<Section> {
        let (before, shown) = (self.title.take(), line.of(text));
        match self.within {
            Within::Fence(mark, length) if closes(shown, mark, length) => self.within = Within::Text,
            Within::Comment if shown.contains("-->") => self.within = Within::Text,
            Within::Fence(..) | Within::Comment => {}
            Within::Text => {
                if let Some((mark, length)) = fence(shown) {
                    self.within = Within::Fence(mark, length);
                } else if opens_comment(shown) {
                    self.within = Within::Comment;
                } else if let Some((level, heading)) = heading(shown) {
                    return Some(self.heading(level, heading, line));
                } else if let (Some(level), Some(before)) = (underline(shown), before) {
                    return Some(self.heading(level, before.of(text).trim(), before));
                } else if self.blank && may_be_title(shown) {
                    self.title = Some(line);
                }
            }
        }
        None
    }

    /// A heading that begins at `line`, behind which the walk is; the section before it.
    fn heading(&mut self, level: usize, heading: &str, line: Line) -> Section {
        let section = self.section(line.at);
        self.headings.retain(|(outer, _)| *outer < level);
        // One that metadata has no room for is kept as far as tells that.
        let kept = heading.get(..heading.floor_char_boundary(2 * METADATA_BYTES)).unwrap_or_default();
        self.headings.push((level, kept.to_owned()));
        (self.line, self.start) = (line.number, self.at);
        section
    }

    fn section(&self, end: usize) -> Section {
        let path = self.headings.iter().map(|(_, heading)| heading.clone()).collect();
        Section { path, line: self.line, text: self.start..end }
    }
}

/// How far a line is indented, and what follows.
fn indented(line: &str) -> (usize, &str) {
    let rest = line.trim_start_matches(' ');
    (line.len() - rest.len(), rest)
}

/// `## heading ##`: its level and its text.
fn heading(line: &str) -> Option<(usize, &str)> {
    let (indent, rest) = indented(line);
    let text = rest.trim_start_matches('#');
    let level = rest.len() - text.len();
    if indent > 3 || !(1..=6).contains(&level) || !(text.is_empty() || text.starts_with([' ', '\t'])) {
        return None;
    }
    let text = text.trim();
    let bare = text.trim_end_matches('#');
    let closed = bare.is_empty() || bare.ends_with([' ', '\t']);
    Some((level, if closed { bare.trim_end() } else { text }))
}

/// The mark and the length of an opening code fence. One in a list is indented, however far.
fn fence(line: &str) -> Option<(char, usize)> {
    let rest = line.trim_start();
    let mark = rest.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let info = rest.trim_start_matches(mark);
    let length = rest.len() - info.len();
    // A mark further on makes it code within a line.
    (length >= 3 && !(mark == '`' && info.contains('`'))).then_some((mark, length))
}

fn closes(line: &str, mark: char, length: usize) -> bool {
    let rest = line.trim();
    rest.len() >= length && rest.chars().all(|character| character == mark)
}

fn opens_comment(line: &str) -> bool {
    let (indent, rest) = indented(line);
    indent <= 3 && rest.starts_with("<!--") && !rest.contains("-->")
}

/// The level of a heading that this line underlines.
fn underline(line: &str) -> Option<usize> {
    let (indent, rest) = indented(line);
    let rest = rest.trim_end();
    let all = |mark: char| !rest.is_empty() && rest.chars().all(|character| character == mark);
    match () {
        () if indent > 3 => None,
        () if all('=') => Some(1),
        () if all('-') => Some(2),
        () => None,
    }
}

/// Whether a line is a paragraph's, not a quote's, a list's or a table's.
fn may_be_title(line: &str) -> bool {
    let (indent, rest) = indented(line);
    let list = rest.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with([')', '.']);
    indent <= 3 && !rest.trim().is_empty() && !rest.starts_with(['>', '|', '-', '*', '+', '<', '\t']) && !list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections(text: &str) -> Vec<(String, usize, &str)> {
        let mut sections = Sections::new(0, 1);
        std::iter::from_fn(|| sections.next(text))
            .map(|s| (s.path.join("/"), s.line, text.get(s.text).unwrap().trim()))
            .collect()
    }

    #[test]
    fn headings_nest_and_end_each_other() {
        let text = "before\n# A\na\n\n### A c #\nc\n## A b\nb\n#\tB ##\n\n####### seven\n#none\n    # code\n# \nlast";
        let found: Vec<_> = sections(text);
        let wanted = [
            ("", 1, "before"),
            ("A", 2, "a"),
            ("A/A c", 5, "c"),
            ("A/A b", 7, "b"),
            ("B", 9, "####### seven\n#none\n    # code"),
            ("", 14, "last"),
        ];
        assert_eq!(found, wanted.map(|(path, line, text)| (path.to_owned(), line, text)));
        assert_eq!(sections(""), [(String::new(), 1, "")]);
        assert_eq!(sections("# C#\r\nx\r\n")[1], ("C#".to_owned(), 1, "x"));
    }

    #[test]
    fn underlined_headings() {
        let text = "Title\n=====\ntext\n\nSub\n---\nmore\n\ntwo lines\nof text\n---\n- list\n---\n\n| a |\n---\n\n---\nend";
        let wanted = [
            ("", 1, ""),
            ("Title", 1, "text"),
            ("Title/Sub", 5, "more\n\ntwo lines\nof text\n---\n- list\n---\n\n| a |\n---\n\n---\nend"),
        ];
        assert_eq!(sections(text), wanted.map(|(path, line, text)| (path.to_owned(), line, text)));
    }

    #[test]
    fn lines_in_code_and_comments_are_no_headings() {
        for code in [
            "```sh\n# no\n```",
            "~~~\n# no\n```\n# no\n~~~~",
            "````\n```\n# no\n```\n````",
            "- list\n      ```\n# no\n      ```",
            "<!--\n# no\n-->",
            "``` not closed\n# no",
            "    # no",
            "> # no",
        ] {
            let text = format!("# A\n{code}\n");
            assert_eq!(sections(&text).len(), 2, "{code}");
        }
        let text = "# A\n```\n# no\n```\n# B\n``` in ` line\n# C\n<!-- one line -->\n# D\n``\n# E";
        let found: Vec<_> = sections(text).into_iter().map(|(path, ..)| path).collect();
        assert_eq!(found, ["", "A", "B", "C", "D", "E"]);
    }
}
