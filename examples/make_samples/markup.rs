//! The markup in which sample reports are written: one part per line.
//!
//! ```text
//! # title              ## heading           ### lower heading      ##+ heading numbered by the program
//! | cell | cell{r2c3}  a table row; the suffix gives rows and columns covered; \n breaks a line within a cell
//! @sheet name          the parts that follow stand on their own worksheet
//! @crumb, @info, @tail lines of a web page around its content
//! ```
//! A line of text is a paragraph; an empty line ends a table. Positions that an earlier cell covers are not written.

use std::collections::BTreeSet;

/// One report.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) parts: Vec<Part>,
}

/// One part of a report, in reading order.
#[derive(Debug)]
pub(super) enum Part {
    Title(String),
    Heading { level: usize, numbered: bool, text: String },
    Paragraph(String),
    Table(Vec<Row>),
    Sheet(String),
    Chrome { place: Chrome, text: String },
}

/// Where on a web page a line outside the content stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chrome {
    Crumb,
    Info,
    Tail,
}

/// The cells that begin in one row of a table.
pub(super) type Row = Vec<Cell>;

/// A cell with the place the layout gave it.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) row: usize,
    pub(super) col: usize,
    pub(super) rows: usize,
    pub(super) cols: usize,
}

impl Cell {
    /// The lines of its text.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.split('\n')
    }
}

impl Report {
    /// Reads the markup.
    ///
    /// # Errors
    /// A span that is no number, an unknown `@` line or a table whose rows differ in width.
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rows: Vec<&str> = Vec::new();
        for line in source.lines().chain([""]) {
            if let Some(row) = line.strip_prefix('|') {
                rows.push(row);
                continue;
            }
            if !rows.is_empty() {
                parts.push(Part::Table(lay_out(&rows)?));
                rows.clear();
            }
            if !line.is_empty() {
                parts.push(parse_line(line)?);
            }
        }
        Ok(Self { parts })
    }

    /// The first title, or nothing.
    pub(super) fn title(&self) -> &str {
        let title = self.parts.iter().find_map(|part| match part {
            Part::Title(text) => Some(text.as_str()),
            _ => None,
        });
        title.unwrap_or_default()
    }

    /// The lines of web-page chrome at `place`.
    pub(super) fn chrome(&self, place: Chrome) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(move |part| match part {
            Part::Chrome { place: at, text } if *at == place => Some(text.as_str()),
            _ => None,
        })
    }
}

/// The number of columns of a laid-out table.
pub(super) fn width(table: &[Row]) -> usize {
    table.iter().flatten().map(|cell| cell.col + cell.cols).max().unwrap_or(0)
}

fn parse_line(line: &str) -> Result<Part, String> {
    let heading = |level, numbered, text: &str| Part::Heading { level, numbered, text: text.to_owned() };
    let chrome = |place, text: &str| Part::Chrome { place, text: text.to_owned() };
    let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
    Ok(match mark {
        "#" => Part::Title(rest.to_owned()),
        "##" => heading(1, false, rest),
        "##+" => heading(1, true, rest),
        "###" => heading(2, false, rest),
        "@sheet" => Part::Sheet(rest.to_owned()),
        "@crumb" => chrome(Chrome::Crumb, rest),
        "@info" => chrome(Chrome::Info, rest),
        "@tail" => chrome(Chrome::Tail, rest),
        other if other.starts_with('@') => return Err(format!("unknown mark {other}")),
        _ => Part::Paragraph(line.to_owned()),
    })
}

/// Gives each cell the first free position of its row, as the HTML table model does.
fn lay_out(rows: &[&str]) -> Result<Vec<Row>, String> {
    let mut held = BTreeSet::new();
    let mut table = Vec::new();
    for (row, line) in rows.iter().enumerate() {
        let mut cells = Vec::new();
        let mut col = 0;
        for field in line.split('|') {
            let (text, rows, cols) = parse_field(field)?;
            while held.contains(&(row, col)) {
                col += 1;
            }
            held.extend((row..row + rows).flat_map(|row| (col..col + cols).map(move |col| (row, col))));
            cells.push(Cell { text, row, col, rows, cols });
        }
        table.push(cells);
    }
    let width = width(&table);
    let area = table.len() * width;
    if held.len() == area {
        return Ok(table);
    }
    let first = rows.first().unwrap_or(&"");
    Err(format!("{} of {area} positions held in the table that begins {first}", held.len()))
}

/// One space on each side of `|` belongs to the markup, all others to the cell.
fn parse_field(field: &str) -> Result<(String, usize, usize), String> {
    let field = field.strip_prefix(' ').unwrap_or(field);
    let field = field.strip_suffix(' ').unwrap_or(field);
    let (text, spans) = match field.strip_suffix('}').and_then(|field| field.rsplit_once('{')) {
        Some((text, spans)) => (text, spans),
        None => (field, ""),
    };
    let (rows, cols) = spans.split_once('c').unwrap_or((spans, ""));
    let rows = rows.strip_prefix('r').unwrap_or(rows);
    let number = |digits: &str| match digits {
        "" => Ok(1),
        digits => digits.parse().map_err(|_| format!("not a span: {{{spans}}}")),
    };
    Ok((text.replace("\\n", "\n"), number(rows)?, number(cols)?))
}
