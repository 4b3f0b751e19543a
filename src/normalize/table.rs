//! Tables understood by shape: header bands, label columns, regions of mixed forms, units.
//!
//! A real form is several tables in one grid. Rows are read from top to bottom: a header band opens a region that lasts until
//! the next band or title row. Within a region the columns before the first value header hold labels.

use std::collections::{BTreeMap, BTreeSet};

use super::header_words::{HeaderSort, header_sort};
use super::heading::enumerator;
use super::number::{CellContent, cell_content, of_stored};
use super::text::{clean, fold, key};
use super::unit::{UnitMatch, unit_in_label};
use crate::document::{Cell, Slot, Table, TableId, Text};

/// A table with what its shape says.
#[derive(Debug, Clone)]
pub struct TableView {
    /// Its id.
    pub id: TableId,
    /// The table as read.
    pub table: Table,
    /// One view per origin cell, in the grid's order.
    pub cells: Vec<CellView>,
    /// Regions from top to bottom; every row is in exactly one.
    pub regions: Vec<Region>,
    /// Caption by markup, title row or the line above.
    pub caption: Option<Text>,
    /// The unit that holds for the whole table.
    pub unit: Option<UnitMatch>,
    /// What the table before hands on, when this one goes on with its rows.
    continued: Option<Continued>,
    /// Per cell, the label that its numbering or 其中 puts it under.
    parents: Vec<Option<usize>>,
}

/// The header band that a table hands on to the one that continues it.
#[derive(Debug, Clone)]
struct Continued {
    /// Header cells from the outermost to the innermost, with the first column and how many they span.
    headers: Vec<(CellView, u32, u32)>,
    sorts: Vec<Option<HeaderSort>>,
    unit: Option<UnitMatch>,
}

/// Labels of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowLabels {
    /// The first column whose cells they name; the last one is in front of the next labels' first.
    pub from: u32,
    /// Indexes of the label cells, outermost first.
    pub path: Vec<usize>,
}

/// Level of 其中, below all numberings.
const OF_WHICH: u8 = 9;

/// Labels nest no deeper; of more, the innermost count.
const DEPTH: usize = 16;

/// A cell with its clean text.
#[derive(Debug, Clone)]
pub struct CellView {
    /// Clean text.
    pub text: Text,
    /// Folded characters of `text`, one for one.
    pub chars: Vec<char>,
    /// The text squeezed and folded, the form in which labels are compared.
    pub key: Text,
    /// The unit that the text names, as headers do.
    pub unit: Option<UnitMatch>,
    /// What the text is.
    pub content: CellContent,
    /// What the cell does.
    pub role: CellRole,
    /// What it says as a column header.
    header: Option<HeaderSort>,
}

/// What a cell does in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellRole {
    /// Names a column.
    ColumnHeader,
    /// Names a row.
    RowHeader,
    /// Holds a value or is empty.
    Data,
    /// Names the label columns of a header band.
    Corner,
    /// A title or unit line that fills its row.
    Note,
}

/// Rows that share a header band.
#[derive(Debug, Clone, Default)]
pub struct Region {
    /// First row, header band included.
    pub start: u32,
    /// First row below the header band.
    pub body: u32,
    /// One past the last row.
    pub end: u32,
    /// The title row above it, as an index into `cells`.
    pub title: Option<usize>,
    /// The unit its title or band names.
    pub unit: Option<UnitMatch>,
    /// Its header band stands in the table before.
    inherits: bool,
    /// Per column: labels, values, or not known.
    sorts: Vec<Option<HeaderSort>>,
}

impl Region {
    /// True when a header band stands at its top, or in the table that it continues.
    #[must_use]
    pub fn has_band(&self) -> bool {
        self.body > self.start || self.inherits
    }

    fn is_value_column(&self, col: u32) -> bool {
        self.sorts.get(col as usize).copied().flatten() == Some(HeaderSort::Value)
    }

    fn is_label_column(&self, col: u32) -> bool {
        self.sorts.get(col as usize).copied().flatten() == Some(HeaderSort::Label)
    }
}

