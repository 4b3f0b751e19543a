//! The rules that every report is checked by, in words: what each compares, and when it stays silent. What pipelines declare
//! stands in their files.

use crate::record::{Message, Origin, Relation};

/// A rule that is built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// As in a check's `rule`.
    pub id: &'static str,
    /// Where its relations come from.
    pub origin: Origin,
    /// Sort of relation.
    pub relation: Relation,
    compares: [&'static str; 2],
    silent: [&'static str; 2],
}

impl BuiltIn {
    /// What it compares.
    #[must_use]
    pub fn compares(&self) -> Message {
        message(self.compares)
    }

    /// When nothing is claimed, or less than an error.
    #[must_use]
    pub fn silent(&self) -> Message {
        message(self.silent)
    }
}

fn message([zh, en]: [&'static str; 2]) -> Message {
    Message { zh: zh.to_owned(), en: en.to_owned() }
}

/// The built-in rule of an id.
#[must_use]
pub fn built_in(id: &str) -> Option<&'static BuiltIn> {
    BUILT_IN.iter().find(|rule| rule.id == id)
}

const ALWAYS: [&str; 2] = ["所涉数据齐全即核对", "looked at wherever its figures are printed"];
const ONE_SLIP: [&str; 2] = [
    "只在成立或改正一处笔误即成立时提出，不成立时为警告",
    "claimed only where it holds or one slip of the pen accounts for the gap; then a warning",
];
const WARNING: [&str; 2] = ["口径可能不同，最多为警告", "at most a warning: what is counted may differ"];

const ACROSS: [&str; 2] = [
    "差一处笔误时为警告，其余只作提示；多数数据不同时视为口径不同，合为一条提示",
    "a warning where one slip of the pen sets them apart, else an info; where most differ, one info for all",
];

const fn rule(
    id: &'static str,
    origin: Origin,
    relation: Relation,
    compares: [&'static str; 2],
    silent: [&'static str; 2],
) -> BuiltIn {
    BuiltIn { id, origin, relation, compares, silent }
}

/// All built-in rules, by where their relations come from.
pub const BUILT_IN: [BuiltIn; 49] = [
    rule(
        "rate.execution=executed/budget",
        Origin::Structural,
        Relation::Ratio,
        ["表格一行的执行率 = 执行数 ÷ 预算数", "the execution rate of a row = executed / budget"],
        ["预算数为零时不核对", "not checkable where the budget is zero"],
    ),
    rule(
        "rate.arrival=arrived/budget",
        Origin::Structural,
        Relation::Ratio,
        ["表格一行的到位率 = 到位数 ÷ 预算数", "the arrival rate of a row = arrived / budget"],
        ["预算数为零时不核对", "not checkable where the budget is zero"],
    ),
    rule(
        "staff.control_rate=in_post/quota",
        Origin::Structural,
        Relation::Ratio,
        ["在职人员控制率 = 实有人数 ÷ 编制数", "the control rate of staff = in post / quota"],
        ["编制数为零时不核对", "not checkable where the quota is zero"],
    ),
    rule(
        "score.execution=rate*weight",
        Origin::Structural,
        Relation::Score,
        ["执行率得分 = min(执行率, 100%) × 分值", "points for execution = min(rate, 100 %) x weight"],
        ["执行率超过100%时只作提示", "only an info where the rate exceeds 100 %"],
    ),
    rule(
        "weights=total",
        Origin::Structural,
        Relation::WeightSum,
        ["各指标分值之和 = 总分", "the weights of the indicators add up to their total"],
        [
            "两种口径（含或不含执行率分值）都不成立且不合100时为警告",
            "a warning where neither reading (with or without the execution row) is borne out by the weights",
        ],
    ),
    rule(
        "weights+execution=total",
        Origin::Structural,
        Relation::WeightSum,
        ["执行率分值与各指标分值之和 = 总分", "the weights of execution and indicators add up to their total"],
        ["由分值决定采用哪种口径", "taken where the weights say that the execution row counts"],
    ),
    rule(
        "scores=total",
        Origin::Structural,
        Relation::ScoreSum,
        ["各指标得分之和 = 总得分", "the points of the indicators add up to their total"],
        ["口径与分值相同", "read as the weights are"],
    ),
    rule(
        "scores+execution=total",
        Origin::Structural,
        Relation::ScoreSum,
        ["执行率得分与各指标得分之和 = 总得分", "the points of execution and indicators add up to their total"],
        ["口径与分值相同", "read as the weights are"],
    ),
    rule(
        "weights.level",
        Origin::Structural,
        Relation::WeightSum,
        ["评分表上级分值 = 下级分值之和", "a weight of a tree of criteria = the sum of those below it"],
        ["下级分值不全时不核对", "not looked at where one below has none"],
    ),
    rule(
        "scores.level",
        Origin::Structural,
        Relation::ScoreSum,
        ["评分表上级得分 = 下级得分之和", "points of a tree of criteria = the sum of those below them"],
        ["下级得分不全时不核对", "not looked at where one below has none"],
    ),
    rule(
        "rows=head",
        Origin::Structural,
        Relation::Sum,
        ["合计、小计行 = 其下各行之和", "a total row = the sum of the rows that it heads"],
        ["比率、分值、人均列不相加", "rates, weights and figures per head are not added"],
    ),
    rule(
        "code=codes_below",
        Origin::Structural,
        Relation::Sum,
        [
            "功能或经济分类科目 = 其下级科目之和，合计行 = 各类之和",
            "a code of a classification = the codes below it, and the total = the classes",
        ],
        [
            "有一列成立时逐列核对；各列均不成立时只在改正一处笔误即成立时提出，为警告",
            "looked at in every column where one bears it out; else claimed only where it holds or one slip accounts for the gap, then a warning",
        ],
    ),
    rule(
        "shape.column=parts",
        Origin::Discovered,
        Relation::Sum,
        ["由表格形状发现的列内合计", "a sum down a column, found in the table's shape"],
        [
            "须在多列同时成立；个别列不成立且可由一处笔误解释时为警告",
            "must hold in most columns; a column that fails by one slip is a warning",
        ],
    ),
    rule(
        "shape.row=parts",
        Origin::Discovered,
        Relation::Sum,
        ["由表格形状发现的行内合计", "a sum along a row, found in the table's shape"],
        [
            "须在多行同时成立；个别行不成立且可由一处笔误解释时为警告",
            "must hold in most rows; a row that fails by one slip is a warning",
        ],
    ),
    rule(
        "formula.sum",
        Origin::Formula,
        Relation::Sum,
        ["工作簿自身的求和公式 = 存储的结果", "a workbook's own sum formula = its stored result"],
        ALWAYS,
    ),
    rule(
        "formula.ratio",
        Origin::Formula,
        Relation::Ratio,
        ["工作簿自身的除法公式 = 存储的结果", "a workbook's own division = its stored result"],
        ALWAYS,
    ),
    rule(
        "score<=weight",
        Origin::Structural,
        Relation::Bound,
        ["得分不超过该指标分值", "points of an indicator are at most its weight"],
        ["加分、奖励项除外；为警告", "rows of points on top are left out; a warning"],
    ),
    rule(
        "column.difference=current-prior",
        Origin::Structural,
        Relation::Difference,
        ["增减额 = 本年 − 上年（同一行）", "the difference column = this year - the year before, row by row"],
        [
            "同列至少半数行成立时核对成立或为一处笔误的行",
            "where half of the rows hold, those that hold or are one slip away",
        ],
    ),
    rule(
        "column.change=difference/prior",
        Origin::Structural,
        Relation::Change,
        [
            "增减率 = （本年 − 上年）÷ 上年（同一行）",
            "the rate of change = (this year - the year before) / the year before, row by row",
        ],
        ["同上", "as above"],
    ),
    rule(
        "column.share=part/total",
        Origin::Structural,
        Relation::Ratio,
        ["占比 = 本行金额 ÷ 合计行金额", "a row's share = its amount / the total row's"],
        ["同上", "as above"],
    ),
    rule(
        "account.year=items",
        Origin::Structural,
        Relation::Sum,
        ["本年收入（支出）合计 = 其上各项之和", "the income or expenditure of the year = the items above it"],
        [
            "同一金额列既有本年合计又有总计的收支表；“其中”各行不重复相加；不成立时只在改正一处笔误即成立时提出",
            "in accounts that have both a total of the year and a grand total; 其中 rows are not added twice; claimed where it holds or one slip accounts for the gap",
        ],
    ),
    rule(
        "account.total=year+balances",
        Origin::Structural,
        Relation::Sum,
        ["总计 = 本年合计 + 结转结余等", "the grand total = the year's total and the balances behind it"],
        [
            "同上；不成立时只在改正一处笔误即成立时提出",
            "as above; claimed where it holds or one slip accounts for the gap",
        ],
    ),
    rule(
        "account.income=expenditure",
        Origin::Structural,
        Relation::Equal,
        ["收入总计 = 支出总计", "the grand total of income = that of expenditure"],
        [
            "两个总计在同一行；不成立时只在改正一处笔误即成立时提出",
            "both stand in one row; claimed where it holds or one slip accounts for the gap",
        ],
    ),
    rule(
        "sum.behind_parts",
        Origin::Lexical,
        Relation::Sum,
        [
            "“合计”“共计”所列 = 同句在前各项之和",
            "what 合计 or 共计 states = the amounts in front of it in its sentence",
        ],
        [
            "取紧靠其前且相加成立的最长一段；都不成立时只在整句各项改正一处笔误即成立时提出",
            "the longest run in front of it that adds up; where none does, all amounts of the sentence if one slip accounts for the gap",
        ],
    ),
    rule(
        "budget=initial+changes",
        Origin::Lexical,
        Relation::Sum,
        ["调整后预算 = 年初预算 + 追加 − 调减", "the adjusted budget = the initial one and its changes"],
        [
            "三者在同一句；不成立时只在改正一处笔误即成立时提出，为警告",
            "all in one sentence; claimed where it holds or one slip accounts for the gap, then a warning",
        ],
    ),
    rule(
        "sum.of_which",
        Origin::Lexical,
        Relation::Sum,
        ["“其中”所列各项之和 = 前述总数", "what 其中 lists adds up to the amount in front of it"],
        [
            "“主要”“等”“其余”所列不全，或金额合计不等于总数、亦非一处笔误、各项占比未列全、也不是惯常的完整划分时，只核对各项不超过总数；各项之和等于前面另一金额时，以该金额为总数",
            "lists that say they are not complete, or whose amounts come to something else, no slip away, without a share for each and no usual division: each part is at most the whole; where they make up another amount in front, that one is the whole",
        ],
    ),
    rule(
        "sum.instalments",
        Origin::Lexical,
        Relation::Sum,
        ["“三批次”等所列各批之和 = 总数", "numbered instalments add up to the total that counts them"],
        WARNING,
    ),
    rule(
        "part<=whole",
        Origin::Lexical,
        Relation::Bound,
        ["所列部分不超过整体", "a part in a sentence is at most its whole"],
        ["所列各项完整时另核对合计", "said of lists that are not complete, and of parts larger than the whole"],
    ),
    rule(
        "executed<=given",
        Origin::Lexical,
        Relation::Bound,
        ["实际支出不超过投入资金", "what was spent is at most what was given"],
        ["超支是事实而非笔误，只作提示", "only an info: spending more is a fact, not a slip"],
    ),
    rule(
        "shares=100",
        Origin::Lexical,
        Relation::ShareSum,
        ["一组占比之和 = 100%", "the shares of a complete list add up to 100 %"],
        WARNING,
    ),
    rule(
        "satisfaction=100",
        Origin::Lexical,
        Relation::ShareSum,
        ["满意、基本满意、不满意占比之和 = 100%", "the answers of a survey add up to 100 %"],
        WARNING,
    ),
    rule(
        "share=part/whole",
        Origin::Lexical,
        Relation::Ratio,
        ["“占……%” = 部分 ÷ 整体", "a stated share = part / whole"],
        ["找不到所称整体时不核对", "not looked at where the whole that it names is not printed"],
    ),
    rule(
        "execution=executed/budget",
        Origin::Lexical,
        Relation::Ratio,
        ["“完成预算的……%”“执行率” = 决算数 ÷ 预算数", "a stated completion or execution rate = executed / budget"],
        [
            "有多个可能的预算数时最多为警告；预算数已用于前述决算数时不再作基数",
            "at most a warning where several budgets may be meant; one whose spending is said before is no base of another amount",
        ],
    ),
    rule(
        "completion=done/budget",
        Origin::Lexical,
        Relation::Ratio,
        ["“完成年初预算数……万元的……%” = 完成数 ÷ 预算数", "completion of a budget that is printed in the same clause"],
        ALWAYS,
    ),
    rule(
        "change=difference/prior",
        Origin::Lexical,
        Relation::Change,
        ["“增长、下降……%” = 增减额 ÷ 上年数", "a change in percent = difference / prior amount"],
        WARNING,
    ),
    rule(
        "difference=current-prior",
        Origin::Lexical,
        Relation::Difference,
        ["“比上年……增加、减少……” = 本年数 − 上年数", "a change = current less prior amount"],
        ["两年口径可能不同时为警告", "a warning where the two years are only named"],
    ),
    rule(
        "change=changes",
        Origin::Lexical,
        Relation::Sum,
        ["总额的增减 = 各项增减之和", "the change of a total = the sum of the changes of its parts"],
        ["各项增减不全时只在成立时提出", "claimed where all parts say how they changed, or where it holds"],
    ),
    rule(
        "balance=budget-executed",
        Origin::Lexical,
        Relation::Difference,
        ["“剩余” = 预算数 − 支出数", "what is left = budget less executed"],
        ALWAYS,
    ),
    rule(
        "balance=returned+carried",
        Origin::Lexical,
        Relation::Sum,
        ["剩余 = 上缴 + 结转", "what is left = returned + carried over"],
        ALWAYS,
    ),
    rule(
        "item=final_account",
        Origin::Lexical,
        Relation::Equal,
        [
            "（项）名称后所列支出 = 同段所列该项支出决算",
            "the amount behind an item's name = its final account in the same paragraph",
        ],
        ["两处均印出时核对", "looked at where both are printed"],
    ),
    rule(
        "class=items",
        Origin::Lexical,
        Relation::Sum,
        ["功能分类的类 = 其各项之和", "a functional class = the sum of its items"],
        ONE_SLIP,
    ),
    rule(
        "rate=named/before",
        Origin::Lexical,
        Relation::Ratio,
        [
            "办结率、回收率等 = 同名数量 ÷ 句中其前的同单位数量",
            "a rate named after what was counted = that / what was counted before it",
        ],
        ONE_SLIP,
    ),
    rule(
        "difference=budget-executed",
        Origin::Lexical,
        Relation::Difference,
        [
            "句中较预算节约或增加数 = 预算数与执行数之差",
            "less or more than the budget = the budget and what was spent, subtracted",
        ],
        ONE_SLIP,
    ),
    rule(
        "project=breakdown",
        Origin::Discovered,
        Relation::Sum,
        ["项目支出 = 说明该项目的段落所列各笔之和", "a project's spending = the amounts of the paragraph about it"],
        ONE_SLIP,
    ),
    rule(
        "whole=parts_of_entity",
        Origin::Discovered,
        Relation::Sum,
        ["全部门 = 局机关与所属单位之和，或各项目之和", "the whole = its units, or project expenditure = the projects"],
        ONE_SLIP,
    ),
    rule(
        "equal.same_meaning",
        Origin::Lexical,
        Relation::Equal,
        ["同一指标、口径和年度在多处的数据相等", "the same concept, phase, year and part in two places"],
        [
            "不相等时只在差一处笔误时提出，为警告",
            "where they differ, claimed only if one slip accounts for it, then a warning",
        ],
    ),
    rule(
        "equal.same_words",
        Origin::Lexical,
        Relation::Equal,
        ["重复出现的同一句话中的数据相等", "the same sentence printed twice has the same figures"],
        ONE_SLIP,
    ),
    rule(
        "equal.other_year",
        Origin::History,
        Relation::Equal,
        [
            "同一单位相邻几年的报告对同一年度的数据相等",
            "reports of a unit for different years agree on one year's figures",
        ],
        ACROSS,
    ),
    rule(
        "equal.other_file",
        Origin::Set,
        Relation::Equal,
        ["同一报告的不同文件（正文、附表、网页）数据相等", "the files of one report (text, annex, page) agree"],
        ACROSS,
    ),
];
