//! Facts from table cells: the row labels name the concept, the column headers the stage, the year and the measure.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::draft::{Context, Draft, Meaning, Siblings, TextPlace, Value, figure_draft, kind_of, text_draft};
use super::{indicators, narrative};
use crate::document::{Cell, Text, Unit};
use crate::normalize::heading::enumerator;
use crate::normalize::table::CellRole;
use crate::normalize::unit::implied;
use crate::normalize::{CellContent, CellView, Figure, TableView, UnitMatch, fold, key, number, without_parentheses};
use crate::record::{At, ChoiceOption, FactKind, Phase, Reported};
use crate::vocabulary::{LabelReading, TableSort};

/// What a column measures, by its headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Amount,
    Weight,
    Score,
    Rate(&'static str),
    Target,
    Actual,
}

/// What a row is to the indicators of its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// It stands outside of them: the funds block of a form.
    Elsewhere,
    /// Their total.
    Total,
    /// A group in a tree.
    Group,
    /// One indicator.
    Leaf,
}

/// All facts of one table, cell by cell; `sort` is what its title says that it is.
pub(super) fn table_facts(table: &TableView, context: &Context<'_>, sort: Option<&TableSort>, drafts: &mut Vec<Draft>) {
    let indicators = || table.regions.iter().filter(|region| indicators::is_indicator_region(table, region));
    let of_indicators = indicators().map(|region| region.start).collect();
    let groups = indicators().flat_map(|region| indicators::group_rows(table, region)).collect();
    let cells = Cells { table, id: table.id.label(), context, sort, of_indicators, groups, near: RefCell::default() };
    for (index, view) in table.cells.iter().enumerate() {
        let Some((_, place)) = table.cell(index) else { continue };
        match &view.content {
            CellContent::Figure(figure) => drafts.extend(figure_fact(&cells, index, figure)),
            CellContent::Text if matches!(view.role, CellRole::ColumnHeader | CellRole::Corner | CellRole::Note) => {}
            CellContent::Text => text_facts(&cells, view, place, drafts),
            _ => {}
        }
    }
}

/// A word for the sort of table, for the record.
pub(super) fn table_kind(table: &TableView, has_indicators: bool) -> Option<&'static str> {
    let words = |word: &str| table.cells.iter().any(|view| view.key.contains(word));
    let funds = words("全年执行数") || words("资金来源") || words("执行率");
    match (funds, has_indicators) {
        (true, true) => Some("self_evaluation_form"),
        (true, false) => Some("funds"),
        (false, true) => Some("indicators"),
        (false, false) => (words("控制率") && words("编制数")).then_some("base_data"),
    }
}

/// The labels that lead to a cell.
struct Labels {
    rows: Rc<Path>,
    columns: Rc<Path>,
    /// The functional class, section or item that the row is coded as.
    function: Option<Text>,
}

/// Labels of one path with what they say, shared by all cells under them.
struct Path {
    texts: Arc<[Text]>,
    reading: LabelReading,
    /// The unit that the innermost label with a unit names.
    unit: Option<UnitMatch>,
    /// The innermost label is 合计 or the like.
    total: bool,
    /// One of them is 小计.
    subtotal: bool,
    /// The innermost label names a part of the entity.
    scope: Option<Text>,
    /// The labels as they are compared.
    keys: Vec<Text>,
    heading: OnceCell<Heading>,
}

/// What labels say about the figures that they head.
struct Heading {
    /// What the innermost one that names a measure says.
    measure: Option<Measure>,
    /// The innermost one heads identifiers.
    identifiers: bool,
    /// One of them speaks of a part of the year or of a difference.
    part_of_year: bool,
}

impl Path {
    fn heading(&self) -> &Heading {
        self.heading.get_or_init(|| Heading {
            measure: self.keys.iter().rev().find_map(|key| header_measure(&without_parentheses(key))),
            identifiers: self.keys.last().is_some_and(|key| names_identifiers(key)),
            part_of_year: self.keys.iter().any(|key| part_of_year(key)),
        })
    }
}