impl TableView {
    /// Reads the shape of `table`; `above` is the short line right above it, `before` the table that stands directly in
    /// front of it, if any.
    #[must_use]
    pub fn new(id: TableId, table: Table, above: Option<&Text>, before: Option<&Self>) -> Self {
        let cells = table.grid.cells().iter().map(view).collect();
        let caption = table.caption.as_deref().map(|caption| clean(caption).into()).or_else(|| above.cloned());
        let mut view =
            Self { id, table, cells, regions: Vec::new(), caption, unit: None, continued: None, parents: Vec::new() };
        view.unit = view.caption.as_deref().and_then(|text| unit_line(&key(text)));
        view.regions = view.find_regions();
        let bare = view.regions.first().is_some_and(|region| !region.has_band() && region.title.is_none());
        if let Some(before) = before.filter(|before| bare && before.cols() == view.cols() && view.figures_in_row(0)) {
            view.continued = before.continuation();
            view.unit = view.unit.or_else(|| before.unit.clone());
            view.regions = view.find_regions();
        }
        view.assign_roles();
        view.parents = view.find_parents();
        view
    }

    /// The labels of a column as a tree: 一、 above （一） above 1、, and 其中 under the row before it.
    fn find_parents(&self) -> Vec<Option<usize>> {
        let mut parents = vec![None; self.cells.len()];
        for region in self.regions.iter().filter(|region| region.has_band()) {
            // Per column: labels that are still open, with the level of their numbering.
            let mut open: BTreeMap<u32, Vec<(u8, usize)>> = BTreeMap::new();
            for row in region.body..region.end {
                for index in self.distinct(row) {
                    let Some((view, place)) = self.cell(index) else { continue };
                    if view.role != CellRole::RowHeader || place.row != row || place.row_span > 1 {
                        continue;
                    }
                    let stack = open.entry(place.col).or_default();
                    let level = match enumerator(&view.chars) {
                        Some(found) => found.numbering.level(),
                        None if view.key.starts_with("其中") => OF_WHICH,
                        // What has no number says nothing of where it belongs.
                        None => {
                            stack.clear();
                            stack.push((OF_WHICH - 1, index));
                            continue;
                        }
                    };
                    while stack.last().is_some_and(|(above, _)| *above >= level) {
                        stack.pop();
                    }
                    if let (Some((_, above)), Some(slot)) = (stack.last(), parents.get_mut(index)) {
                        *slot = Some(*above);
                    }
                    stack.push((level, index));
                }
            }
        }
        parents
    }

    /// A label with those above it in the tree of its column, outermost first.
    fn with_parents(&self, index: usize) -> Vec<usize> {
        let mut path = vec![index];
        while let Some(above) = path.last().and_then(|last| self.parents.get(*last).copied().flatten()) {
            if path.len() == DEPTH {
                break;
            }
            path.push(above);
        }
        path.reverse();
        path
    }

    /// What a table that goes on with this one's rows needs to know: its last header band.
    fn continuation(&self) -> Option<Continued> {
        let region = self.regions.last().filter(|region| region.has_band())?;
        let headers = self.headers(region).into_iter().map(|(view, col, span)| (view.clone(), col, span)).collect();
        Some(Continued { headers, sorts: region.sorts.clone(), unit: region.unit.clone() })
    }

    /// Header cells of a region with first column and span, row by row; those of the table before where this one
    /// continues it.
    #[must_use]
    pub fn headers(&self, region: &Region) -> Vec<(&CellView, u32, u32)> {
        if let Some(continued) = self.continued.as_ref().filter(|_| region.inherits) {
            return continued.headers.iter().map(|(view, col, span)| (view, *col, *span)).collect();
        }
        let rows = region.start..region.body;
        let cells = rows.flat_map(|row| self.distinct(row).into_iter().map(move |index| (row, index)));
        let own = cells.filter_map(|(row, index)| self.cell(index).filter(|(_, place)| place.row == row));
        own.map(|(view, place)| (view, place.col, place.col_span)).collect()
    }

    /// The label with an index that [`column_labels`](Self::column_labels) or [`row_labels`](Self::row_labels) gave.
    #[must_use]
    pub fn label(&self, index: usize) -> Option<&CellView> {
        let inherited = || Some(&self.continued.as_ref()?.headers.get(index.checked_sub(self.cells.len())?)?.0);
        self.cells.get(index).or_else(inherited)
    }

    fn figures_in_row(&self, row: u32) -> bool {
        let figure =
            |index: &usize| self.cells.get(*index).is_some_and(|view| matches!(view.content, CellContent::Figure(_)));
        self.distinct(row).iter().any(figure)
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.table.grid.rows()
    }

    /// Number of columns.
    #[must_use]
    pub fn cols(&self) -> u32 {
        self.table.grid.cols()
    }

