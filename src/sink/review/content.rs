//! What a review says, before it has a form: problems in words and figures, tables and sentences concerned.
//!
//! In: records and a language. Out: a [`Letter`]. Errors and warnings become numbered problems; infos are remarks, which
//! no unit has to answer. Ids that lead nowhere, as in a record that somebody wrote by hand, are left out.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::ReviewOptions;
use super::beside::{Beside, Line, lines};
use super::extract::{Extract, Mark, Marks};
use super::place::{Index, Place, plain, shortened, table_name};
use super::words::{self, Language};
use crate::normalize::unit::scale_of;
use crate::record::{
    At, Cause, Check, Fact, Figure, Finding, FindingCounts, Record, Severity, Status, TableEntry, TermRole,
};
use crate::sink::count_findings;

/// Problems of one document that a page or letter spells out; a workbook has all.
const MOST_PROBLEMS: usize = 200;
/// Equations of one problem that are spelled out.
const MOST_EQUATIONS: usize = 6;
/// Explanations that are told where several are as likely.
const MOST_CAUSES: usize = 4;
/// Figures of one problem whose places are told.
const MOST_FIGURES: usize = 40;
/// Characters of a title.
const TITLE_CHARS: usize = 100;
/// Digits after the point of a computed rate.
const RATE_DIGITS: u32 = 4;

/// A review of one or several documents.
#[derive(Debug)]
pub(super) struct Letter<'a> {
    pub(super) language: Language,
    /// The unit that it goes to; `None` when no record names one.
    pub(super) unit: Option<String>,
    /// What it is about.
    pub(super) subject: String,
    /// The day and moment that files bear.
    pub(super) moment: String,
    /// One for each record, by year and title.
    pub(super) reports: Vec<Report<'a>>,
    /// What stands in no record.
    beside: Vec<Line>,
    /// Rows of a sheet.
    pub(super) rows: usize,
    /// Comments of a Word file.
    pub(super) comments: usize,
}

/// What is to be said of one document.
#[derive(Debug)]
pub(super) struct Report<'a> {
    pub(super) record: &'a Record,
    pub(super) title: String,
    pub(super) counts: FindingCounts,
    pub(super) problems: Vec<Problem<'a>>,
    /// Infos, in words.
    pub(super) remarks: Vec<String>,
    facts: BTreeMap<&'a str, &'a Fact>,
    places: Index<'a>,
}

/// One finding.
#[derive(Debug)]
pub(super) struct Problem<'a> {
    /// Counts from 1 within its report.
    pub(super) number: usize,
    pub(super) finding: &'a Finding,
    /// What does not agree, without the equation.
    pub(super) sentence: String,
    /// The equations that do not hold.
    pub(super) equations: Vec<String>,
    /// What is probably wrong.
    pub(super) cause: String,
    /// What to do about it.
    pub(super) advice: &'static str,
    /// The first equation in figures.
    pub(super) amounts: Option<Amounts>,
    /// Every figure of its equations, the suspected one first.
    pub(super) figures: Vec<Operand<'a>>,
}

/// What is stated and what is right, in the printed unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Amounts {
    pub(super) stated: Option<Decimal>,
    pub(super) computed: Option<Decimal>,
    pub(super) delta: Option<Decimal>,
    /// Digits after the point as printed.
    pub(super) decimals: u32,
    pub(super) unit: String,
    /// Thousands are separated.
    pub(super) grouped: bool,
}

/// A figure of an equation.
#[derive(Debug)]
pub(super) struct Operand<'a> {
    pub(super) fact: &'a Fact,
    /// What it does there; `None` for the one that is stated.
    pub(super) role: Option<TermRole>,
    /// It is probably the wrong one.
    pub(super) wrong: bool,
    /// The labels that lead to it.
    pub(super) label: String,
    pub(super) place: Place,
}

