//! Tables: aligned columns, the long ones cut to the width of the terminal.

use super::text::{cut, width};
use super::{Screen, Style};

/// What stands between columns.
const GAP: &str = "  ";
/// No column is made narrower than this.
const LEAST: usize = 8;

/// A column.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Column {
    name: &'static str,
    right: bool,
    /// Whether it gives way where the line is too long.
    gives: bool,
    /// Whether it is left out where there is no room for it at all.
    spare: bool,
}

impl Column {
    /// A column that keeps its width.
    pub(in crate::cli) fn firm(name: &'static str) -> Self {
        Self { name, right: false, gives: false, spare: false }
    }

    /// A column that is cut where there is no room.
    pub(in crate::cli) fn long(name: &'static str) -> Self {
        Self { name, right: false, gives: true, spare: false }
    }

    /// A column of numbers.
    pub(in crate::cli) fn number(name: &'static str) -> Self {
        Self { name, right: true, gives: false, spare: false }
    }

    /// The same, to be left out where there is no room for it; of several the last goes first.
    pub(in crate::cli) fn spare(self) -> Self {
        Self { spare: true, ..self }
    }
}

/// What stands in a column of a row: text that is printable already.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub(in crate::cli) fn styled(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, style: Style::Plain }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

#[derive(Clone, Debug)]
enum Row {
    Cells(Vec<Cell>),
    /// A line that is in no column.
    Note(Cell),
}

/// Rows under the names of their columns.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Table {
    columns: Vec<Column>,
    rows: Vec<Row>,
}

impl Table {
    pub(in crate::cli) fn new(columns: &[Column]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row, a cell for each column.
    pub(in crate::cli) fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        self.rows.push(Row::Cells(cells.into()));
    }

    /// Adds a line below the last row.
    pub(in crate::cli) fn note(&mut self, text: impl Into<String>, style: Style) {
        self.rows.push(Row::Note(Cell::styled(text, style)));
    }

