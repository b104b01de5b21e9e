//! A Markdown text by its headings: `# of ATX` and underlined ones. What stands in a code fence or in a comment is none.

/// What stands under a heading, up to the next.
#[derive(Debug, PartialEq)]
pub(super) struct Section<'a> {
    /// The headings down to this one, outermost first; none before the first heading.
    pub path: Vec<String>,
    /// The line of the heading, or the first of the text where there is none.
    pub line: usize,
    /// The text, without the heading.
    pub text: &'a str,
}

/// The sections of `text`, whose first line has the number `first_line`.
pub(super) fn of(text: &str, first_line: usize) -> Vec<Section<'_>> {
    let mut reader = Reader { text, sections: Vec::new(), headings: Vec::new(), line: first_line, start: 0 };
    let mut within = Within::Text;
    // The line before, where it may be an underlined heading.
    let mut title: Option<Line<'_>> = None;
    let (mut at, mut number, mut blank) = (0, first_line, true);
    for whole in text.split_inclusive('\n') {
        let line = Line { text: whole.trim_end_matches(['\n', '\r']), at, number };
        (at, number) = (at + whole.len(), number + 1);
        let before = title.take();
        within = match within {
            Within::Fence(mark, length) => {
                if closes(line.text, mark, length) {
                    Within::Text
                } else {
                    Within::Fence(mark, length)
                }
            }
            Within::Comment => {
                if line.text.contains("-->") {
                    Within::Text
                } else {
                    Within::Comment
                }
            }
            Within::Text => {
                if let Some((mark, length)) = fence(line.text) {
                    Within::Fence(mark, length)
                } else if opens_comment(line.text) {
                    Within::Comment
                } else {
                    if let Some((level, heading)) = heading(line.text) {
                        reader.heading(level, heading, &line, at);
                    } else if let (Some(level), Some(before)) = (underline(line.text), before) {
                        reader.heading(level, before.text.trim(), &before, at);
                    } else if blank && may_be_title(line.text) {
                        title = Some(line);
                    }
                    Within::Text
                }
            }
        };
        blank = line.text.trim().is_empty() || at == reader.start;
    }
    reader.close(text.len());
    reader.sections
}

#[derive(Clone, Copy)]
struct Line<'a> {
    text: &'a str,
    at: usize,
    number: usize,
}

/// Where a line stands.
#[derive(Clone, Copy)]
enum Within {
    Text,
    /// In a fence of this mark and length.
    Fence(char, usize),
    Comment,
}

struct Reader<'a> {
    text: &'a str,
    sections: Vec<Section<'a>>,
    /// The headings down to the section at hand, with their levels.
    headings: Vec<(usize, String)>,
    /// Where the section at hand has its heading, and where its text begins.
    line: usize,
    start: usize,
}

impl Reader<'_> {
    /// A heading that begins at `line`; its text goes on at `behind`.
    fn heading(&mut self, level: usize, heading: &str, line: &Line<'_>, behind: usize) {
        self.close(line.at);
        self.headings.retain(|(outer, _)| *outer < level);
        self.headings.push((level, heading.to_owned()));
        (self.line, self.start) = (line.number, behind);
    }

    fn close(&mut self, end: usize) {
        let path = self.headings.iter().map(|(_, heading)| heading.clone()).collect();
        let text = self.text.get(self.start..end).unwrap_or_default();
        self.sections.push(Section { path, line: self.line, text });
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
        of(text, 1).into_iter().map(|s| (s.path.join("/"), s.line, s.text.trim())).collect()
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
        assert_eq!(of("", 1), [Section { path: vec![], line: 1, text: "" }]);
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
