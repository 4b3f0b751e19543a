//! HTML pages and fragments.
//!
//! In: decoded text. Out: headings, paragraphs, list items and tables as a browser shows them. Wrong: nesting beyond the
//! limit is an error before the parser's quadratic cost shows; nothing else is, as in a browser.
//!
//! Follows the HTML standard for parsing (html5ever) and tables. Observed on government pages and Word and WPS exports:
//! navigation, scripts and buttons are dropped, breadcrumb and publication line stay; pages that are only table
//! rows, without a table around them, are read as if they had one; what `display:none` or `hidden` keeps from the reader
//! of the page is left out and counted, as is what is struck out. Raised characters stay apart from the figures before
//! them. Fields of forms within tables have their values as text; pictures are counted.

mod element;
mod list;
mod sink;
mod table;

use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{LocalName, ParseOpts, local_name};

use super::chrome;
use super::collector::Collector;
use super::raised::{is_figure, push_raised};
use crate::document::{Block, BlockKind, Location, WarningKind};
use crate::error::{Error, Result};
use element::{Element, Role};
use list::{List, Style, is_numbered};
use sink::{Content, NodeId, Overflow, ROOT, Sink, Tree};
use table::TableFrame;

/// Bytes fed to the parser between two looks at the limits.
const CHUNK_BYTES: usize = 16 << 10;

/// Reads a page into `out`.
///
/// # Errors
/// `limit-exceeded` (`element_depth`, `cells`, `tables`, `blocks`, ...).
pub(super) fn read(text: &str, out: &mut Collector<'_>) -> Result<()> {
    let (mut tree, texts) = parse(text, out)?;
    let mut seen = walk(&mut tree, &texts, out, true)?;
    // A page that is nothing but navigation is shown as it is; nothing of its tree is gone, since nothing was found in it.
    if seen.skipped && out.blocks.is_empty() {
        seen = walk(&mut tree, &texts, out, false)?;
    }
    chrome::set_apart(&mut out.blocks, &seen.linked);
    out.warn_times(WarningKind::HiddenText, Location::Document, seen.hidden);
    out.warn_times(WarningKind::FormFields, Location::Document, seen.fields);
    out.warn_times(WarningKind::Dropped("form field".to_owned()), Location::Document, seen.lost_fields);
    Ok(())
}

/// What a walk saw beside blocks and tables.
#[derive(Default)]
struct Seen {
    /// Elements that were hidden, and texts that were struck out.
    hidden: u32,
    /// Fields whose values were read as text, and those outside of tables, which mostly search or subscribe.
    fields: u32,
    lost_fields: u32,
    /// Navigation was passed over.
    skipped: bool,
    /// Indexes of blocks that are nothing but links.
    linked: Vec<usize>,
}

/// Reads the blocks and tables of a page.
fn walk(tree: &mut Tree, texts: &str, out: &mut Collector<'_>, skip_navigation: bool) -> Result<Seen> {
    let mut walk = Walk::new(tree, texts, out);
    walk.skip_navigation = skip_navigation;
    walk.run()?;
    Ok(walk.seen)
}

/// The tree of a page, and the characters of its texts.
fn parse(text: &str, out: &Collector<'_>) -> Result<(Tree, String)> {
    let limits = out.limits;
    let max_nodes = limits.cells;
    let mut parser = html5ever::parse_document(Sink::new(limits.element_depth, max_nodes), ParseOpts::default());
    if is_bare_rows(text) {
        parser.process(StrTendril::from_slice("<table>"));
    }
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = CHUNK_BYTES.min(rest.len());
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        let Some((chunk, after)) = rest.split_at_checked(end) else { break };
        parser.process(StrTendril::from_slice(chunk));
        rest = after;
        match parser.tokenizer.sink.sink.overflow() {
            Some(Overflow::Depth) => return Err(Error::limit("element_depth", limits.element_depth)),
            Some(Overflow::Nodes) => return Err(Error::limit("cells", limits.cells)),
            None => {}
        }
    }
    Ok(parser.finish())
}