/// Numbers below 序号, 编码, 电话 and the like name things and count nothing.
fn names_identifiers(label: &str) -> bool {
    const WORDS: [&str; 10] = ["序号", "编码", "编号", "代码", "电话", "年限", "文号", "账号", "行次", "栏次"];
    WORDS.iter().any(|word| label.ends_with(word))
}

/// Columns of quarters, differences and averages do not state the year's figure.
fn part_of_year(label: &str) -> bool {
    const WORDS: [&str; 8] = ["季度", "上半年", "下半年", "人均", "增减", "差额", "比上年", "月"];
    WORDS.iter().any(|word| label.contains(word))
}

/// A table on its way into facts.
struct Cells<'t, 'c> {
    table: &'t TableView,
    /// The table's id in records.
    id: Text,
    context: &'t Context<'c>,
    sort: Option<&'t TableSort>,
    /// First rows of the regions that list indicators.
    of_indicators: BTreeSet<u32>,
    /// Rows of indicator trees that have rows below them.
    groups: BTreeSet<u32>,
    near: RefCell<Near>,
}

/// Labels of the row and the region that cells were asked for last; cells come row by row.
#[derive(Default)]
struct Near {
    row: Option<u32>,
    /// First column and labels, from left to right.
    rows: Vec<(u32, Rc<Path>)>,
    /// Name of the functional class, section or item that the row's code makes it.
    function: Option<Text>,
    region: Option<u32>,
    columns: BTreeMap<u32, Rc<Path>>,
}

impl Cells<'_, '_> {
    /// The place of a cell as a whole.
    fn at(&self, place: &Cell) -> At {
        At::Cell { table: Text::clone(&self.id), row: place.row, col: place.col, start: None, end: None }
    }

    /// The place of a text within a cell.
    fn text_place(&self, place: &Cell) -> TextPlace {
        TextPlace::Cell(Text::clone(&self.id), place.row, place.col)
    }

    fn labels(&self, place: &Cell) -> Labels {
        let mut near = self.near.borrow_mut();
        if near.row != Some(place.row) {
            near.row = Some(place.row);
            near.rows =
                self.table.row_labels(place.row).into_iter().map(|run| (run.from, self.path(&run.path))).collect();
            near.function = self.function(place.row);
        }
        let upto = near.rows.partition_point(|(from, _)| *from <= place.col);
        let rows = upto.checked_sub(1).and_then(|at| near.rows.get(at)).map(|(_, path)| Rc::clone(path));
        let region = self.table.region(place.row).filter(|region| place.row >= region.body);
        if near.region != region.map(|region| region.start) {
            near.region = region.map(|region| region.start);
            near.columns.clear();
        }
        let columns = near.columns.entry(place.col).or_insert_with(|| {
            self.path(&region.map(|region| self.table.column_labels(region, place.col)).unwrap_or_default())
        });
        let columns = Rc::clone(columns);
        Labels { columns, rows: rows.unwrap_or_else(|| self.path(&[])), function: near.function.clone() }
    }

    /// The name behind a functional code (201, 20103, 2010301), in a cell of its own or in front of the name.
    fn function(&self, row: u32) -> Option<Text> {
        let mut code = false;
        for index in self.table.distinct(row) {
            let (view, _) = self.table.cell(index)?;
            let digits = view.key.chars().take_while(char::is_ascii_digit).count();
            let coded = matches!(digits, 3 | 5 | 7) && view.key.starts_with('2');
            let rest: String = view.key.chars().skip(digits).collect();
            match rest.chars().next() {
                None if coded => code = true,
                None if view.key.is_empty() => {}
                Some(c) if coded && !c.is_ascii_punctuation() => {
                    let name: String = view.text.chars().skip_while(char::is_ascii_digit).collect();
                    return Some(name.trim().into());
                }
                Some(_) if code && view.content == CellContent::Text => return Some(one_line(&view.text)),
                _ => return None,
            }
        }
        None
    }