impl Operand<'_> {
    /// The figure in the printed unit, and the digits after its point.
    pub(super) fn printed(&self) -> (Option<Decimal>, u32) {
        let number = self.fact.reported.number.as_deref().unwrap_or_default();
        let unit = self.fact.reported.unit.as_deref().unwrap_or_default();
        let value = self.fact.value.and_then(|value| value.0.checked_div(scale(unit)));
        (value, decimals_of(number))
    }
}

impl<'a> Letter<'a> {
    /// Says what there is to say.
    pub(super) fn of(records: &[&'a Record], beside: &[Beside], options: ReviewOptions) -> Self {
        let ReviewOptions { language, rows, comments } = options;
        let mut reports: Vec<Report<'a>> = records.iter().map(|record| Report::of(record, language)).collect();
        reports.sort_by(|one, other| one.order().cmp(&other.order()));
        let unit = records.iter().find_map(|record| record.document.entity.name.as_deref());
        let unit = unit.map(|name| shortened(name, TITLE_CHARS));
        let subject = match (reports.as_slice(), &unit, language) {
            ([one], _, Language::Zh) => format!("关于{}数据核对情况的函", language.titled(&one.title)),
            ([one], _, Language::En) => format!("Review of the figures of {}", language.titled(&one.title)),
            (_, Some(unit), Language::Zh) => format!("关于{unit}报送报告数据核对情况的函"),
            (_, Some(unit), Language::En) => format!("Review of the reports of {unit}"),
            (_, None, _) => language.pick("关于报送报告数据核对情况的函", "Review of reports").to_owned(),
        };
        let beside = lines(beside, language);
        Self { language, unit, subject, moment: super::moment(records), reports, beside, rows, comments }
    }

    /// What stands in no record: what is fixed, or what is between reports.
    pub(super) fn beside(&self, fixed: bool) -> impl Iterator<Item = &Line> {
        self.beside.iter().filter(move |line| line.fixed == fixed)
    }

    /// The same as sentences, as many as are spelled out, and what is said of the others.
    pub(super) fn beside_sentences(&self, fixed: bool) -> Vec<String> {
        let count = self.beside(fixed).count();
        let spelled = self.beside(fixed).take(MOST_PROBLEMS).map(|line| line.sentence(self.language));
        let more = (count > MOST_PROBLEMS).then(|| super::html::more(self.language, count - MOST_PROBLEMS));
        spelled.chain(more).collect()
    }

    /// Problems of all reports.
    pub(super) fn problems(&self) -> usize {
        self.reports.iter().map(|report| report.counts.error + report.counts.warning).sum()
    }

    /// What follows the salutation.
    pub(super) fn opening(&self) -> String {
        let (reports, problems) = (self.reports.len(), self.problems());
        let checks: usize = self.reports.iter().map(Report::checks).sum();
        let failed: usize = self.reports.iter().map(Report::failed).sum();
        let about = match (self.reports.as_slice(), self.language) {
            ([one], Language::Zh) => format!("你单位报送的《{}》（文件：{}）", one.title, one.source()),
            ([one], Language::En) => format!("Your report “{}” (file: {})", one.title, one.source()),
            (_, Language::Zh) => format!("你单位报送的{reports}份报告"),
            (_, Language::En) => format!("Your {reports} reports"),
        };
        let between = match (self.beside(false).count(), self.language) {
            (0, _) => String::new(),
            (count, Language::Zh) => format!("另有{count}处数据在报告之间不一致，一并列出。"),
            (count, Language::En) => format!(" Between reports {count} figures differ; they are listed too."),
        };
        let within = match (self.language, problems) {
            (Language::Zh, 0) if checks == 0 => {
                format!("{about}收悉。报告所列数据之间没有可以验算的勾稽关系，本次未能核对；这不表示数据无误。")
            }
            (Language::En, 0) if checks == 0 => format!(
                "{about}: no figure can be computed from others, so nothing could be checked. That does not say that the \
                 figures are right."
            ),
            (Language::Zh, 0) => {
                format!("{about}收悉。经对报告所列数据逐项验算，共核对{checks}项勾稽关系，未发现需要更正的问题。")
            }
            (Language::Zh, _) => format!(
                "{about}收悉。经对报告所列数据逐项验算，共核对{checks}项勾稽关系，其中{failed}项不符，\
                 归并为{problems}个需要核实的问题。现将有关情况函告如下，请予核实。"
            ),
            (Language::En, 0) => format!(
                "{about} has been checked: {checks} relations between its figures, none of which needs correction."
            ),
            (Language::En, _) => format!(
                "{about} has been checked: {checks} relations between figures, {failed} of which do not hold; they come \
                 down to {problems} problems, listed below. Please look into them."
            ),
        };
        within + &between
    }

    /// What the unit is asked to do; nothing when there is no problem.
    pub(super) fn request(&self) -> Option<&'static str> {
        (self.problems() > 0 || self.beside(false).next().is_some()).then(|| {
            self.language.pick(
                "请对上述问题逐项核实：确属填报差错的，请更正后重新报送，并同步修改引用该数据的表格和文字；\
                 因口径、四舍五入等原因形成差异的，请书面说明。上列“可能原因”由验算推得，以核实结果为准。",
                "Please look into each problem. Where a figure is wrong, correct it wherever it is used and send the report \
                 again; where there is a reason for the difference, explain it. The probable causes are inferred from the \
                 figures alone; what you find counts.",
            )
        })
    }
}

