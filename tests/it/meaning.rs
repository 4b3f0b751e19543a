//! What figures mean: one sentence or small table each, with the facts that must come of it.

use hedui::pipeline::{self, Hints};
use hedui::record::{BoundName, Fact, FactKind, Record};

use crate::support::options;

const DEPARTMENT: &str = "2022年度某某市档案局部门整体支出绩效自评报告";
const PROJECT: &str = "2022年度某某市档案局项目支出绩效自评报告";

fn read(title: &str, body: &str) -> Record {
    let hints = Hints { name: "report.html".to_owned(), path: "report.html".to_owned(), ..Hints::default() };
    let page = format!("<html><meta charset=utf-8><body><h1>{title}</h1>{body}</body></html>");
    pipeline::convert(page.as_bytes(), &hints, &options()).unwrap()
}

/// 「value unit | concept | phase | period | scope」, what is open left out.
fn line(fact: &Fact) -> String {
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let bound = if fact.bound == BoundName::Exact {
        String::new()
    } else {
        format!("{} ", word(serde_json::to_value(fact.bound).unwrap()))
    };
    let value = fact.value.as_ref().map_or(String::new(), ToString::to_string);
    let fields = [
        format!("{bound}{value} {}", fact.unit.as_deref().unwrap_or("-")),
        fact.concept.as_deref().unwrap_or("-").to_owned(),
        fact.phase.map_or("-".to_owned(), |phase| word(serde_json::to_value(phase).unwrap())),
        fact.period.as_deref().unwrap_or("-").to_owned(),
        fact.scope.as_deref().unwrap_or("-").to_owned(),
    ];
    fields.join(" | ").trim_end_matches(" | -").to_owned()
}

fn lines(record: &Record) -> Vec<String> {
    record.facts.iter().map(line).collect()
}

/// A sentence of a department's report.
fn says(text: &str, expected: &[&str]) {
    assert_eq!(lines(&read(DEPARTMENT, &format!("<p>{text}</p>"))), expected, "{text}");
}

/// A sentence of a project's report.
fn project_says(text: &str, expected: &[&str]) {
    assert_eq!(lines(&read(PROJECT, &format!("<p>{text}</p>"))), expected, "{text}");
}

#[test]
fn numbers_in_words_are_figures() {
    says(
        "现有在职人员二十三人，占百分之九十。",
        &["23 person | staff.in_post | - | 2022", "90 percent | rate.share | - | 2022"],
    );
    says("三个一批、十分满意、第三十二条。", &[]);
}

#[test]
fn amounts_without_their_unit_are_money_where_money_is_named() {
    says("全年基本支出120万。", &["1200000 CNY | expenditure.basic | executed | 2022"]);
    says("网站访问量超过40万。", &["over 400000 - | - | - | 2022"]);
}

#[test]
fn ranges_and_limits_are_bounds() {
    says(
        "差错率控制在3%内，人数为20-30人。",
        &["at_most 3 percent | - | - | 2022", "at_least 20 person | - | - | 2022", "at_most 30 person | - | - | 2022"],
    );
    says("办理时限缩短15个工作日。", &["15 个工作日 | - | - | 2022"]);
}

#[test]
fn the_source_of_a_part_is_not_a_fund_of_the_whole() {
    says(
        "项目支出80万元，其中财政资金60万元。",
        &["800000 CNY | expenditure.project | executed | 2022", "600000 CNY | - | - | 2022"],
    );
}

#[test]
fn funds_of_evaluated_projects_are_not_those_of_the_entity() {
    says(
        "对3个项目开展了评价，涉及一般公共预算支出60万元，政府性基金预算支出0万元。",
        &["3 item | - | - | 2022", "600000 CNY | - | executed | 2022", "0 CNY | - | executed | 2022"],
    );
}

#[test]
fn each_project_has_its_own_amount() {
    says(
        "运维类项目：档案系统运维项目（2021-2024）支出12.5万元；库房监控运维项目支出3万元；涉密项目支出（名称不便公开）8万元。",
        &[
            "125000 CNY | expenditure.project | executed | 2022 | 档案系统运维项目（2021-2024）",
            "30000 CNY | expenditure.project | executed | 2022 | 库房监控运维",
            "80000 CNY | expenditure.project | executed | 2022 | 运维类项目",
        ],
    );
}

#[test]
fn bare_rates_go_on_with_the_list() {
    says(
        "教育（类）支出30万元，占60%；卫生健康（类）支出20万元，40%。",
        &[
            "300000 CNY | expenditure.function | executed | 2022 | 教育",
            "60 percent | rate.share | - | 2022 | 教育",
            "200000 CNY | expenditure.function | executed | 2022 | 卫生健康",
            "40 percent | rate.share | - | 2022 | 卫生健康",
        ],
    );
}

#[test]
fn what_was_not_paid_was_not_spent() {
    says("预算数与决算数有差距，是因为库房改造经费24万元未能支付。", &["240000 CNY | - | - | 2022"]);
}

#[test]
fn a_beginning_is_no_period() {
    says("窗口成立于2017年，共受理3000笔业务。", &["3000 笔 | - | - | 2022"]);
}

#[test]
fn what_is_left_is_a_balance() {
    project_says(
        "项目资金为90万元，实际支出80万元，剩余10万元。",
        &[
            "900000 CNY | project.funds | budget | 2022",
            "800000 CNY | expenditure.total | executed | 2022",
            "100000 CNY | funds.balance | balance | 2022",
        ],
    );
}

#[test]
fn a_year_alone_goes_on_with_the_sentence_before() {
    says(
        "2022年“三公”经费预算18万元，其中公务接待费6万元。2021年决算17万元，其中公务接待费7万元。",
        &[
            "180000 CNY | three_public.total | budget | 2022",
            "60000 CNY | three_public.reception | budget | 2022",
            "170000 CNY | three_public.total | executed | 2021",
            "70000 CNY | three_public.reception | executed | 2021",
        ],
    );
}

#[test]
fn the_base_of_a_comparison_is_the_same_thing_a_year_before() {
    let record = read(
        "2022年度某某市档案局部门整体支出绩效自评报告",
        "<p>2022年“三公”经费支出20万元，比上年25万元减少5万元，下降20%。</p>",
    );
    let facts: Vec<_> = record.facts.iter().filter(|fact| fact.kind == FactKind::Money).collect();
    let said = |at: usize| (facts[at].concept.as_deref(), facts[at].period.as_deref());
    assert_eq!(said(0), (Some("three_public.total"), Some("2022")));
    assert_eq!(said(1), (Some("three_public.total"), Some("2021")));
    assert_eq!(said(2), (None, Some("2022")));
}