    /// Index of the cell that stands at or covers a position.
    #[must_use]
    pub fn index_at(&self, row: u32, col: u32) -> Option<usize> {
        match self.table.grid.slot(row, col)? {
            Slot::Origin(index) => Some(index),
            Slot::Covered { row, col } => match self.table.grid.slot(row, col)? {
                Slot::Origin(index) => Some(index),
                Slot::Covered { .. } => None,
            },
        }
    }

    /// The cell with an index, with its place.
    #[must_use]
    pub fn cell(&self, index: usize) -> Option<(&CellView, &Cell)> {
        Some((self.cells.get(index)?, self.table.grid.cells().get(index)?))
    }

    /// The region that a row is in.
    #[must_use]
    pub fn region(&self, row: u32) -> Option<&Region> {
        let at = self.regions.partition_point(|region| region.end <= row);
        self.regions.get(at)
    }

    /// Indexes of the header cells that stand above the body of a region in one column, outermost first.
    #[must_use]
    pub fn column_labels(&self, region: &Region, col: u32) -> Vec<usize> {
        if let Some(continued) = self.continued.as_ref().filter(|_| region.inherits) {
            let above = continued.headers.iter().enumerate().filter(|(_, (view, from, span))| {
                view.content == CellContent::Text && (*from..from + span).contains(&col)
            });
            return above.map(|(index, _)| self.cells.len() + index).collect();
        }
        let mut path = Vec::new();
        for row in region.start..region.body {
            if let Some(header) = self.index_at(row, col)
                && !path.contains(&header)
                && self.cell(header).is_some_and(|(view, place)| {
                    view.content == CellContent::Text && place.row + place.row_span <= region.body
                })
            {
                path.push(header);
            }
        }
        path
    }

    /// The label cells to the left of the cells of a row, from the first column to the last.
    #[must_use]
    pub fn row_labels(&self, row: u32) -> Vec<RowLabels> {
        let Some(region) = self.region(row) else { return Vec::new() };
        let mut found = vec![RowLabels { from: 0, path: Vec::new() }];
        let mut path: Vec<usize> = Vec::new();
        let mut value_met = false;
        for index in self.distinct(row) {
            let Some((view, place)) = self.cell(index) else { continue };
            if found.last().is_some_and(|last| last.path != path) {
                found.push(RowLabels { from: place.col, path: path.clone() });
            }
            let group = place.row_span > 1 && place.col == 0;
            let value = region.is_value_column(place.col) && !group;
            value_met |= value;
            let label = view.content == CellContent::Text && place.row + place.row_span > region.body;
            if !label || (region.has_band() && value) {
                continue;
            }
            if region.has_band() {
                // Labels behind values name what follows them.
                if std::mem::take(&mut value_met) {
                    path.clear();
                }
            } else if path.last().and_then(|last| self.cell(*last)).is_some_and(|(_, last)| last.row_span == 1) {
                // Without headers the nearest label counts, and those around it that span rows.
                path.pop();
            }
            path.extend(self.with_parents(index));
            if path.len() > DEPTH {
                path.drain(..path.len() - DEPTH);
            }
        }
        found
    }

    /// Every row in exactly one region: a title row alone, a band with its body, or rows without headers.
    fn find_regions(&mut self) -> Vec<Region> {
        let mut regions: Vec<Region> = Vec::new();
        let mut title = None;
        let mut row = 0;
        while row < self.rows() {
            if let Some(index) = self.title_row(row).or_else(|| self.unit_row(row)) {
                self.take_title(index, row);
                regions.push(Region { start: row, body: row, end: row + 1, title: Some(index), ..Region::default() });
                title = Some(index);
                row += 1;
                continue;
            }
            // Below a known band, only known header words open another one: values in words stand above figures too.
            let by_shape = regions.last().is_none_or(|region| !region.has_band());
            let band = self.band(row, by_shape);
            let after_title = regions
                .last()
                .is_some_and(|region| region.title.is_some() && !region.has_band() && region.end == region.start + 1);
            match regions.last_mut() {
                Some(region) if band == row && !after_title => region.end = row + 1,
                _ => regions.push(self.open_region(row, band, title)),
            }
            row = band.max(row + 1);
        }
        regions
    }