impl<'a> Report<'a> {
    fn of(record: &'a Record, language: Language) -> Self {
        let facts = record.facts.iter().map(|fact| (&*fact.id, fact)).collect();
        let title = record.document.title.as_deref().filter(|title| !title.trim().is_empty());
        let mut report = Self {
            record,
            title: shortened(title.unwrap_or(&record.source.name), TITLE_CHARS),
            counts: count_findings(record),
            problems: Vec::new(),
            remarks: Vec::new(),
            facts,
            places: Index::of(record),
        };
        let checks: BTreeMap<&str, &Check> = record.checks.iter().map(|check| (check.id.as_str(), check)).collect();
        let mut findings: Vec<&Finding> = record.findings.iter().collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        for finding in findings {
            if finding.severity == Severity::Info {
                report.remarks.push(plain(words::message(language, &finding.message)));
                continue;
            }
            let number = report.problems.len() + 1;
            let failed: Vec<&Check> = finding.checks.iter().filter_map(|id| checks.get(id.as_str()).copied()).collect();
            let problem = report.problem(number, finding, &failed, language);
            report.problems.push(problem);
        }
        report
    }

    /// The table of an id.
    pub(super) fn table(&self, id: &str) -> Option<&'a TableEntry> {
        self.places.table(id)
    }

    fn order(&self) -> (Option<i32>, &str, &str) {
        (self.record.document.fiscal_year, &self.title, &self.record.record_id)
    }

    /// The problems that are spelled out, and the number of the others.
    pub(super) fn spelled_out(&self) -> (&[Problem<'a>], usize) {
        let shown = self.problems.get(..MOST_PROBLEMS).unwrap_or(&self.problems);
        (shown, self.problems.len() - shown.len())
    }

    /// Relations that were decided.
    pub(super) fn checks(&self) -> usize {
        self.record.checks.iter().filter(|check| check.status != Status::NotCheckable).count()
    }

    fn failed(&self) -> usize {
        self.record.checks.iter().filter(|check| check.status == Status::Inconsistent).count()
    }

    /// The source's name, with the archive it came out of.
    pub(super) fn source(&self) -> String {
        let source = &self.record.source;
        match &source.container {
            Some(container) => format!("{} › {}", plain(&container.archive), plain(&source.name)),
            None => plain(&source.name),
        }
    }

    fn problem(&self, number: usize, finding: &'a Finding, checks: &[&'a Check], language: Language) -> Problem<'a> {
        let figures = self.figures(finding, checks, language);
        let first = checks.first();
        Problem {
            number,
            finding,
            sentence: sentence(finding, first.map(|check| check.expression.as_str()), language),
            equations: checks.iter().map(|check| plain(&check.expression)).take(MOST_EQUATIONS).collect(),
            cause: self.cause(finding, language),
            advice: words::advice(language, finding.code),
            amounts: first.and_then(|check| self.amounts(check)),
            figures,
        }
    }

    /// The figures of checks, each once. Those of the first check come first, the suspected one in front of all.
    fn figures(&self, finding: &'a Finding, checks: &[&'a Check], language: Language) -> Vec<Operand<'a>> {
        let stated = checks.first().and_then(|check| check.stated.as_deref());
        let edited: BTreeSet<&str> = finding.cause.iter().flat_map(suspects).collect();
        let is_wrong = |id: &str| if edited.is_empty() { Some(id) == stated } else { edited.contains(id) };
        let mut seen = BTreeSet::new();
        let mut figures = Vec::new();
        for check in checks {
            let terms = check.terms.iter().filter_map(|term| Some((term.fact.as_deref()?, Some(term.role))));
            for (id, role) in check.stated.as_deref().map(|id| (id, None)).into_iter().chain(terms) {
                let Some(fact) = self.facts.get(id).filter(|_| seen.insert(id)) else { continue };
                let wrong = is_wrong(id);
                if wrong || figures.len() < MOST_FIGURES {
                    let place = self.places.place(&fact.at, language);
                    figures.push(Operand { fact, role, wrong, label: label(fact), place });
                }
            }
        }
        // What is suspected without being in an equation.
        for id in edited {
            if let Some(fact) = self.facts.get(id).filter(|_| seen.insert(id)) {
                let place = self.places.place(&fact.at, language);
                figures.push(Operand { fact, role: Some(TermRole::Operand), wrong: true, label: label(fact), place });
            }
        }
        figures.sort_by_key(|figure| !figure.wrong);
        figures
    }

    /// What is probably wrong, in a sentence or two.
    fn cause(&self, finding: &Finding, language: Language) -> String {
        if let Some(cause) = &finding.cause {
            return self.explanation(cause, language);
        }
        let others: Vec<String> =
            finding.alternatives.iter().take(MOST_CAUSES).map(|cause| self.explanation(cause, language)).collect();
        match (others.as_slice(), language) {
            ([], Language::Zh) => "仅凭报告所列数据不能判断哪一处有误。".to_owned(),
            ([], Language::En) => "The report alone does not tell which figure is wrong.".to_owned(),
            ([one], _) => one.clone(),
            (several, _) => {
                let lead = language.pick("以下几种情形均可使等式成立：", "Each of these would make the figures agree:");
                let listed = several.iter().zip(1..).map(|(text, number)| match language {
                    Language::Zh => format!("（{number}）{text}"),
                    Language::En => format!(" ({number}) {text}"),
                });
                format!("{lead}{}", listed.collect::<String>())
            }
        }
    }

    fn explanation(&self, cause: &Cause, language: Language) -> String {
        let edits = cause.edits.iter().map(|edit| {
            let fact = edit.fact.as_deref().and_then(|id| self.facts.get(id));
            let name = fact.map(|fact| language.quoted(&label(fact))).unwrap_or_default();
            let slip = words::slip(language, edit.operation);
            match (language, edit.from.as_deref().map(plain), edit.to.as_deref().map(plain)) {
                (Language::Zh, Some(from), Some(to)) => format!("{name}现为{from}，{slip}，可能应为{to}"),
                (Language::En, Some(from), Some(to)) => format!("{name} reads {from}; {slip}; probably {to}"),
                (Language::Zh, None, Some(to)) => format!("{name}{slip}（差额{to}）"),
                (Language::En, None, Some(to)) => format!("{name} {slip} ({to})"),
                _ => format!("{name}{slip}"),
            }
        });
        let edits: Vec<String> = edits.collect();
        match language {
            Language::Zh => format!("{}。", edits.join("；")),
            Language::En => format!("{}.", edits.join("; ").trim()),
        }
    }

    /// The figures of an equation in the unit that is printed.
    fn amounts(&self, check: &Check) -> Option<Amounts> {
        let terms = check.terms.iter().filter_map(|term| term.fact.as_deref());
        let stated = check.stated.as_deref().and_then(|id| self.facts.get(id)).copied();
        let reference = stated.or_else(|| terms.into_iter().find_map(|id| self.facts.get(id).copied()));
        let printed = reference.and_then(|fact| fact.reported.unit.as_deref()).unwrap_or_default();
        let shown = |figure: Option<Figure>| figure.and_then(|figure| figure.0.checked_div(scale(printed)));
        let is_rate = matches!(check.unit.as_deref(), Some("percent" | "permille"));
        let rounded = |figure: Option<Figure>| {
            shown(figure).map(|value| if is_rate { value.round_dp(RATE_DIGITS) } else { value }.normalize())
        };
        let number = reference.and_then(|fact| fact.reported.number.as_deref()).unwrap_or_default();
        let amounts = Amounts {
            stated: shown(check.stated_value),
            computed: rounded(check.computed_value),
            delta: rounded(check.delta),
            decimals: decimals_of(number),
            unit: plain(if printed.is_empty() && is_rate { "%" } else { printed }),
            grouped: check.unit.as_deref() == Some("CNY"),
        };
        (amounts.stated.is_some() || amounts.computed.is_some()).then_some(amounts)
    }

    /// The tables that problems concern, in order, cut to what is concerned, each with its name.
    pub(super) fn extracts(&self, language: Language) -> Vec<(&'a TableEntry, String, Extract)> {
        let marks = self.cell_marks();
        let tables = self.record.tables.iter().zip(1..);
        tables
            .filter_map(|(table, number)| {
                let extract = Extract::of(table, marks.get(&*table.id)?)?;
                Some((table, table_name(table, number, language), extract))
            })
            .collect()
    }

    /// Marks on the cells of each table.
    pub(super) fn cell_marks(&self) -> BTreeMap<&'a str, Marks> {
        let mut tables: BTreeMap<&str, Marks> = BTreeMap::new();
        for (problem, figure) in self.marked_figures() {
            if let At::Cell { table, row, col, start, end } = &figure.fact.at {
                let mark = tables.entry(table).or_default().entry((*row, *col)).or_default();
                add(mark, problem, figure, start.zip(*end));
            }
        }
        tables
    }

    /// Marks on the text of each block, by range.
    pub(super) fn text_marks(&self) -> BTreeMap<&'a str, BTreeMap<(usize, usize), Mark>> {
        let mut blocks: BTreeMap<&str, BTreeMap<(usize, usize), Mark>> = BTreeMap::new();
        for (problem, figure) in self.marked_figures() {
            if let At::Text { block, start, end, .. } = &figure.fact.at {
                let mark = blocks.entry(block).or_default().entry((*start, *end)).or_default();
                add(mark, problem, figure, None);
            }
        }
        blocks
    }

    fn marked_figures(&self) -> impl Iterator<Item = (&Problem<'a>, &Operand<'a>)> {
        let (shown, _) = self.spelled_out();
        shown.iter().flat_map(|problem| problem.figures.iter().map(move |figure| (problem, figure)))
    }

    /// The sentences that problems concern, each with its place, in the order of the document.
    pub(super) fn passages(&self, language: Language) -> Vec<Passage> {
        let marks = self.text_marks();
        let blocks = self.record.blocks.iter().filter_map(|block| Some((block, marks.get(&*block.id)?)));
        blocks
            .map(|(block, marks)| Passage {
                address: self.places.place(&At::Block { block: block.id.clone() }, language).address,
                pieces: pieces(&block.text, marks),
            })
            .collect()
    }
}

