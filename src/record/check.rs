//! Checks, findings and coverage.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Figure;
use crate::document::Text;

/// One relation that was evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// `c1`, `c2`, ...
    pub id: String,
    /// Id of the rule.
    pub rule: Text,
    /// Where the relation comes from.
    pub origin: Origin,
    /// Its sort.
    pub relation: Relation,
    /// Version of the rule.
    pub rule_version: Text,
    /// The fact that states the result; for `bound` the part.
    pub stated: Option<Text>,
    /// The operands.
    pub terms: Vec<Term>,
    /// The equation with printed figures, as a person would write it.
    pub expression: String,
    /// Value of the stated fact.
    pub stated_value: Option<Figure>,
    /// What the terms give, rates rounded to six decimals.
    pub computed_value: Option<Figure>,
    /// Unit of both.
    pub unit: Option<Text>,
    /// Stated less computed.
    pub delta: Option<Figure>,
    /// Gap between the two intervals; 0 when they meet.
    pub excess: Option<Figure>,
    /// The verdict.
    pub status: Status,
    /// Why it is not checkable, or what explains the gap.
    pub reason: Option<String>,
}

/// One operand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Fact id; null for a constant.
    pub fact: Option<Text>,
    /// The constant of a term that is not printed.
    pub constant: Option<Figure>,
    /// What it does in the relation.
    pub role: TermRole,
    /// Whether it is added or taken off.
    pub sign: Sign,
}

/// Whether a term is added or taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Sign {
    /// Added.
    #[serde(rename = "+")]
    Plus,
    /// Taken off.
    #[serde(rename = "-")]
    Minus,
}

/// Where a relation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A rule of the pipeline.
    Declared,
    /// The shape of a table.
    Structural,
    /// A sentence.
    Lexical,
    /// The workbook's own formula.
    Formula,
    /// Figures that add up and have a cue.
    Discovered,
    /// Another year's or an earlier filing's report; in the log only.
    History,
    /// Another file of the same report; in the log only.
    Set,
}

impl Origin {
    /// The name in records, logs and the journal.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Structural => "structural",
            Self::Lexical => "lexical",
            Self::Formula => "formula",
            Self::Discovered => "discovered",
            Self::History => "history",
            Self::Set => "set",
        }
    }
}

/// Sorts of relations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// stated = sum of terms.
    Sum,
    /// stated = first term - the others.
    Difference,
    /// stated % = numerator / denominator.
    Ratio,
    /// Change against a prior value: amount or percent.
    Change,
    /// Points from a rate and a weight.
    Score,
    /// The same in two places.
    Equal,
    /// part <= whole.
    Bound,
    /// Shares that add up to 100.
    ShareSum,
    /// Weights that add up to their total.
    WeightSum,
    /// Scores that add up to their total.
    ScoreSum,
}

/// What an operand does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TermRole {
    /// Added.
    Addend,
    /// Above the line.
    Numerator,
    /// Below the line.
    Denominator,
    /// This year's value.
    Current,
    /// The year before's value.
    Prior,
    /// Their difference.
    Difference,
    /// A rate.
    Rate,
    /// A weight.
    Weight,
    /// The whole.
    Whole,
    /// A part.
    Part,
    /// The other side of an equality.
    Operand,
}

/// Verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Holds at the sibling precision.
    Consistent,
    /// Holds within what rounding of the terms can do.
    Rounding,
    /// A percentage cut off instead of rounded.
    Truncation,
    /// The gap is accounted for elsewhere in the report.
    Explained,
    /// Does not hold.
    Inconsistent,
    /// Could not be decided; the reason says why.
    NotCheckable,
}

/// What a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// `n1`, `n2`, ...
    pub id: String,
    /// How loud.
    pub severity: Severity,
    /// Sort of mistake.
    pub code: FindingCode,
    /// The checks that show it.
    pub checks: Vec<String>,
    /// In words.
    pub message: Message,
    /// Which figure is probably wrong; null when nothing is likely.
    pub cause: Option<Cause>,
    /// Other explanations, best first.
    pub alternatives: Vec<Cause>,
    /// Recognizes the same finding in a re-filed report; does not depend on ids.
    pub fingerprint: String,
}

/// Sorts of mistakes. A code never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FindingCode {
    /// A total is not the sum of its parts.
    TotalMismatch,
    /// A difference is not what its figures give.
    DifferenceMismatch,
    /// A rate or share is not what its figures give.
    RateMismatch,
    /// A change against an earlier figure is not what its figures give.
    ChangeMismatch,
    /// Points are not what rate and weight give.
    ScoreMismatch,
    /// The same figure differs in two places.
    CopyMismatch,
    /// A part is larger than its whole.
    PartExceedsWhole,
    /// Shares do not add up to 100.
    #[serde(rename = "shares-not-100")]
    SharesNot100,
    /// Weights do not add up to their total.
    WeightTotalMismatch,
    /// Scores do not add up to their total.
    ScoreTotalMismatch,
    /// Percentages are cut off instead of rounded.
    RateTruncated,
    /// Two years' reports of a unit give different figures for the same year.
    HistoryMismatch,
    /// Two files of one report give different figures.
    SetMismatch,
}