    /// Its lines; nothing where there are no rows.
    pub(in crate::cli) fn drawn(&self, screen: Screen) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let widths = self.widths(screen.width);
        let names = self.columns.iter().map(|column| Cell::styled(column.name, Style::Bold)).collect();
        let mut text = String::new();
        for row in std::iter::once(&Row::Cells(names)).chain(&self.rows) {
            let line = match row {
                Row::Cells(cells) => self.line(cells, &widths, screen),
                Row::Note(Cell { text, style }) => {
                    screen.painted(&cut(text, screen.width.unwrap_or(usize::MAX)), *style)
                }
            };
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    fn line(&self, cells: &[Cell], widths: &[Option<usize>], screen: Screen) -> String {
        let mut line = String::new();
        // Blanks are owed until something follows, so that no line ends in them.
        let mut owed = 0;
        for ((cell, column), columns) in cells.iter().zip(&self.columns).zip(widths) {
            let Some(columns) = columns else { continue };
            let text = cut(&cell.text, *columns);
            let blanks = columns.saturating_sub(width(&text));
            let (before, after) = if column.right { (blanks, 0) } else { (0, blanks) };
            if text.is_empty() {
                owed += columns + GAP.len();
            } else {
                line.push_str(&" ".repeat(owed + before));
                line.push_str(&screen.painted(&text, cell.style));
                owed = after + GAP.len();
            }
        }
        line
    }

    /// The width of each column: what it needs, or its share of what there is; `None`: it is left out.
    fn widths(&self, line: Option<usize>) -> Vec<Option<usize>> {
        let mut widths: Vec<usize> = self.columns.iter().map(|column| width(column.name)).collect();
        for row in &self.rows {
            if let Row::Cells(cells) = row {
                for (widest, cell) in widths.iter_mut().zip(cells) {
                    *widest = width(&cell.text).max(*widest);
                }
            }
        }
        let mut widths: Vec<_> = widths.into_iter().map(Some).collect();
        let Some(line) = line else { return widths };
        for n in (0..widths.len()).rev() {
            if self.least(&widths) <= line {
                break;
            }
            if self.columns.get(n).is_some_and(|column| column.spare)
                && let Some(width) = widths.get_mut(n)
            {
                *width = None;
            }
        }
        let gaps = GAP.len() * widths.iter().flatten().count().saturating_sub(1);
        let mut giving = Vec::new();
        let mut room = line.saturating_sub(gaps);
        for (width, column) in widths.iter_mut().zip(&self.columns) {
            let Some(width) = width else { continue };
            if column.gives {
                giving.push(width);
            } else {
                room = room.saturating_sub(*width);
            }
        }
        // From the narrowest on, each takes at most its share of what is left.
        giving.sort_by_key(|width| **width);
        let mut left = giving.len();
        for width in giving {
            *width = (*width).min((room / left.max(1)).max(LEAST));
            room = room.saturating_sub(*width);
            left -= 1;
        }
        widths
    }

    /// The columns that a line takes where all give way.
    fn least(&self, widths: &[Option<usize>]) -> usize {
        let shown = widths.iter().zip(&self.columns).filter_map(|(width, column)| {
            let width = (*width)?;
            Some(GAP.len() + if column.gives { width.min(LEAST) } else { width })
        });
        shown.sum::<usize>().saturating_sub(GAP.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Screen = Screen { width: None, colour: false };

    fn table() -> Table {
        let mut table = Table::new(&[
            Column::number("N"),
            Column::firm("TYPE"),
            Column::long("KEY"),
            Column::long("VALUE"),
        ]);
        table.row(["1".into(), Cell::styled("error", Style::Bad), "login-500".into(), "short".into()]);
        table.row([
            "22".into(),
            "solution".into(),
            "東京".into(),
            "a much longer value than the other".into(),
        ]);
        table.row(["3".into(), "context".into(), "k".into(), Cell::default()]);
        table
    }

    #[test]
    fn columns_are_aligned_by_what_is_seen() {
        let text = table().drawn(WIDE);
        assert_eq!(
            text,
            " N  TYPE      KEY        VALUE\n\
             \u{20}1  error     login-500  short\n\
             22  solution  東京       a much longer value than the other\n\
             \u{20}3  context   k\n"
        );
        assert_eq!(Table::new(&[Column::firm("A")]).drawn(WIDE), "");
    }

    #[test]
    fn long_columns_give_way_to_the_width() {
        let mut table = table();
        table.note("   a note that is longer than the line allows", Style::Dim);
        let text = table.drawn(Screen { width: Some(40), colour: false });
        assert!(text.lines().all(|line| width(line) <= 40), "{text}");
        assert!(text.contains("22  solution  東京       a much longer…\n"), "{text}");
        assert!(text.ends_with("…\n"), "{text}");
        // Where there is no room at all, something is still seen.
        assert!(table.drawn(Screen { width: Some(1), colour: false }).contains("login-5…"));
    }

    #[test]
    fn what_is_spare_is_left_out_before_a_line_is_too_long() {
        let [id, at] = ["ID", "AT"].map(Column::firm);
        let mut table = Table::new(&[id, at.spare(), Column::long("NAME"), Column::long("TEXT").spare()]);
        table.row(["1234567890".into(), "today".into(), "what it is called".into(), "all about it".into()]);
        for (columns, names) in [
            (80, "ID          AT     NAME               TEXT"),
            (37, "ID          AT     NAME      TEXT"),
            (36, "ID          AT     NAME"),
            (20, "ID          NAME"),
        ] {
            let text = table.drawn(Screen { width: Some(columns), colour: false });
            assert_eq!(text.lines().next(), Some(names), "{columns}");
            assert!(text.lines().all(|line| width(line) <= columns), "{text}");
        }
    }

    #[test]
    fn colours_take_no_room() {
        let text = table().drawn(Screen { width: None, colour: true });
        assert!(text.contains(" 1  \u{1b}[31merror\u{1b}[0m     login-500"), "{text:?}");
        assert!(text.starts_with(" \u{1b}[1mN\u{1b}[0m  "), "{text:?}");
    }
}
