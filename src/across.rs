//! Several reports of one unit held against each other: the same figure in the reports of two years, and in two files of
//! one report.
//!
//! In: [`Digest`]s of records. Out: findings as lines of the log, and whether one report is another's new filing. A record
//! itself never says any of this: it depends on its own source alone. Reports may count differently (a year later a unit
//! may be merged, a total restated), so a finding here is a warning at most. Nothing can go wrong.

use std::collections::BTreeMap;

use crate::document::Text;
use crate::reconcile::RuleLevels;
use crate::reconcile::pair::{may_be_the_same, one_slip_apart};
use crate::record::{
    Against, At, BoundName, Fact, FactKind, Figure, FindingCode, LogBody, Message, Origin, Phase, Record, Severity,
    sha256_hex,
};

/// Rule of the same year's figure in the reports of two years.
const HISTORY_RULE: &str = "equal.other_year";
/// Rule of the same figure in two files of one report.
const SET_RULE: &str = "equal.other_file";
/// Years between two reports that may speak of the same year.
pub const YEARS_APART: i32 = 3;
/// From how many differing figures on they are told as one: then it is what is counted that differs, no slip.
const MANY: usize = 4;
/// Words that tell a unit's own report from that of the unit with all that belongs to it.
const HEAD_OFFICE: [&str; 5] = ["本级", "机关", "本部", "单位决算", "单位预算"];
/// Reports of one unit and year that are compared with one, the latest first.
pub const PARTNERS: u32 = 8;
/// Beyond so many reports of a unit it is not asked which are filings of one.
const MOST_FILINGS: usize = 1_000;
/// Kinds of which a unit has several in one year, each about something else.
const OF_PROJECTS: [&str; 1] = ["project_self_evaluation"];

/// How two reports belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kinship {
    /// The same unit and kind, different years.
    Years,
    /// Files of one report: the same unit, year and folder, different formats.
    Set,
    /// The same report, filed twice.
    Filings,
}

/// What of a record is compared.
#[derive(Debug, Clone)]
pub struct Digest {
    record_id: String,
    received_at: Option<String>,
    source: String,
    inbox: Option<String>,
    format: String,
    report_key: Option<String>,
    kind: Option<String>,
    title: Option<String>,
    entity: Option<String>,
    region: Option<String>,
    fiscal_year: Option<i32>,
    /// It is about one project.
    of_project: bool,
    /// The text may be damaged.
    doubtful: bool,
    figures: BTreeMap<Key, Fact>,
}

/// What a figure is of: concept, stage, year, unit.
type Key = (Text, Phase, Text, Text);

impl Digest {
    /// Takes from a record what is compared: figures of the unit as a whole whose concept, stage and year are known.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        let document = &record.document;
        let region = document.entity.region.as_ref().and_then(|region| region.code.clone());
        let names_project = |fact: &Fact| fact.concept.as_deref() == Some("project.name");
        let of_project = document.kind.as_deref().is_some_and(|kind| OF_PROJECTS.contains(&kind))
            || document.title.as_deref().is_some_and(|title| title.contains("项目"))
            || record.facts.iter().any(names_project);
        Self {
            of_project,
            record_id: record.record_id.clone(),
            received_at: record.run.received_at.clone(),
            source: record.source.path.clone(),
            inbox: record.source.inbox.clone(),
            format: record.source.format.clone(),
            report_key: document.report_key.clone(),
            kind: document.kind.clone(),
            title: document.title.clone(),
            entity: document.entity.name.clone(),
            region,
            fiscal_year: document.fiscal_year,
            doubtful: record.source.encoding.as_ref().is_some_and(|encoding| encoding.suspect_mojibake),
            figures: record.facts.iter().filter_map(stated).collect(),
        }
    }

    /// Id of its record.
    #[must_use]
    pub fn record_id(&self) -> &str {
        &self.record_id
    }

    /// The inbox that it came by.
    #[must_use]
    pub fn inbox(&self) -> Option<&str> {
        self.inbox.as_deref()
    }

    fn folder(&self) -> &str {
        self.source.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// This report came after the other, or is about a later year.
    #[must_use]
    pub fn is_after(&self, other: &Self) -> bool {
        self.age() > other.age()
    }

    /// Later of two: by year, then by when it came.
    fn age(&self) -> (Option<i32>, &Option<String>, &str) {
        (self.fiscal_year, &self.received_at, &self.record_id)
    }
}