fn add(mark: &mut Mark, problem: &Problem<'_>, figure: &Operand<'_>, range: Option<(usize, usize)>) {
    mark.wrong |= figure.wrong;
    mark.numbers.insert(problem.number);
    if figure.wrong {
        mark.wrong_in.insert(problem.number);
    }
    mark.range = range.or(mark.range);
}

/// A sentence with figures that problems concern.
#[derive(Debug)]
pub(super) struct Passage {
    pub(super) address: String,
    pub(super) pieces: Vec<(String, Option<Mark>)>,
}

/// A text cut at its marks. Marks that overlap are taken from left to right.
pub(super) fn pieces(text: &str, marks: &BTreeMap<(usize, usize), Mark>) -> Vec<(String, Option<Mark>)> {
    let mut found = Vec::new();
    let mut chars = text.chars();
    let mut at = 0;
    for ((start, end), mark) in marks.iter().filter(|((start, end), _)| start < end) {
        if *start < at {
            continue;
        }
        let before: String = chars.by_ref().take(start - at).collect();
        let figure: String = chars.by_ref().take(end - start).collect();
        at = *end;
        found.push((plain(&before), None));
        found.push((plain(&figure), Some(mark.clone())));
    }
    found.push((plain(&chars.collect::<String>()), None));
    found.retain(|(text, _)| !text.is_empty());
    found
}