    fn path(&self, cells: &[usize]) -> Rc<Path> {
        let views: Vec<&CellView> = cells.iter().filter_map(|at| self.table.label(*at)).collect();
        let texts: Arc<[Text]> = views.iter().map(|view| one_line(&view.text)).collect();
        Rc::new(Path {
            reading: nearest(&texts, self.context),
            unit: views.iter().rev().find_map(|view| view.unit.clone()),
            total: views.last().is_some_and(|view| is_total(&view.key)),
            subtotal: views.iter().any(|view| &*view.key == "小计"),
            scope: texts
                .last()
                .filter(|_| views.last().is_some_and(|view| narrative::is_unit_of_entity(&view.key)))
                .cloned(),
            texts,
            keys: views.iter().map(|view| Text::clone(&view.key)).collect(),
            heading: OnceCell::new(),
        })
    }

    /// The unit of a figure that prints none, by what its column measures and what stands around it.
    fn implied_unit(&self, measure: Measure, figure: &Figure, place: &Cell, labels: &Labels) -> Option<UnitMatch> {
        match measure {
            Measure::Weight | Measure::Score => Some(implied(Unit::Point)),
            // 0.95 may be 95 % or 0.95 %: without its unit printed in the cell or the header nothing is claimed.
            Measure::Rate(_) if figure.value > Decimal::ONE => Some(implied(Unit::Percent)),
            Measure::Rate(_) => self.unit(place, labels).filter(|unit| unit.unit == Unit::Percent),
            // 编制数 is of persons, though the table's amounts are in 万元.
            Measure::Amount => match (self.unit(place, labels), counted(labels, self.context)) {
                (Some(UnitMatch { unit: Unit::Cny, .. }), Some(persons)) if names_staff(labels) => Some(persons),
                (unit, persons) => unit.or(persons),
            },
            Measure::Target | Measure::Actual => None,
        }
    }

    /// What the row is to the indicators of its table.
    fn part(&self, place: &Cell, labels: &Labels, in_indicators: bool) -> Part {
        match in_indicators {
            false => Part::Elsewhere,
            true if labels.rows.total => Part::Total,
            true if self.groups.contains(&place.row) => Part::Group,
            true => Part::Leaf,
        }
    }

    /// The part that a figure speaks of: a unit of the entity, a function, the funds of the whole table, or both.
    fn scope(&self, labels: &Labels, concept: Option<&str>, kind: FactKind) -> Option<Text> {
        if labels.rows.scope.is_some() {
            return labels.rows.scope.clone();
        }
        let limited = |sort: &&TableSort| concept.is_some_and(|concept| !sort.whole.iter().any(|id| **id == *concept));
        let funds = self.sort.filter(limited).and_then(|sort| sort.scope.clone());
        let coded = labels.function.clone().filter(|_| kind == FactKind::Money);
        let of_function = |index: usize| {
            self.context.lexicon.concept(index).is_some_and(|concept| &*concept.id == "expenditure.function")
        };
        let row = labels.rows.reading.concept.is_some_and(of_function) && kind == FactKind::Money;
        let named = || labels.rows.texts.last().filter(|_| row).map(without_number);
        match (funds, coded.or_else(named)) {
            (Some(funds), Some(function)) => Some(format!("{funds}/{function}").into()),
            (funds, function) => function.or(funds).or_else(|| self.context.parts.of_table(self.table.id).cloned()),
        }
    }

    /// The unit that the headers and labels around a cell name, nearest first.
    fn unit(&self, place: &Cell, labels: &Labels) -> Option<UnitMatch> {
        let around = labels.columns.unit.as_ref().or(labels.rows.unit.as_ref());
        let of_region = || self.table.region(place.row).and_then(|region| region.unit.as_ref());
        around.or_else(of_region).or(self.table.unit.as_ref()).cloned()
    }
}

/// The innermost label that names a concept, else the innermost one; stage and year from any level.
fn nearest(path: &[Text], context: &Context<'_>) -> LabelReading {
    let readings: Vec<Rc<LabelReading>> = path.iter().rev().map(|label| context.lexicon.read(label)).collect();
    let mut chosen = readings.first().map(|nearest| LabelReading::clone(nearest)).unwrap_or_default();
    let outer = readings.iter().find(|reading| reading.concept.is_some());
    if let Some(named) = outer.filter(|_| chosen.concept.is_none() && narrowing(&chosen.key)) {
        chosen.concept = named.concept;
        chosen.weak = true;
    }
    for reading in readings {
        chosen.phase = chosen.phase.or(reading.phase);
        chosen.year = chosen.year.or(reading.year);
    }
    chosen
}