/// A figure of the unit as a whole, when it says of itself what it is.
fn stated(fact: &Fact) -> Option<(Key, Fact)> {
    let plain = fact.preferred
        && fact.scope.is_none()
        && fact.bound == BoundName::Exact
        && fact.value.is_some()
        && matches!(fact.kind, FactKind::Money | FactKind::Count)
        && !restated(&fact.at);
    // A budget is the initial or the adjusted one, as it happens.
    let phase = fact
        .phase
        .filter(|phase| !matches!(phase, Phase::Target | Phase::Actual | Phase::Budget | Phase::AdjustedBudget))?;
    let key = (fact.concept.clone()?, phase, fact.period.clone()?, fact.unit.clone()?);
    plain.then(|| (key, fact.clone()))
}

/// A label is said after its year.
fn without_year<'a>(label: &'a str, year: &str) -> &'a str {
    label.strip_prefix(year).and_then(|rest| rest.strip_prefix(['年', '度'])).unwrap_or(label).trim_start_matches('度')
}

/// The words beside the figure say that it is counted anew.
fn restated(at: &At) -> bool {
    let At::Text { suffix, prefix, .. } = at else { return false };
    ["口径", "合并", "追溯", "重述", "调整"].iter().any(|word| suffix.contains(word) || prefix.contains(word))
}

/// What reports say against each other, where each is one of `digests`: of one report's filings only the latest counts, and
/// of a unit's reports of one year the last few that were given.
#[must_use]
pub fn of_all(digests: &[Digest], levels: &RuleLevels) -> Vec<LogBody> {
    let mut units: BTreeMap<&str, Vec<&Digest>> = BTreeMap::new();
    for digest in digests {
        if let Some(unit) = digest.entity.as_deref() {
            units.entry(unit).or_default().push(digest);
        }
    }
    let mut lines = Vec::new();
    for reports in units.into_values() {
        let mut by_year: BTreeMap<Option<i32>, Vec<&Digest>> = BTreeMap::new();
        for report in current(&reports) {
            by_year.entry(report.fiscal_year).or_default().push(report);
        }
        let few = by_year
            .into_values()
            .flat_map(|year| year.into_iter().rev().take(PARTNERS as usize).rev().collect::<Vec<_>>());
        let few: Vec<&Digest> = few.collect();
        for (at, one) in few.iter().enumerate() {
            lines.extend(few.iter().take(at).flat_map(|other| disagreements(one, other, levels)));
        }
    }
    lines
}

/// Reports that no other of them is a later filing of.
#[must_use]
pub fn current<'a>(reports: &[&'a Digest]) -> Vec<&'a Digest> {
    let replaced =
        |one: &Digest| reports.iter().any(|other| kinship(one, other) == Some(Kinship::Filings) && other.is_after(one));
    reports.iter().copied().filter(|one| reports.len() > MOST_FILINGS || !replaced(one)).collect()
}

/// How two reports belong together; `None` when they are about different things.
#[must_use]
pub fn kinship(one: &Digest, other: &Digest) -> Option<Kinship> {
    let beside = one.inbox == other.inbox && one.folder() == other.folder();
    // 「市教育局」 is many: without a place of its own a name counts within a folder.
    let same_place = if one.region.is_none() && other.region.is_none() {
        beside
    } else {
        one.region == other.region || (beside && (one.region.is_none() || other.region.is_none()))
    };
    let head_office = |digest: &Digest| {
        let names = [digest.title.as_deref(), Some(digest.source.as_str())];
        names.into_iter().flatten().any(|name| HEAD_OFFICE.iter().any(|word| name.contains(word)))
    };
    let same_unit = one.entity.is_some() && one.entity == other.entity && head_office(one) == head_office(other);
    if !same_unit || !same_place || one.record_id == other.record_id || one.of_project || other.of_project {
        return None;
    }
    let years = one.fiscal_year?.abs_diff(other.fiscal_year?);
    let same_kind = one.kind.is_some() && one.kind == other.kind;
    if years == 0 && same_kind && one.format == other.format {
        return (one.title.is_some() && one.title == other.title).then_some(Kinship::Filings);
    }
    match years {
        0 if beside && (same_kind || one.kind.is_none() || other.kind.is_none()) => Some(Kinship::Set),
        1.. if same_kind && years <= YEARS_APART.unsigned_abs() => Some(Kinship::Years),
        _ => None,
    }
}