    fn open_region(&self, row: u32, body: u32, title: Option<usize>) -> Region {
        if let Some(continued) = self.continued.as_ref().filter(|_| row == 0 && body == 0) {
            let (sorts, unit) = (continued.sorts.clone(), continued.unit.clone());
            return Region { start: 0, body: 0, end: 1, title, sorts, unit, inherits: true };
        }
        let sorts = (0..self.cols()).map(|col| self.column_sort(row, body, col)).collect();
        let mut region = Region { start: row, body, end: body.max(row + 1), title, sorts, unit: None, inherits: false };
        let band_unit = (row..body)
            .flat_map(|row| (0..self.cols()).map(move |col| (row, col)))
            .filter(|(_, col)| !region.is_value_column(*col))
            .filter_map(|(row, col)| self.cells.get(self.index_at(row, col)?))
            .find_map(|view| view.unit.clone());
        let title_unit = title.and_then(|index| self.cells.get(index)?.unit.clone());
        region.unit = band_unit.or(title_unit);
        region
    }

    /// A row filled by one cell with a short text: the title of what follows.
    fn title_row(&self, row: u32) -> Option<usize> {
        let index = self.index_at(row, 0)?;
        let (view, place) = self.cell(index)?;
        let fills = place.col_span >= self.cols() && self.cols() > 1 && place.row_span == 1;
        let short = view.content == CellContent::Text && view.chars.len() <= 60 && !view.chars.contains(&'。');
        (fills && short).then_some(index)
    }

    /// A row with a unit line in one of its cells, alone, beside a title or beside 填报单位: nothing merged, as workbooks are
    /// typed and as a file of commas must be.
    fn unit_row(&self, row: u32) -> Option<usize> {
        let filled = |index: &usize| {
            self.cell(*index).is_some_and(|(view, _)| !view.key.is_empty() && view.content != CellContent::Empty)
        };
        let cells: Vec<usize> = self.distinct(row).into_iter().filter(filled).collect();
        let says_unit = |index: &usize| {
            self.cells.get(*index).is_some_and(|view| view.key.contains("单位:") && unit_line(&view.key).is_some())
        };
        let told = cells.iter().copied().find(says_unit)?;
        let beside = |index: usize| {
            self.cell(index).is_some_and(|(view, place)| {
                let named = view.key.contains(':') || (row <= 1 && view.header.is_none() && view.chars.len() >= 4);
                view.content == CellContent::Text && place.row == row && place.row_span == 1 && named
            })
        };
        (cells.len() <= 3 && cells.into_iter().all(beside)).then_some(told)
    }

    /// A unit line above or within the table, or the first title, says something about the whole table.
    fn take_title(&mut self, index: usize, row: u32) {
        let Some(view) = self.cells.get(index) else { return };
        let label = view.key.clone();
        if row <= 2
            && let Some(unit) = unit_line(&label)
        {
            self.unit.get_or_insert(unit);
        }
        if row == 0 && !label.contains("单位:") {
            self.caption = Some(view.text.clone());
        }
    }

    /// One past the last row of the header band that starts at `row`; `row` when there is none.
    fn band(&self, row: u32, by_shape: bool) -> u32 {
        if !self.is_header_row(row, by_shape) {
            return row;
        }
        let mut end = row + 1;
        let spans = |row: u32| {
            self.distinct(row).iter().any(|index| {
                self.cell(*index).is_some_and(|(view, place)| {
                    let names = view.header.is_some() || place.col > 0;
                    view.content == CellContent::Text && place.row == row && place.col_span > 1 && names
                })
            })
        };
        let reaches = |from: u32, end: u32| {
            (from..end).flat_map(|row| self.distinct(row)).any(|index| {
                self.cell(index).is_some_and(|(view, place)| {
                    let names = view.header.is_some() || (place.col > 0 && place.row > from);
                    view.content == CellContent::Text && names && place.row >= from && place.row + place.row_span > end
                })
            })
        };
        while end < self.rows() && (spans(end - 1) || reaches(row, end)) && self.is_header_row(end, true) {
            end += 1;
        }
        end
    }

    /// No figures, short texts, and headers by word or by the figures below.
    fn is_header_row(&self, row: u32, by_shape: bool) -> bool {
        let cells = self.distinct(row);
        let mut words = 0;
        let mut over_figures = 0;
        let mut texts = 0;
        for index in cells {
            let Some((view, place)) = self.cell(index) else { continue };
            match view.content {
                CellContent::Figure(_) | CellContent::Absent => return false,
                CellContent::Text if place.row == row => {
                    if view.chars.len() > 40 {
                        return false;
                    }
                    texts += 1;
                    let known =
                        view.header.is_some() || self.table.grid.cells().get(index).is_some_and(|cell| cell.header);
                    words += usize::from(known);
                    over_figures += usize::from(place.col > 0 && self.figure_below(index));
                }
                _ => {}
            }
        }
        texts >= 2 && (words >= 2 || (by_shape && over_figures >= 2))
    }