/// 合计 and the like speak of what stands around them.
fn narrowing(label: &str) -> bool {
    matches!(label, "合计" | "小计" | "总计" | "金额" | "数额" | "")
}

/// The row below the headers that numbers the columns: 1, 2, 3 and so on.
fn numbers_columns(table: &TableView, row: u32) -> bool {
    if table.region(row).is_none_or(|region| !region.has_band() || region.body != row) {
        return false;
    }
    let mut expected = 0_usize;
    for index in table.distinct(row) {
        let Some((view, _)) = table.cell(index) else { return false };
        match &view.content {
            CellContent::Figure(_) if *view.key == *(expected + 1).to_string() => expected += 1,
            CellContent::Text | CellContent::Empty if expected == 0 => {}
            _ => return false,
        }
    }
    expected >= LEAST_NUMBERED
}

/// Columns that must be numbered: three figures in a row may be three counts.
const LEAST_NUMBERED: usize = 4;

fn figure_fact(cells: &Cells<'_, '_>, index: usize, figure: &Figure) -> Option<Draft> {
    let (table, context) = (cells.table, cells.context);
    let (view, place) = table.cell(index)?;
    let labels = cells.labels(place);
    let in_indicators = table.region(place.row).is_some_and(|region| cells.of_indicators.contains(&region.start));
    let headed = if labels.columns.texts.is_empty() { &labels.rows } else { &labels.columns };
    if numbers_columns(table, place.row) {
        return None;
    }
    // 栏次 counts columns: its row numbers them.
    if headed.heading().identifiers || labels.rows.keys.last().is_some_and(|key| matches!(&**key, "栏次" | "行次"))
    {
        return None;
    }
    let measure = measure(&labels, figure);
    let unit = cells.implied_unit(measure, figure, place, &labels);
    let own = figure.unit.clone().or(unit);
    let value = match &own {
        Some(unit) => Value::of(&figure.quantity(unit)?),
        None => Value::bare(figure)?,
    };
    let kind = match measure {
        Measure::Weight => FactKind::Weight,
        Measure::Score => FactKind::Score,
        Measure::Rate(_) => FactKind::Rate,
        _ => own.as_ref().map_or(FactKind::Quantity, |unit| kind_of(&unit.unit)),
    };
    let part = cells.part(place, &labels, in_indicators);
    let concept = concept(&labels, measure, kind, part, context);
    let concept = if kind == FactKind::Money { functional(&labels, concept, context) } else { concept };
    let reported = Reported {
        text: view.text.clone(),
        number: Some(figure.printed.clone()),
        unit: own.as_ref().map(|unit| Text::clone(&unit.printed)).filter(|unit| !unit.is_empty()),
    };
    let meaning_of = concept.clone();
    let (row, column) = (&labels.rows.reading, &labels.columns.reading);
    let year = column.year.or(row.year).or(context.fiscal_year);
    let meaning = Meaning {
        concept,
        label: labels.rows.texts.last().or(labels.columns.texts.last()).cloned().unwrap_or_default(),
        label_path: Arc::clone(&labels.rows.texts),
        column_path: Arc::clone(&labels.columns.texts),
        phase: phase(measure, kind, column, row)
            .or_else(|| cells.sort.and_then(|sort| sort.phase).filter(|_| kind == FactKind::Money))
            .filter(|_| !labels.columns.heading().part_of_year),
        period: if in_indicators && kind != FactKind::Money { context.fiscal_year } else { year }
            .map(|year| context.period(year)),
        scope: cells.scope(&labels, meaning_of.as_deref(), kind),
    };
    let mut draft = figure_draft(meaning, kind, value, reported, cells.at(place));
    // A form's own cell says more than one of its annexes.
    draft.rank = u8::from(cells.sort.is_some());
    draft.siblings = siblings(table, place, own.as_ref());
    Some(draft)
}

fn siblings(table: &TableView, place: &Cell, unit: Option<&UnitMatch>) -> Option<Siblings> {
    Some((table.id.0, table.region(place.row)?.start, unit?.scale))
}