/// The figures that a cause would change.
fn suspects(cause: &Cause) -> impl Iterator<Item = &str> {
    cause.edits.iter().filter_map(|edit| edit.fact.as_deref())
}

/// The labels that lead to a figure.
fn label(fact: &Fact) -> String {
    let in_cell = matches!(fact.at, At::Cell { start: None, .. });
    let printed = fact.label.trim_end_matches(['为', '是', '达', '共', '约', '的', ':', '：']);
    let column = fact.column_path.last().filter(|column| in_cell && ***column != *fact.label);
    let text = match column {
        Some(column) if printed.is_empty() => column.to_string(),
        Some(column) => format!("{printed}·{column}"),
        None => printed.to_owned(),
    };
    shortened(&text, 40)
}

/// The message without its equation and what follows.
fn sentence(finding: &Finding, expression: Option<&str>, language: Language) -> String {
    let message = words::message(language, &finding.message);
    let (colon, stop, end) = match language {
        Language::Zh => ("：", '；', "。"),
        Language::En => (": ", ';', "."),
    };
    let parts = expression.and_then(|expression| message.split_once(&format!("{colon}{expression}")));
    let said = match parts {
        Some((before, after)) => format!("{before}{}", after.split(stop).next().unwrap_or_default()),
        None => message.to_owned(),
    };
    let said = plain(&said);
    let said = said.trim().trim_end_matches(['。', '.']);
    format!("{said}{end}")
}