    /// The next filled cell below is a figure.
    fn figure_below(&self, index: usize) -> bool {
        let Some((_, place)) = self.cell(index) else { return false };
        let below = place.row + place.row_span;
        (below..self.rows().min(below + 2))
            .filter_map(|row| self.cells.get(self.index_at(row, place.col)?))
            .find(|view| view.content != CellContent::Empty)
            .is_some_and(|view| matches!(view.content, CellContent::Figure(_)))
    }

    /// Indexes of the cells that stand in or reach into a row, from left to right.
    #[must_use]
    pub fn distinct(&self, row: u32) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        let mut col = 0;
        while col < self.cols() {
            let Some(index) = self.index_at(row, col) else {
                col += 1;
                continue;
            };
            found.push(index);
            col = self.cell(index).map_or(col + 1, |(_, place)| (place.col + place.col_span).max(col + 1));
        }
        found
    }

    fn column_sort(&self, start: u32, body: u32, col: u32) -> Option<HeaderSort> {
        let mut sort = None;
        for row in start..body {
            let Some((view, place)) = self.index_at(row, col).and_then(|index| self.cell(index)) else { continue };
            if view.content != CellContent::Text || place.row + place.row_span > body {
                continue;
            }
            sort = view.header.or(sort);
        }
        if sort.is_none() && body > start && self.figures_in_column(body, col) {
            sort = Some(HeaderSort::Value);
        }
        sort
    }

    fn figures_in_column(&self, from: u32, col: u32) -> bool {
        (from..self.rows().min(from + 4))
            .filter_map(|row| self.cells.get(self.index_at(row, col)?))
            .any(|view| matches!(view.content, CellContent::Figure(_)))
    }

    fn assign_roles(&mut self) {
        let titles: BTreeSet<usize> = self.regions.iter().filter_map(|region| region.title).collect();
        let roles: Vec<CellRole> = (0..self.cells.len())
            .map(|index| if titles.contains(&index) { CellRole::Note } else { self.role(index) })
            .collect();
        for (view, role) in self.cells.iter_mut().zip(roles) {
            view.role = role;
        }
    }

    fn role(&self, index: usize) -> CellRole {
        let Some((view, place)) = self.cell(index) else { return CellRole::Data };
        let Some(region) = self.region(place.row) else { return CellRole::Data };
        if view.content != CellContent::Text {
            return CellRole::Data;
        }
        if place.row < region.body {
            let beyond = place.row + place.row_span > region.body;
            let corner = beyond || (region.is_label_column(place.col) && place.col == 0);
            return if corner { CellRole::Corner } else { CellRole::ColumnHeader };
        }
        let labels = if region.has_band() {
            !region.is_value_column(place.col)
        } else {
            self.index_at(place.row, place.col + place.col_span).is_some()
        };
        if labels && view.chars.len() <= 80 { CellRole::RowHeader } else { CellRole::Data }
    }
}

fn view(cell: &Cell) -> CellView {
    let text = clean(&cell.text);
    let chars = fold(&text);
    let content = cell_content(&chars);
    let content = match &cell.source {
        Some(source) => of_stored(content, &chars, &source.raw),
        None => content,
    };
    let text = Text::from(text);
    let key = squeezed(&text, &chars);
    let unit = if content == CellContent::Text && chars.len() <= 60 { unit_in_label(&key) } else { None };
    let header = if content == CellContent::Text { header_sort(&key) } else { None };
    CellView { text, chars, key, unit, content, role: CellRole::Data, header }
}

/// The folded characters without white space; most texts are their own key.
fn squeezed(text: &Text, chars: &[char]) -> Text {
    let same = text.chars().zip(chars).all(|(c, folded)| c == *folded && !c.is_whitespace());
    if same { Text::clone(text) } else { chars.iter().filter(|c| !c.is_whitespace()).collect::<String>().into() }
}

/// 「单位：万元」 on its own or at the end of a caption.
fn unit_line(label: &str) -> Option<UnitMatch> {
    // 「填报单位:某局 金额单位:万元」
    if let Some((_, said)) = label.rsplit_once("单位:") {
        return unit_in_label(&format!("单位:{said}"));
    }
    (label.ends_with(')') && label.contains('元')).then(|| unit_in_label(label)).flatten()
}