/// A label without the list number in front of it.
fn without_number(label: &Text) -> Text {
    let skip = enumerator(&fold(label)).map_or(0, |found| found.chars);
    if skip == 0 { Text::clone(label) } else { label.chars().skip(skip).collect::<String>().trim().into() }
}

/// A label without its line breaks.
fn one_line(text: &Text) -> Text {
    if text.contains('\n') { text.replace('\n', "").into() } else { Text::clone(text) }
}

fn is_total(label: &str) -> bool {
    matches!(label, "总分" | "合计" | "总计" | "总得分" | "总分值" | "小计")
}

fn measure(labels: &Labels, figure: &Figure) -> Measure {
    if let Some(measure) = labels.columns.heading().measure {
        return measure;
    }
    // Forms put the measure into the row: 执行率 | 96%.
    match labels.columns.texts.is_empty().then(|| labels.rows.heading().measure).flatten() {
        Some(Measure::Rate(concept)) => Measure::Rate(concept),
        Some(found @ (Measure::Score | Measure::Weight)) if figure.unit.is_none() => found,
        _ => Measure::Amount,
    }
}

fn header_measure(header: &str) -> Option<Measure> {
    const ENDINGS: [(&str, Measure); 21] = [
        ("执行率", Measure::Rate("rate.execution")),
        ("支出率", Measure::Rate("rate.execution")),
        ("预算完成率", Measure::Rate("rate.execution")),
        ("支出进度", Measure::Rate("rate.execution")),
        ("到位率", Measure::Rate("rate.arrival")),
        ("控制率", Measure::Rate("staff.control_rate")),
        ("占比", Measure::Rate("rate.share")),
        ("比重", Measure::Rate("rate.share")),
        ("增减率", Measure::Rate("rate.change")),
        ("增长率", Measure::Rate("rate.change")),
        ("分值", Measure::Weight),
        ("权重", Measure::Weight),
        ("标准分", Measure::Weight),
        ("得分", Measure::Score),
        ("评分", Measure::Score),
        ("自评分", Measure::Score),
        ("指标值", Measure::Target),
        ("目标值", Measure::Target),
        ("完成值", Measure::Actual),
        ("实际值", Measure::Actual),
        ("完成情况", Measure::Actual),
    ];
    ENDINGS.iter().find(|(ending, _)| header.ends_with(ending)).map(|(_, measure)| *measure)
}

/// The row or the column names a concept and nothing else.
fn names_staff(labels: &Labels) -> bool {
    let said = |path: &Path| path.reading.concept.is_some() && !path.reading.weak && path.reading.residue.is_empty();
    said(&labels.columns) || said(&labels.rows)
}

/// People and things counted where the label says so but no unit is printed.
fn counted(labels: &Labels, context: &Context<'_>) -> Option<UnitMatch> {
    let column = &labels.columns.reading;
    let concept = column.concept.filter(|_| !column.weak).or(labels.rows.reading.concept)?;
    let concept = context.lexicon.concept(concept)?;
    (concept.kind == FactKind::Count && concept.id.starts_with("staff.")).then(|| implied(Unit::Person))
}

fn concept(labels: &Labels, measure: Measure, kind: FactKind, part: Part, context: &Context<'_>) -> Option<Text> {
    let points = match part {
        Part::Total => "total",
        Part::Elsewhere => "execution",
        Part::Leaf => "indicator",
        Part::Group => "group",
    };
    match measure {
        // A subtotal of points is neither an indicator nor the total.
        Measure::Weight | Measure::Score if labels.rows.subtotal => return None,
        Measure::Weight => return Some(format!("weight.{points}").into()),
        Measure::Score => return Some(format!("score.{points}").into()),
        Measure::Rate(concept) => return Some(concept.into()),
        Measure::Target | Measure::Actual => return None,
        Measure::Amount => {}
    }
    let of_kind = |index: usize| {
        let concept = context.lexicon.concept(index)?;
        (concept.kind == kind || (kind == FactKind::Quantity && concept.kind == FactKind::Money))
            .then(|| Text::clone(&concept.id))
    };
    if labels.columns.heading().part_of_year {
        return None;
    }
    let (row, column) = (&labels.rows.reading, &labels.columns.reading);
    let strong_row = row.concept.filter(|_| !row.weak);
    let strong_column = column.concept.filter(|_| !column.weak);
    // 会议支出 is some spending: weak names count where they stand alone.
    let whole = |reading: &LabelReading| reading.concept.filter(|_| !reading.weak || reading.residue.is_empty());
    let weak = whole(row).or(whole(column));
    strong_row.and_then(of_kind).or_else(|| strong_column.and_then(of_kind)).or_else(|| {
        if kind == FactKind::Money && (labels.rows.total || labels.rows.texts.is_empty()) {
            return funds_total(labels, weak.and_then(of_kind));
        }
        weak.and_then(of_kind)
    })
}

