//! Facts and indicators.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Figure;
use crate::document::Text;

/// One figure (or form text, or choice) with what it means and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// `f1`, `f2`, ... in document order.
    pub id: Text,
    /// Concept of the vocabulary, or null when the label is not known.
    pub concept: Option<Text>,
    /// The nearest label as printed.
    pub label: Text,
    /// Row labels from the outermost to the nearest.
    pub label_path: Arc<[Text]>,
    /// Column headers from the outermost to the nearest.
    pub column_path: Arc<[Text]>,
    /// What sort of figure it is.
    pub kind: FactKind,
    /// The value in `unit`; null for texts and choices.
    pub value: Option<Figure>,
    /// `CNY` (元), `percent`, `permille`, `point`, `person`, `item` or the printed unit.
    pub unit: Option<Text>,
    /// Digits after the point of `value` that are known; negative for rounded thousands.
    pub decimals: Option<i32>,
    /// What the precision rests on.
    pub precision: Option<Precision>,
    /// Whether the figure is itself or a bound: exact, about, at_least, at_most, over, under.
    pub bound: BoundName,
    /// Stage of the money, or target and actual.
    pub phase: Option<Phase>,
    /// Fiscal year the figure speaks of.
    pub period: Option<Text>,
    /// Printed name of the part it speaks of; null for the reporting entity as a whole.
    pub scope: Option<Text>,
    /// As printed.
    pub reported: Reported,
    /// Where it stands.
    pub at: At,
    /// For choices: what could be chosen.
    pub options: Vec<ChoiceOption>,
    /// True on one fact per concept, phase, period and scope.
    pub preferred: bool,
}

/// What sort of figure a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// Amount of money.
    Money,
    /// Percentage or per mille.
    Rate,
    /// Points reached.
    Score,
    /// Points that can be reached.
    Weight,
    /// People or things counted.
    Count,
    /// Any other measured quantity.
    Quantity,
    /// A text a form asks for; it stands in `reported.text`.
    Text,
    /// Ticked options.
    Choice,
}

/// What the precision of a value rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// The digits printed.
    Own,
    /// A sibling in the same column or list shows more digits.
    Column,
    /// Counts, scores and weights have no tolerance.
    Exact,
}

/// Whether a figure stands for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BoundName {
    /// The figure itself.
    #[default]
    Exact,
    /// 约, 左右.
    About,
    /// ≥, 以上, 不低于.
    AtLeast,
    /// ≤, 以下, 不超过.
    AtMost,
    /// 超过, 余, 多.
    Over,
    /// 近, 不足.
    Under,
}

/// Stage that a figure speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// 年初预算.
    InitialBudget,
    /// 调整预算.
    AdjustedBudget,
    /// 全年预算数, or budget unqualified.
    Budget,
    /// 到位.
    Arrived,
    /// 执行数, 决算, 支出.
    Executed,
    /// 结余.
    Balance,
    /// 结转.
    CarriedOver,
    /// Target of an indicator.
    Target,
    /// Actual of an indicator.
    Actual,
}

/// The figure as printed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reported {
    /// The cell's text, or the figure with its unit in running text.
    pub text: Text,
    /// The number alone.
    pub number: Option<Text>,
    /// The unit that holds for it, printed beside it or in its header.
    pub unit: Option<Text>,
}

/// One option of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoiceOption {
    /// The option's text.
    pub text: String,
    /// It is ticked.
    pub selected: bool,
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum At {
    /// The document as a whole.
    Document,
    /// A part of the container or a sheet.
    Part {
        /// Its name.
        name: String,
    },
    /// A table cell; `start` and `end` when it holds several figures.
    Cell {
        /// Table id.
        table: Text,
        /// Row of the origin, from 0.
        row: u32,
        /// Column of the origin, from 0.
        col: u32,
        /// First code point in the cell's text.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        start: Option<usize>,
        /// One past the last code point.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        end: Option<usize>,
    },
    /// A block.
    Block {
        /// Block id.
        block: Text,
    },
    /// A range of a block's text, in Unicode code points.
    Text {
        /// Block id.
        block: Text,
        /// First code point.
        start: usize,
        /// One past the last code point.
        end: usize,
        /// The characters of the range.
        exact: String,
        /// Up to 16 characters before it.
        prefix: String,
        /// Up to 16 characters after it.
        suffix: String,
    },
}

/// One row of an indicator table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// `i1`, `i2`, ... in document order.
    pub id: String,
    /// First-level name.
    pub level1: Option<String>,
    /// Second-level name.
    pub level2: Option<String>,
    /// Third-level name: the indicator.
    pub level3: Option<String>,
    /// Target as printed, and as a quantity where possible.
    pub target: Option<IndicatorCell>,
    /// Actual as printed, and as a quantity where possible.
    pub actual: Option<IndicatorCell>,
    /// Points that can be reached.
    pub weight: Option<IndicatorCell>,
    /// Points reached.
    pub score: Option<IndicatorCell>,
    /// Reasons for a deviation, as printed.
    pub deviation: Option<Text>,
    /// The row's indicator cell.
    pub at: At,
}

/// A cell of an indicator row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndicatorCell {
    /// As printed.
    pub text: Text,
    /// The figure, when the text is one.
    pub value: Option<Figure>,
    /// Its unit.
    pub unit: Option<Text>,
}
