//! The words of reviews, in Chinese and English side by side, so that neither can lack one.
//!
//! In: codes of the record. Out: words for a finance clerk. Nothing can go wrong here.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::record::{FindingCode, Message, Operation, Severity, TermRole};

/// The language of a review. Findings and documents keep their own words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Language")]
pub enum Language {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Language {
    /// The text in this language.
    pub(in super::super) fn pick(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// BCP 47 tag.
    pub(super) fn tag(self) -> &'static str {
        self.pick("zh-CN", "en")
    }

    /// A name in the language's quotation marks.
    pub(super) fn quoted(self, text: &str) -> String {
        format!("“{text}”")
    }

    /// A title of a report.
    pub(super) fn titled(self, text: &str) -> String {
        match self {
            Self::Zh => format!("《{text}》"),
            Self::En => format!("“{text}”"),
        }
    }
}

/// How loud, in a word.
pub(super) fn severity(language: Language, severity: Severity) -> &'static str {
    match severity {
        Severity::Error => language.pick("错误", "error"),
        Severity::Warning => language.pick("警告", "warning"),
        Severity::Info => language.pick("提示", "info"),
    }
}

/// The sort of mistake in a few words.
pub(super) fn code(language: Language, code: FindingCode) -> String {
    let meaning = code.meaning();
    match language {
        Language::Zh => meaning.zh,
        Language::En => meaning.en,
    }
}

/// What a figure does in an equation.
pub(super) fn role(language: Language, role: Option<TermRole>) -> &'static str {
    match role {
        None => language.pick("所列数", "stated"),
        Some(TermRole::Addend) => language.pick("分项", "part"),
        Some(TermRole::Numerator) => language.pick("分子", "numerator"),
        Some(TermRole::Denominator) => language.pick("分母", "denominator"),
        Some(TermRole::Current) => language.pick("本期数", "current"),
        Some(TermRole::Prior) => language.pick("基期数", "prior"),
        Some(TermRole::Difference) => language.pick("增减额", "difference"),
        Some(TermRole::Rate) => language.pick("比率", "rate"),
        Some(TermRole::Weight) => language.pick("分值", "weight"),
        Some(TermRole::Whole) => language.pick("整体", "whole"),
        Some(TermRole::Part) => language.pick("部分", "part"),
        Some(TermRole::Operand) => language.pick("对照数", "compared with"),
    }
}

/// What must have happened to a figure.
pub(super) fn slip(language: Language, operation: Operation) -> &'static str {
    match operation {
        Operation::Digit => language.pick("疑有数字录错", "a digit was probably mistyped"),
        Operation::Transposition => language.pick("疑相邻两位数字颠倒", "two digits probably changed places"),
        Operation::DroppedDigit => language.pick("疑漏录数字", "a digit is probably missing"),
        Operation::DoubledDigit => language.pick("疑多录数字", "a digit probably stands twice"),
        Operation::DecimalShift => language.pick("疑小数点错位", "the decimal point probably slipped"),
        Operation::UnitSlip => language.pick("疑“元”与“万元”混用", "元 and 万元 were probably mixed up"),
        Operation::Sign => language.pick("疑正负号有误", "the sign is probably wrong"),
        Operation::NeighbourCopy => language.pick("疑误抄相邻数据", "it was probably copied from beside it"),
        Operation::Stale => {
            language.pick("疑沿用其他年度或旧稿数据", "it is probably left over from another year or draft")
        }
        Operation::MissingTerm => language.pick("疑有分项未列出", "a part is probably not listed"),
        Operation::Recomputed => {
            language.pick("与按所列数据重新计算的结果不符", "its figures give another result when computed anew")
        }
    }
}

/// What the unit should do about it.
pub(super) fn advice(language: Language, code: FindingCode) -> &'static str {
    match code {
        FindingCode::TotalMismatch => language.pick(
            "请对照账簿或决算报表核实合计数与各分项数，更正有误的一处，并检查引用该数的其他表格和文字。",
            "Check the total and its parts against the books, correct the wrong one, and look wherever else it is used.",
        ),
        FindingCode::DifferenceMismatch => language.pick(
            "请核实参与计算的各数和差额，更正有误的一处；如另有未列项目，请补充说明。",
            "Check the figures and their difference and correct the wrong one; if an item is left out, say which.",
        ),
        FindingCode::RateMismatch => language.pick(
            "请核实分子、分母所用口径和数据，并按核实后的数据重新计算比率。",
            "Check what the rate is taken of, and compute it anew from the checked figures.",
        ),
        FindingCode::ChangeMismatch => language.pick(
            "请核实本期数、基期数和增减额（幅），并按核实后的数据重新计算。",
            "Check the figures of both years and the change, and compute it anew from the checked figures.",
        ),
        FindingCode::ScoreMismatch => language.pick(
            "请核实分值、完成比率和评分办法，并重新计算得分。",
            "Check weight, rate and scoring method, and compute the points anew.",
        ),
        FindingCode::CopyMismatch => language.pick(
            "请核实以哪一处为准，并使前后一致。",
            "Find out which of the two places is right, and make them agree.",
        ),
        FindingCode::PartExceedsWhole => language.pick(
            "请核实部分数与整体数，以及两者的口径、单位是否一致。",
            "Check the part and the whole, and that both have the same scope and unit.",
        ),
        FindingCode::SharesNot100 => language.pick(
            "请核实各项占比及其计算基数，如有未列项目请补充。",
            "Check the shares and what they are taken of; add what is not listed.",
        ),
        FindingCode::WeightTotalMismatch => language.pick(
            "请核实各指标分值，使其合计等于总分值。",
            "Check the weights, so that they add up to their total.",
        ),
        FindingCode::ScoreTotalMismatch => language.pick(
            "请核实各项得分并重新合计总得分；总得分变动的，一并复核评价等级。",
            "Check the scores and add them up anew; if the total changes, look at the grade too.",
        ),
        FindingCode::HistoryMismatch => language.pick(
            "请核实两个年度报告对同一年度数据的口径；口径有调整的，请作出说明。",
            "Check what each year's report counts; where that has changed, say so.",
        ),
        FindingCode::SetMismatch => language.pick(
            "请核实同一报告各文件以哪一份为准，并使其一致。",
            "Find out which of the report's files is right, and make them agree.",
        ),
        FindingCode::RateTruncated => language.pick(
            "百分比建议按四舍五入保留小数。",
            "Percentages should be rounded, not cut off.",
        ),
    }
}

/// A text of the record in this language.
pub(super) fn message(language: Language, message: &Message) -> &str {
    match language {
        Language::Zh => &message.zh,
        Language::En => &message.en,
    }
}