/// A row that is one function: all spending of it has a concept of its own, a part of it (基本支出) that of its column.
fn functional(labels: &Labels, concept: Option<Text>, context: &Context<'_>) -> Option<Text> {
    let id = |index: usize| context.lexicon.concept(index).map(|concept| &*concept.id);
    let column = labels.columns.reading.concept.filter(|_| !labels.columns.reading.weak).and_then(id);
    let named = labels.rows.reading.concept.and_then(id) == Some("expenditure.function");
    match column {
        _ if !named && labels.function.is_none() => concept,
        Some("expenditure.total" | "expenditure.fiscal_appropriation") => Some("expenditure.function".into()),
        Some(column) if named => Some(column.into()),
        _ => concept,
    }
}

/// 合计 of a form's funds block is what the vocabulary calls total expenditure; elsewhere a bare total belongs to nobody in particular.
fn funds_total(labels: &Labels, fallback: Option<Text>) -> Option<Text> {
    let around =
        labels.rows.texts.iter().chain(labels.columns.texts.iter()).map(|label| key(label)).collect::<String>();
    let funds = ["资金", "执行数", "到位", "安排", "下达"].iter().any(|word| around.contains(word));
    if funds { Some("expenditure.total".into()) } else { fallback }
}

fn phase(measure: Measure, kind: FactKind, column: &LabelReading, row: &LabelReading) -> Option<Phase> {
    match measure {
        Measure::Target => Some(Phase::Target),
        Measure::Actual => Some(Phase::Actual),
        Measure::Amount if matches!(kind, FactKind::Money | FactKind::Quantity) => {
            column.phase.or(column.weak_phase).or(row.phase)
        }
        _ => None,
    }
}

/// Text cells: choices, texts that a form asks for, a figure behind its own label, figures in running text.
fn text_facts(cells: &Cells<'_, '_>, view: &CellView, place: &Cell, drafts: &mut Vec<Draft>) {
    let (table, context) = (cells.table, cells.context);
    if let Some(options) = choice(&view.text) {
        let labels = cells.labels(place);
        let meaning = Meaning {
            label: labels.rows.texts.last().cloned().unwrap_or_default(),
            label_path: Arc::clone(&labels.rows.texts),
            ..Meaning::default()
        };
        drafts.push(text_draft(meaning, FactKind::Choice, view.text.clone(), options, cells.at(place)));
        return;
    }
    if let Some(draft) = labelled_figure(cells, view, place) {
        drafts.push(draft);
        return;
    }
    if view.role == CellRole::RowHeader
        && let Some(weight) = heading_weight(cells, view, place)
    {
        drafts.push(weight);
        return;
    }
    // Only label and value pairs ask for texts; below a header band a text is one value of many.
    let pair = table.region(place.row).is_some_and(|region| !region.has_band());
    let labels = pair.then(|| cells.labels(place));
    let asked = labels.as_ref().and_then(|labels| context.lexicon.concept(labels.rows.reading.concept?));
    let asked = asked.filter(|concept| concept.kind == FactKind::Text && view.chars.len() <= 120);
    if let (Some(labels), Some(concept)) = (&labels, asked) {
        let meaning = Meaning {
            concept: Some(concept.id.clone()),
            label: labels.rows.texts.last().cloned().unwrap_or_default(),
            label_path: Arc::clone(&labels.rows.texts),
            ..Meaning::default()
        };
        drafts.push(text_draft(meaning, FactKind::Text, view.text.clone(), Vec::new(), cells.at(place)));
        return;
    }
    let at = cells.text_place(place);
    narrative::text_facts(&view.chars, &view.text, &at, narrative::Surroundings::default(), context, drafts);
}