/// Rows or cells without any table: the parser would drop their tags.
fn is_bare_rows(text: &str) -> bool {
    let has = |tag: &[u8]| {
        text.as_bytes().windows(tag.len() + 1).any(|window| {
            window.get(..tag.len()).is_some_and(|head| head.eq_ignore_ascii_case(tag))
                && window.last().is_some_and(|next| !next.is_ascii_alphanumeric())
        })
    };
    !has(b"<table") && (has(b"<td") || has(b"<tr") || has(b"<th"))
}

/// The walk through a parsed page.
struct Walk<'t, 'c, 'l> {
    tree: &'t mut Tree,
    texts: &'t str,
    out: &'c mut Collector<'l>,
    /// The paragraph that is being collected.
    line: String,
    /// White space was met that shows as one space if text follows; true when it held a line end.
    space: Option<bool>,
    breaks: usize,
    kinds: Vec<(BlockKind, Option<u8>)>,
    lists: Vec<List>,
    /// Label of the item that has no text yet.
    label: Option<String>,
    preformatted: usize,
    /// Open elements that are raised, and that are struck out.
    raised: usize,
    struck: usize,
    tables: Vec<TableFrame>,
    /// The caption that is being read belongs to the innermost table.
    in_caption: usize,
    skip_navigation: bool,
    seen: Seen,
    /// Links that are open.
    links: usize,
    /// The paragraph that is being collected has text outside of links.
    unlinked: bool,
    /// Open boxes that are called navigation and hold header cells.
    navigation_tables: usize,
}

impl<'t, 'c, 'l> Walk<'t, 'c, 'l> {
    fn new(tree: &'t mut Tree, texts: &'t str, out: &'c mut Collector<'l>) -> Self {
        Self {
            tree,
            texts,
            out,
            line: String::new(),
            space: None,
            breaks: 0,
            kinds: Vec::new(),
            lists: Vec::new(),
            label: None,
            preformatted: 0,
            raised: 0,
            struck: 0,
            tables: Vec::new(),
            in_caption: 0,
            skip_navigation: true,
            seen: Seen::default(),
            links: 0,
            unlinked: false,
            navigation_tables: 0,
        }
    }

    /// Visits all nodes in document order without recursion. What has been visited is given back once it is clear that it
    /// is not visited again.
    fn run(&mut self) -> Result<()> {
        let mut at = ROOT;
        loop {
            let enters = self.enter(at)?;
            let first = self.tree.node(at).and_then(|node| node.first.get());
            match first {
                Some(child) if enters => {
                    at = child;
                    continue;
                }
                Some(child) if !self.out.blocks.is_empty() => self.tree.forget_all(child, at),
                _ => {}
            }
            loop {
                self.leave(at)?;
                let Some(node) = self.tree.node(at) else { return Ok(()) };
                let (next, parent) = (node.next.get(), node.parent.get());
                if !self.out.blocks.is_empty() {
                    self.tree.forget(at);
                }
                if let Some(next) = next {
                    at = next;
                    break;
                }
                match parent {
                    Some(parent) => at = parent,
                    None => return self.flush(),
                }
            }
        }
    }

    fn element(&self, id: NodeId) -> Option<&Element> {
        match &self.tree.node(id)?.content {
            Content::Element(element) => Some(element),
            _ => None,
        }
    }

    fn is_named(&self, id: NodeId, name: &LocalName) -> bool {
        self.element(id).is_some_and(|element| element.name == *name)
    }

    /// Begins a node; false when its children are not visited.
    fn enter(&mut self, id: NodeId) -> Result<bool> {
        match self.tree.node(id).map(|node| &node.content) {
            Some(Content::Text(text)) => {
                let text = text.of(self.texts);
                self.text(text)?;
                return Ok(false);
            }
            Some(Content::Element(..)) => {}
            _ => return Ok(true),
        }
        let role = self.role(id);
        self.open_marks(id)?;
        match role {
            Role::Inline | Role::Cell | Role::Row | Role::Group => {}
            Role::Skip => {
                self.pass_over(id);
                return Ok(false);
            }
            Role::Break => {
                self.breaks += 1;
                return Ok(false);
            }
            Role::Title => {
                if self.out.title.is_none() {
                    let title = self.text_of(id);
                    self.out.title = Some(title).filter(|title| !title.is_empty());
                }
                return Ok(false);
            }
            Role::Input => {
                self.field(id)?;
                return Ok(false);
            }
            _ => self.flush()?,
        }
        self.open(id, role)?;
        Ok(true)
    }