/// Findings about two reports, in the name of the later one, as loud as `levels` allow; none for two filings of one report.
#[must_use]
pub fn disagreements(one: &Digest, other: &Digest, levels: &RuleLevels) -> Vec<LogBody> {
    let (code, origin, rule) = match kinship(one, other) {
        Some(Kinship::Years) => (FindingCode::HistoryMismatch, Origin::History, HISTORY_RULE),
        Some(Kinship::Set) => (FindingCode::SetMismatch, Origin::Set, SET_RULE),
        Some(Kinship::Filings) | None => return Vec::new(),
    };
    let Some(most) = levels.get(rule).map_or(Some(Severity::Warning), |level| level.severity()) else {
        return Vec::new();
    };
    let (late, early) = match code {
        FindingCode::SetMismatch if one.source < other.source => (other, one),
        FindingCode::SetMismatch => (one, other),
        _ if one.is_after(other) => (one, other),
        _ => (other, one),
    };
    let pairs = late.figures.iter().filter_map(|(key, mine)| Some((key, mine, early.figures.get(key)?)));
    let (differing, agreeing): (Vec<_>, Vec<_>) = pairs.partition(|(_, mine, theirs)| !may_be_the_same(mine, theirs));
    let pair = Pair { late, early, code, origin, rule, most };
    if differing.len() >= MANY && differing.len() > agreeing.len() {
        return pair.all_differ(&differing, agreeing.len()).into_iter().collect();
    }
    differing.into_iter().map(|(key, mine, theirs)| pair.differs(key, mine, theirs)).collect()
}

/// Two reports and what a difference between them is called.
struct Pair<'a> {
    late: &'a Digest,
    early: &'a Digest,
    code: FindingCode,
    origin: Origin,
    rule: &'static str,
    /// The loudest that it may be.
    most: Severity,
}