/// 「产出指标（50分）」: the weight of a group in its heading.
fn heading_weight(cells: &Cells<'_, '_>, view: &CellView, place: &Cell) -> Option<Draft> {
    let figures = number::figures(&view.chars);
    let figure = figures.iter().find(|figure| figure.unit.as_ref().is_some_and(|unit| unit.unit == Unit::Point))?;
    let label = one_line(&view.text);
    let period = cells.context.fiscal_year.map(|year| cells.context.period(year));
    let label_path = Arc::from([Text::clone(&label)]);
    let meaning = Meaning { concept: Some("weight.group".into()), label, label_path, period, ..Meaning::default() };
    let reported = Reported { text: view.text.clone(), number: Some(figure.printed.clone()), unit: Some("分".into()) };
    let value = Value::of(&figure.quantity(figure.unit.as_ref()?)?);
    let at = cells.text_place(place);
    let at = at.at(&view.chars, figure.number.start, figure.number.end);
    Some(figure_draft(meaning, FactKind::Weight, value, reported, at))
}

/// 「其中:一般公共预算:815.37」: a label, a colon and one figure.
fn labelled_figure(cells: &Cells<'_, '_>, view: &CellView, place: &Cell) -> Option<Draft> {
    let (table, context) = (cells.table, cells.context);
    let colon = view.chars.iter().rposition(|c| *c == ':')?;
    let tail = view.chars.get(colon + 1..)?;
    let CellContent::Figure(figure) = number::cell_content(tail) else { return None };
    let label: String = view.text.chars().take(colon).collect();
    let reading = context.lexicon.read(&label);
    let labels = cells.labels(place);
    let own = figure.unit.clone().or_else(|| cells.unit(place, &labels))?;
    let value = Value::of(&figure.quantity(&own)?);
    let kind = kind_of(&own.unit);
    let concept =
        reading.concept.and_then(|concept| context.lexicon.concept(concept)).filter(|concept| concept.kind == kind);
    let meaning = Meaning {
        concept: concept.map(|concept| Text::clone(&concept.id)),
        label: label.trim_start_matches("其中").trim_start_matches([':', '：', ' ']).into(),
        label_path: Arc::clone(&labels.rows.texts),
        column_path: Arc::default(),
        phase: reading.phase,
        period: reading.year.or(context.fiscal_year).map(|year| context.period(year)),
        scope: None,
    };
    let reported =
        Reported { text: view.text.clone(), number: Some(figure.printed.clone()), unit: Some(own.printed.clone()) };
    let shift = colon + 1;
    let at = cells.text_place(place);
    let at = at.at(&view.chars, figure.number.start + shift, figure.number.end + shift);
    let mut draft = figure_draft(meaning, kind, value, reported, at);
    draft.siblings = siblings(table, place, Some(&own));
    Some(draft)
}

/// 「√是 □否」: options with their marks.
fn choice(text: &str) -> Option<Vec<ChoiceOption>> {
    let is_mark = |c: char| matches!(c, '□' | '☐' | '◻' | '○' | '√' | '☑' | '✓' | '✔' | '■' | '☒');
    let selected = |c: char| matches!(c, '√' | '☑' | '✓' | '✔' | '■' | '☒');
    if text.chars().filter(|c| is_mark(*c)).count() < 2 {
        return None;
    }
    let mut options = Vec::new();
    let mut mark: Option<char> = None;
    let mut label = String::new();
    for c in text.chars() {
        if is_mark(c) {
            if let Some(before) = mark.replace(c) {
                options.push(ChoiceOption { text: label.trim().to_owned(), selected: selected(before) });
            }
            label.clear();
        } else {
            label.push(c);
        }
    }
    options.extend(mark.map(|mark| ChoiceOption {
        text: label.lines().next().unwrap_or_default().trim().to_owned(),
        selected: selected(mark),
    }));
    Some(options)
}