/// By how much a printed unit multiplies.
fn scale(unit: &str) -> Decimal {
    Decimal::from(10_u64.checked_pow(scale_of(unit)).unwrap_or(1))
}

/// Digits after the point of a printed number, up to what a number format has room for.
fn decimals_of(number: &str) -> u32 {
    let (_, after) = number.split_once(['.', '．']).unwrap_or_default();
    u32::try_from(after.chars().take_while(char::is_ascii_digit).count()).unwrap_or(0).min(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_their_marks() {
        let marks: BTreeMap<(usize, usize), Mark> = [
            ((1, 3), Mark::default()),
            ((2, 4), Mark::default()),
            ((5, 5), Mark::default()),
            ((4, 99), Mark::default()),
        ]
        .into();
        let cut: Vec<(String, bool)> =
            pieces("一二三四五六", &marks).into_iter().map(|(text, mark)| (text, mark.is_some())).collect();
        let expected = [("一", false), ("二三", true), ("四", false), ("五六", true)];
        assert_eq!(cut, expected.map(|(text, marked)| (text.to_owned(), marked)));
    }

    #[test]
    fn printed_decimals_are_counted() {
        for (number, decimals) in [("1,429.35", 2), ("97", 0), ("36.8", 1), ("", 0), ("１２．５", 0), ("1.230", 3)]
        {
            assert_eq!(decimals_of(number), decimals, "{number}");
        }
    }
}