    /// Begins an element that is no part of a line.
    fn open(&mut self, id: NodeId, role: Role) -> Result<()> {
        match role {
            Role::Heading(level) => self.kinds.push((BlockKind::Heading, Some(level))),
            Role::Item => {
                let depth = u8::try_from(self.lists.len().max(1)).unwrap_or(u8::MAX);
                self.kinds.push((BlockKind::ListItem, Some(depth)));
                let own = self.element(id).map(|element| element.rows).filter(|value| *value > 0);
                let label = self.lists.last_mut().and_then(|list| list.label(own));
                // The rows of a cell are its text as it stands.
                self.label = label.filter(|_| self.tables.is_empty());
            }
            Role::List => self.lists.push(self.list(id)),
            Role::Caption if self.is_table_caption(id) => self.in_caption += 1,
            Role::Caption => self.kinds.push((BlockKind::Caption, None)),
            Role::Preformatted => self.preformatted += 1,
            Role::Table => self.open_table()?,
            Role::Group => {
                let rows = self.tree.children(id).filter(|child| self.is_named(*child, &local_name!("tr")));
                let rows = rows.count();
                if let Some(table) = self.tables.last_mut() {
                    table.open_group(rows);
                }
            }
            Role::Row => {
                if let Some(table) = self.tables.last_mut() {
                    table.open_row();
                }
            }
            Role::Cell => {
                self.flush()?;
                let header = self.is_named(id, &local_name!("th"));
                let (cols, rows) = self.element(id).map_or((1, 1), |element| (element.cols, element.rows));
                if let Some(table) = self.tables.last_mut() {
                    table.open_cell(header, cols, rows);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes what holds for all that is in an element.
    fn open_marks(&mut self, id: NodeId) -> Result<()> {
        self.links += usize::from(self.is_link(id));
        self.navigation_tables += usize::from(self.is_navigation_table(id));
        self.struck += usize::from(self.element(id).is_some_and(Element::is_struck));
        if self.is_lower_part(id) {
            // White space within a formula is nothing.
            self.space = None;
            self.text("/")?;
        }
        self.raised += usize::from(self.is_raised(id));
        Ok(())
    }

    fn close_marks(&mut self, id: NodeId) {
        self.links = self.links.saturating_sub(usize::from(self.is_link(id)));
        self.navigation_tables = self.navigation_tables.saturating_sub(usize::from(self.is_navigation_table(id)));
        self.struck = self.struck.saturating_sub(usize::from(self.element(id).is_some_and(Element::is_struck)));
        self.raised = self.raised.saturating_sub(usize::from(self.is_raised(id)));
    }

    /// Raised by markup or style, or the power in a formula.
    fn is_raised(&self, id: NodeId) -> bool {
        self.element(id).is_some_and(Element::is_raised) || self.is_second(id, "msup")
    }

    /// What stands below the line of a fraction.
    fn is_lower_part(&self, id: NodeId) -> bool {
        self.is_second(id, "mfrac")
    }

    /// An element of a formula that is not the first one within its parent of this name.
    fn is_second(&self, id: NodeId, parent: &str) -> bool {
        let Some(node) = self.tree.node(id).filter(|_| self.element(id).is_some_and(Element::is_math)) else {
            return false;
        };
        let within = node.parent.get().and_then(|parent| self.element(parent));
        within.is_some_and(|element| element.name == *parent)
            && std::iter::successors(node.previous.get(), |id| self.tree.node(*id)?.previous.get())
                .any(|id| self.element(id).is_some())
    }

    /// How the items of a list are numbered.
    fn list(&self, id: NodeId) -> List {
        match self.element(id) {
            Some(list) if list.name == local_name!("ol") => List::numbered(Style::of_code(list.rows), list.cols),
            _ => List::dotted(),
        }
    }

    /// A control of a form: the state of a box, or what stands in a field. Fields outside of tables search or subscribe.
    fn field(&mut self, id: NodeId) -> Result<()> {
        if let Some(mark) = self.element(id).and_then(Element::mark) {
            return self.text(mark);
        }
        let text = if self.is_named(id, &local_name!("select")) { self.chosen(id) } else { self.text_of(id) };
        if text.is_empty() {
            return Ok(());
        }
        if self.tables.is_empty() {
            self.seen.lost_fields = self.seen.lost_fields.saturating_add(1);
            return Ok(());
        }
        self.seen.fields = self.seen.fields.saturating_add(1);
        for (at, line) in text.lines().enumerate() {
            self.breaks += usize::from(at > 0);
            self.text(line)?;
        }
        Ok(())
    }

    /// The options of a list that are chosen.
    fn chosen(&self, id: NodeId) -> String {
        let is_group = |id: &NodeId| self.is_named(*id, &local_name!("optgroup"));
        let groups = self.tree.children(id).filter(is_group).flat_map(|group| self.tree.children(group));
        let options = self.tree.children(id).chain(groups);
        let chosen = options.filter(|id| {
            self.element(*id).is_some_and(|option| option.name == local_name!("option") && option.is_chosen())
        });
        chosen.map(|option| self.text_of(option)).collect::<Vec<_>>().join("、")
    }

    /// Notes why an element is left out.
    fn pass_over(&mut self, id: NodeId) {
        match self.element(id) {
            Some(element) if element.shows_elsewhere() => {
                // A picture that leads elsewhere is a button.
                let button = element.name == local_name!("img") && self.links > 0;
                if !element.is_hidden() && !button {
                    let name = element.name.to_string();
                    self.out.warn(WarningKind::Dropped(name), Location::Document);
                }
            }
            Some(element) if element.is_hidden() => self.seen.hidden = self.seen.hidden.saturating_add(1),
            _ => self.seen.skipped |= self.is_navigation(id),
        }
    }

    /// Ends a node.
    fn leave(&mut self, id: NodeId) -> Result<()> {
        if !matches!(self.tree.node(id).map(|node| &node.content), Some(Content::Element(..))) {
            return Ok(());
        }
        let role = self.role(id);
        self.close_marks(id);
        match role {
            Role::Inline | Role::Skip | Role::Break | Role::Title | Role::Input | Role::Row | Role::Group => {
                return Ok(());
            }
            _ => self.flush()?,
        }
        match role {
            Role::Heading(_) | Role::Item => {
                self.kinds.pop();
                self.label = None;
            }
            Role::List => drop(self.lists.pop()),
            Role::Caption if self.is_table_caption(id) => self.in_caption -= usize::from(self.in_caption > 0),
            Role::Caption => {
                self.kinds.pop();
            }
            Role::Preformatted => self.preformatted -= usize::from(self.preformatted > 0),
            Role::Table => self.close_table()?,
            Role::Cell => {
                if let Some(table) = self.tables.last_mut() {
                    table.close_cell()?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn role(&self, id: NodeId) -> Role {
        let Some(element) = self.element(id) else { return Role::Inline };
        if self.navigation_tables > 0 && element.name == local_name!("a") {
            return Role::Skip;
        }
        match element.role {
            Role::Skip | Role::Title => element.role,
            _ if element.is_hidden() => Role::Skip,
            Role::Inline => Role::Inline,
            _ if self.is_navigation(id) => Role::Skip,
            role => role,
        }
    }

    /// An anchor that names a place is no link.
    fn is_link(&self, id: NodeId) -> bool {
        self.element(id).is_some_and(|element| element.name == local_name!("a") && element.leads_elsewhere())
    }

    /// Navigation that says so itself and holds nothing else. Rows are parts of their table, whatever they are called:
    /// `<tr class="footer">` is a total; so are cells of tables that have figures. The footer of an article is the article's.
    fn is_navigation(&self, id: NodeId) -> bool {
        let Some(element) = self.element(id).filter(|_| self.skip_navigation) else { return false };
        if !element.is_called_navigation() || element.holds_data() {
            return false;
        }
        match element.role {
            Role::Row | Role::Group => false,
            Role::Cell => !self.around(id, &local_name!("table")).is_some_and(Element::holds_data),
            _ if element.name == local_name!("footer") => self.around(id, &local_name!("article")).is_none(),
            _ => true,
        }
    }

    /// The nearest element of a name around another.
    fn around(&self, id: NodeId, name: &LocalName) -> Option<&Element> {
        let parent = |id: NodeId| self.tree.node(id)?.parent.get();
        std::iter::successors(parent(id), |id| parent(*id))
            .find(|id| self.is_named(*id, name))
            .and_then(|id| self.element(id))
    }

    /// A box with header cells or figures in its cells is a table of something, whatever it is called; its links are navigation
    /// all the same.
    fn is_navigation_table(&self, id: NodeId) -> bool {
        self.skip_navigation
            && self.element(id).is_some_and(|element| element.is_called_navigation() && element.holds_data())
    }

    fn is_table_caption(&self, id: NodeId) -> bool {
        self.is_named(id, &local_name!("caption")) && !self.tables.is_empty()
    }

    // Text

    fn text(&mut self, text: &str) -> Result<()> {
        if self.struck > 0 && is_figure(text) {
            self.seen.hidden = self.seen.hidden.saturating_add(1);
            return Ok(());
        }
        if self.preformatted > 0 {
            self.settle()?;
            self.push(text);
            return Ok(());
        }
        let mut rest = text;
        while !rest.is_empty() {
            let word = rest.find(is_html_space).unwrap_or(rest.len());
            let (head, tail) = rest.split_at_checked(word).unwrap_or((rest, ""));
            if !head.is_empty() {
                self.settle_before(head)?;
                self.push(head);
            }
            let next = tail.find(|letter| !is_html_space(letter)).unwrap_or(tail.len());
            let (spaces, after) = tail.split_at_checked(next).unwrap_or((tail, ""));
            if !spaces.is_empty() {
                self.space = Some(self.space.unwrap_or(false) || spaces.contains('\n'));
            }
            rest = after;
        }
        Ok(())
    }

    /// Writes characters, behind the label of their item if they are its first.
    fn push(&mut self, text: &str) {
        self.unlinked |= self.links == 0;
        if let Some(label) = self.label.take().filter(|_| self.line.is_empty() && !is_numbered(text)) {
            self.line.push_str(&label);
        }
        if self.raised > 0 {
            push_raised(text, &mut self.line);
        } else {
            self.line.push_str(text);
        }
    }

    /// Writes the space and breaks that stand between what was and what comes.
    fn settle_before(&mut self, next: &str) -> Result<()> {
        let space = self.space;
        self.settle()?;
        let Some(line_end) = space else { return Ok(()) };
        let Some(before) = self.line.chars().next_back().filter(|letter| *letter != '\n') else { return Ok(()) };
        // CSS Text 3, 4.1.3: a line end in the source between two wide characters is nothing.
        let joined = line_end && is_wide(before) && next.chars().next().is_some_and(is_wide);
        if !joined {
            self.line.push(' ');
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<()> {
        let breaks = std::mem::take(&mut self.breaks);
        // Two breaks in a row separate paragraphs, one separates lines.
        if breaks > 1 && self.tables.last_mut().and_then(TableFrame::text).is_none() {
            self.flush()?;
        } else if breaks > 0 && !self.line.is_empty() {
            self.line.push('\n');
        }
        self.space = None;
        Ok(())
    }

    /// Ends the paragraph that is being collected.
    fn flush(&mut self) -> Result<()> {
        (self.breaks, self.space) = (0, None);
        let linked = !std::mem::take(&mut self.unlinked);
        if self.line.is_empty() {
            return Ok(());
        }
        let line = std::mem::take(&mut self.line);
        if self.in_caption > 0 {
            if let Some(table) = self.tables.last_mut() {
                let caption = table.caption.get_or_insert_default();
                if !caption.is_empty() {
                    caption.push('\n');
                }
                caption.push_str(line.trim());
            }
            return Ok(());
        }
        if let Some(text) = self.tables.last_mut().and_then(TableFrame::text) {
            if text.is_empty() {
                *text = line;
            } else {
                text.push('\n');
                text.push_str(&line);
            }
            return Ok(());
        }
        let (kind, level) = self.kinds.last().copied().unwrap_or((BlockKind::Paragraph, None));
        let at = self.out.blocks.len();
        self.out.push_text(kind, level, line)?;
        if linked && self.out.blocks.len() > at {
            self.seen.linked.push(at);
        }
        Ok(())
    }

    fn text_of(&self, id: NodeId) -> String {
        let mut text = String::new();
        for child in self.tree.children(id) {
            if let Some(Content::Text(piece)) = self.tree.node(child).map(|node| &node.content) {
                text.push_str(piece.of(self.texts));
            }
        }
        text.trim().to_owned()
    }

    // Tables

    fn open_table(&mut self) -> Result<()> {
        if self.tables.len() >= self.out.limits.table_depth {
            return Err(Error::limit("table_depth", self.out.limits.table_depth));
        }
        let id = self.out.reserve_table()?;
        let parent = self.tables.last().and_then(TableFrame::place);
        if parent.is_none() {
            self.out.push(Block::table(id))?;
        }
        self.tables.push(TableFrame::new(id, parent, self.out.limits));
        Ok(())
    }

    fn close_table(&mut self) -> Result<()> {
        let Some(frame) = self.tables.pop() else { return Ok(()) };
        let id = frame.id;
        let (table, overlaps) = frame.finish()?;
        let at = Location::Cell { table: id, row: 0, col: 0, span: None };
        self.out.warn_times(WarningKind::OverlappingCells, at, overlaps);
        self.out.set_table(id, table)
    }
}

fn is_html_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r' | '\u{C}')
}

fn is_wide(letter: char) -> bool {
    matches!(letter, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE4F}' | '\u{FF00}'..='\u{FF60}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn shown(page: &str) -> String {
        let limits = Limits::default();
        let mut out = Collector::new(&limits);
        read(page, &mut out).unwrap();
        let (document, _) = out.finish();
        let mut text = String::new();
        for block in &document.blocks {
            match block.table.and_then(|id| document.table(id)) {
                Some(table) => {
                    text.push_str(&format!("[{}x{}", table.grid.rows(), table.grid.cols()));
                    for cell in table.grid.cells() {
                        let (row, col) = (cell.row, cell.col);
                        let spans = format!("{}x{}", cell.row_span, cell.col_span).replace("1x1", "");
                        text.push_str(&format!(" {row},{col}{spans}:{}", cell.text));
                    }
                    text.push(']');
                }
                None => text.push_str(&format!("{}|", block.text)),
            }
        }
        text
    }

    fn check(page: &str, expected: &str) {
        assert_eq!(shown(page), expected, "{page}");
    }

    #[test]
    fn paragraphs_are_what_a_browser_shows() {
        check("<p>a\n b</p>c<br>d<br><br>e", "a b|c\nd|e|");
        check("<p>甲\n乙&nbsp;丙</p>", "甲乙\u{a0}丙|");
        check("<ul><li>一<li>二</ul><pre>x\n y</pre>", "一|二|x\n y|");
        check(
            "<div class=crumb>首页 &gt; 公开</div><p>来源：甲 发布时间：2023-01-02</p>",
            "首页 > 公开|来源：甲 发布时间：2023-01-02|",
        );
        check("<nav>a</nav><p hidden>b</p><p style='display: none'>c</p><script>d</script>e", "e|");
        check("<nav><p>a</p><ul><li>b</ul></nav>", "a|b|");
        check("<ol start=3><li>甲<li>2.乙<li value=7><p>丙</p><ul><li>丁</ul></ol>", "3. 甲|2.乙|7. 丙|丁|");
        check("<ol style='list-style-type:cjk-ideographic' type=a><li>甲</ol><ol type=A><li>乙</ol>", "一、甲|A. 乙|");
        check("<article>甲<footer>填表人：乙</footer></article><footer>页尾</footer>", "甲|填表人：乙|");
        let boxed = "<div class=nav><table><tr><th>a<tr><td><a href=x>c</a>b</table></div>";
        check(&format!("<div role=navigation>x</div>{boxed}"), "[2x1 0,0:a 1,0:b]");
        check("<p><input type=checkbox checked>是 <input type=checkbox>否</p>", "☑是 □否|");
    }

    #[test]
    fn raised_and_struck_characters_are_told_apart() {
        check(
            "<p>支出12.5<sup>3</sup>万元，10<sup>-4</sup>，m<span style='vertical-align:super'>2</span></p>",
            "支出12.5³万元，10⁻⁴，m2|",
        );
        check("<p><sup>12.5</sup>万元</p>", "12.5万元|");
        check(
            "<p>支出<del>8.5</del>9.5<s>万</s><strike>元</strike><span style='text-decoration:line-through'>7</span></p>",
            "支出9.5万元|",
        );
        check("<table><tr><td style='text-decoration: line-through'>8<td>9</table>", "[1x2 0,0: 0,1:9]");
        check(
            "<p>率=<math><mfrac><mn>12</mn> <mn>34</mn></mfrac><mo>+</mo><msup><mn>10</mn><mn>4</mn></msup></math></p>",
            "率=12/34+10⁴|",
        );
    }

    #[test]
    fn fields_of_tables_have_their_values() {
        let page = "<input value=找><table><tr><td><input type=text value='10.5'><td><textarea>甲\n乙</textarea>\
                    <td><select><option>优<optgroup><option selected>良</select><td><input type=hidden value=x></table>";
        check(page, "[1x4 0,0:10.5 0,1:甲\n乙 0,2:良 0,3:]");
        let limits = Limits::default();
        let mut out = Collector::new(&limits);
        read(&format!("{page}<p><img src=a><a href=b><img src=c></a><img width=16></p>"), &mut out).unwrap();
        let (_, warnings) = out.finish();
        let told: Vec<_> = warnings.into_iter().map(|warning| (warning.kind, warning.count)).collect();
        let dropped = |what: &str| WarningKind::Dropped(what.to_owned());
        assert_eq!(told, [(dropped("img"), 1), (WarningKind::FormFields, 3), (dropped("form field"), 1)]);
    }

    #[test]
    fn tables_of_figures_are_no_navigation() {
        let row = "<tr><td>甲<td>10";
        let table = "[2x2 0,0:项目 0,1:金额 1,0:甲 1,1:10]";
        let head = "<tr><td>项目<td>金额";
        check(&format!("<table class=nav>{head}{row}</table>"), table);
        check(&format!("<div id=nav><table>{head}{row}</table></div><p>乙"), &format!("{table}乙|"));
        check(&format!("<table>{head}<tr class=footer><td class=footer>甲<td class=footer>10</table>"), table);
        check("<table class=nav><tr><td>首页<td><a href=x>10</a><td>0731-1234567</table>乙", "乙|");
    }

    #[test]
    fn tables_follow_the_standard() {
        check("<table><tr><td rowspan=0>a<td>b<tr><td>c</table>", "[2x2 0,02x1:a 0,1:b 1,1:c]");
        check("<table><thead><tr><th rowspan=5>a<tbody><tr><td>b</table>", "[2x1 0,0:a 1,0:b]");
        check("<table><tr><td>a<td rowspan=2>b<tr><td colspan=3>d</table>", "[2x3 0,0:a 0,12x1:b 0,2: 1,01x3:d]");
        check("<td>a</td><td>b</td></tr><tr><td>c", "[2x2 0,0:a 0,1:b 1,0:c 1,1:]");
        check("<table>单位：万元<tr><td><p>a</p><p>b</p></table>", "单位：万元|[1x1 0,0:a\nb]");
    }

    #[test]
    fn deep_nesting_is_refused() {
        let limits = Limits::default();
        let mut out = Collector::new(&limits);
        let error = read(&"<div>".repeat(50_000), &mut out).unwrap_err();
        assert_eq!(error.code(), "limit-exceeded");
    }
}