impl Pair<'_> {
    /// One figure is not the same.
    fn differs(&self, key: &Key, mine: &Fact, theirs: &Fact) -> LogBody {
        let label = without_year(&mine.label, &key.2);
        let (phase_zh, phase_en) = phase_name(key.1);
        let (ours, others) = (printed(mine), printed(theirs));
        let (by_zh, by_en) = (self.other_zh(), self.other_en());
        let message = Message {
            zh: format!("{}年{phase_zh}“{label}”本报告为{ours}，{by_zh}为{others}，请核对", key.2),
            en: format!("{} {phase_en}, {label}: {ours} here, {others} in {by_en}", key.2),
        };
        let told = format!("{}|{:?}|{}|{}", key.0, key.1, key.2, mine.value.unwrap_or_default());
        // What is counted may differ for good reasons; a slip of the pen has none.
        let severity = if one_slip_apart(mine, theirs) { self.severity() } else { Severity::Info };
        self.line(&told, (mine, theirs), message, severity)
    }

    /// Most figures are not the same: what is counted differs.
    fn all_differ(&self, differing: &[(&Key, &Fact, &Fact)], agreeing: usize) -> Option<LogBody> {
        let (_, mine, theirs) = differing.first()?;
        let (count, all) = (differing.len(), differing.len() + agreeing);
        let message = Message {
            zh: format!("与{}相同口径的{all}项数据中有{count}项不同，可能统计范围不同", self.other_zh()),
            en: format!("{count} of {all} figures differ from {}; perhaps something else is counted", self.other_en()),
        };
        let line = self.line("all", (mine, theirs), message, Severity::Info);
        Some(without_figures(line))
    }

    /// Damaged text proves nothing.
    fn severity(&self) -> Severity {
        let doubtful = self.late.doubtful || self.early.doubtful;
        if doubtful { Severity::Info } else { self.most.min(Severity::Warning) }
    }

    fn line(&self, told: &str, (mine, theirs): (&Fact, &Fact), message: Message, severity: Severity) -> LogBody {
        let keys = [&self.late.report_key, &self.early.report_key].map(|key| key.as_deref().unwrap_or_default());
        let told = format!("{}\n{}\n{}\n{told}", self.code.label(), keys.join("\n"), self.formats());
        let fingerprint = sha256_hex(told.as_bytes()).get(..16).unwrap_or_default().to_owned();
        let delta = mine.value.zip(theirs.value).map(|(mine, theirs)| Figure(mine.0 - theirs.0));
        LogBody::Finding {
            record_id: self.late.record_id.clone(),
            source: self.late.source.clone(),
            entity: self.late.entity.clone(),
            fiscal_year: self.late.fiscal_year,
            finding: self.id(&fingerprint),
            rule: Some(self.rule.into()),
            origin: Some(self.origin),
            severity,
            code: self.code,
            message,
            expression: Some(format!("{} ≠ {}", printed(mine), printed(theirs))),
            stated: mine.value,
            computed: theirs.value,
            delta,
            unit: mine.unit.clone(),
            places: vec![mine.at.clone()],
            cause: None,
            fingerprint,
            against: Some(Box::new(Against {
                record_id: self.early.record_id.clone(),
                source: self.early.source.clone(),
                place: theirs.at.clone(),
            })),
        }
    }

    /// Another pair has another id, also where it says the same.
    fn id(&self, fingerprint: &str) -> String {
        let hash = sha256_hex(format!("{fingerprint}\n{}", self.early.record_id).as_bytes());
        format!("x{}", hash.get(..12).unwrap_or_default())
    }

    /// Which files of a set: one report has a fingerprint for each pair.
    fn formats(&self) -> String {
        match self.origin {
            Origin::Set => format!("{} {}", self.late.format, self.early.format),
            _ => String::new(),
        }
    }

    fn other_zh(&self) -> String {
        match self.origin {
            Origin::Set => format!("同一报告的另一文件（{}）", self.early.source),
            _ => format!("{}年度报告（{}）", self.early.fiscal_year.unwrap_or_default(), self.early.source),
        }
    }

    fn other_en(&self) -> String {
        match self.origin {
            Origin::Set => format!("another file of the report ({})", self.early.source),
            _ => format!("the report of {} ({})", self.early.fiscal_year.unwrap_or_default(), self.early.source),
        }
    }
}

/// A finding about many figures states none of them.
fn without_figures(mut line: LogBody) -> LogBody {
    if let LogBody::Finding { expression, stated, computed, delta, unit, .. } = &mut line {
        (*expression, *unit) = (None, None);
        (*stated, *computed, *delta) = (None, None, None);
    }
    line
}

fn printed(fact: &Fact) -> String {
    let unit = fact.reported.unit.as_deref().or(fact.unit.as_deref()).unwrap_or_default();
    let number = fact.reported.number.as_deref().unwrap_or_default();
    format!("{number}{}", if unit == "CNY" { "元" } else { unit })
}

fn phase_name(phase: Phase) -> (&'static str, &'static str) {
    match phase {
        Phase::InitialBudget => ("年初预算", "initial budget"),
        Phase::AdjustedBudget => ("调整预算", "adjusted budget"),
        Phase::Budget => ("预算", "budget"),
        Phase::Arrived => ("到位", "arrived"),
        Phase::Executed => ("决算", "final account"),
        Phase::Balance => ("结余", "balance"),
        Phase::CarriedOver => ("结转", "carried over"),
        Phase::Target => ("目标", "target"),
        Phase::Actual => ("实际", "actual"),
    }
}