impl FindingCode {
    /// Every code, in the order of the documentation.
    pub const ALL: [Self; 13] = [
        Self::TotalMismatch,
        Self::DifferenceMismatch,
        Self::RateMismatch,
        Self::ChangeMismatch,
        Self::ScoreMismatch,
        Self::CopyMismatch,
        Self::PartExceedsWhole,
        Self::SharesNot100,
        Self::WeightTotalMismatch,
        Self::ScoreTotalMismatch,
        Self::RateTruncated,
        Self::HistoryMismatch,
        Self::SetMismatch,
    ];

    /// The code as records, logs and messages print it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::TotalMismatch => "total-mismatch",
            Self::DifferenceMismatch => "difference-mismatch",
            Self::RateMismatch => "rate-mismatch",
            Self::ChangeMismatch => "change-mismatch",
            Self::ScoreMismatch => "score-mismatch",
            Self::CopyMismatch => "copy-mismatch",
            Self::PartExceedsWhole => "part-exceeds-whole",
            Self::SharesNot100 => "shares-not-100",
            Self::WeightTotalMismatch => "weight-total-mismatch",
            Self::ScoreTotalMismatch => "score-total-mismatch",
            Self::RateTruncated => "rate-truncated",
            Self::HistoryMismatch => "history-mismatch",
            Self::SetMismatch => "set-mismatch",
        }
    }

    /// What it means, in both languages.
    #[must_use]
    pub fn meaning(self) -> Message {
        let (zh, en) = match self {
            Self::TotalMismatch => ("合计数与分项之和不符", "a total is not the sum of its parts"),
            Self::DifferenceMismatch => ("差额与所列数据不符", "a difference is not what its figures give"),
            Self::RateMismatch => ("比率或占比与所列数据不符", "a rate or share is not what its figures give"),
            Self::ChangeMismatch => ("增减变动与所列数据不符", "a change is not what its figures give"),
            Self::ScoreMismatch => ("得分与分值、比率不符", "points are not what rate and weight give"),
            Self::CopyMismatch => ("同一数据前后不一致", "the same figure differs in two places"),
            Self::PartExceedsWhole => ("部分大于整体", "a part is larger than its whole"),
            Self::SharesNot100 => ("各占比之和不等于100%", "shares do not add up to 100 %"),
            Self::WeightTotalMismatch => ("分值之和与总分不符", "weights do not add up to their total"),
            Self::ScoreTotalMismatch => ("得分之和与总得分不符", "scores do not add up to their total"),
            Self::RateTruncated => ("百分比被截断而非四舍五入", "percentages are cut off instead of rounded"),
            Self::HistoryMismatch => (
                "两个年度的报告对同一年度的数据不一致",
                "two years' reports of one unit give different figures for the same year",
            ),
            Self::SetMismatch => {
                ("同一单位同一年度的两份文件数据不一致", "two files of one unit and year give different figures")
            }
        };
        Message { zh: zh.to_owned(), en: en.to_owned() }
    }
}

/// A text in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl From<crate::error::Bilingual> for Message {
    fn from(text: crate::error::Bilingual) -> Self {
        Self { zh: text.zh, en: text.en }
    }
}

/// How loud a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Odd but legal, or harmless.
    Info,
    /// Completeness or scope is in doubt.
    Warning,
    /// The report contradicts itself.
    Error,
}

impl Severity {
    /// The name in records, logs and options.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// An explanation: the edits that would make all relations hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// The edits, at least one.
    pub edits: Vec<Edit>,
    /// Sum of their costs.
    pub cost: Figure,
    /// No other set of edits costs as little.
    pub unique: bool,
    /// Checks that hold after the edits and did not before, beyond the first.
    pub confirmed_by: Vec<String>,
}

/// One changed figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// What must have happened.
    pub operation: Operation,
    /// The figure concerned; null for a term that is missing.
    pub fact: Option<Text>,
    /// As printed.
    pub from: Option<Text>,
    /// As it would have to be printed.
    pub to: Option<String>,
}

/// Slips that happen to figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// One digit is another.
    Digit,
    /// Two neighbouring digits changed places.
    Transposition,
    /// A digit is missing.
    DroppedDigit,
    /// A digit is there twice.
    DoubledDigit,
    /// The decimal point is elsewhere.
    DecimalShift,
    /// 元 and 万元 were mixed up.
    UnitSlip,
    /// The sign is wrong.
    Sign,
    /// Copied from a neighbouring figure.
    NeighbourCopy,
    /// Left over from another year or version.
    Stale,
    /// A part is not listed.
    MissingTerm,
    /// Computed anew, the figure would be another.
    Recomputed,
}

/// What was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Number of facts with a figure.
    pub facts: usize,
    /// Of these, in at least one check that was decided.
    pub facts_in_checks: usize,
    /// Checks by status.
    pub checks: StatusCounts,
}

/// Checks by status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusCounts {
    /// Holds.
    pub consistent: usize,
    /// Within rounding.
    pub rounding: usize,
    /// Cut off.
    pub truncation: usize,
    /// Accounted for.
    pub explained: usize,
    /// Does not hold.
    pub inconsistent: usize,
    /// Not decided.
    pub not_checkable: usize,
}

impl StatusCounts {
    /// Checks that were decided, one way or the other.
    #[must_use]
    pub fn decided(&self) -> usize {
        self.consistent + self.rounding + self.truncation + self.explained + self.inconsistent
    }
}
