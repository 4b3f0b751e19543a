//! When a difference is a mistake: one line of text (or a small table) each, with the printed figures of what must be found.
//! The empty list means silence.

use hedui::pipeline::{self, Hints};
use hedui::record::{Check, Origin, Record, Severity, Status};

use crate::support::options;

const TITLE: &str = "2022年度某某市档案局部门整体支出绩效自评报告";

fn read(body: &str) -> Record {
    let hints = Hints { name: "report.html".to_owned(), path: "report.html".to_owned(), ..Hints::default() };
    let page = format!("<html><meta charset=utf-8><body><h1>{TITLE}</h1>{body}</body></html>");
    pipeline::convert(page.as_bytes(), &hints, &options()).unwrap()
}

/// Codes of errors and warnings.
fn loud(record: &Record) -> Vec<String> {
    let findings = record.findings.iter().filter(|finding| finding.severity > Severity::Info);
    findings.map(|finding| format!("{}: {}", finding.code.label(), finding.message.zh)).collect()
}

fn silent(text: &str) {
    let record = read(&format!("<p>{text}</p>"));
    assert_eq!(loud(&record), Vec::<String>::new(), "{text}");
}

fn silent_table(rows: &[&str]) {
    assert_eq!(loud(&read(&table(rows))), Vec::<String>::new(), "{rows:?}");
}

fn finds(text: &str, codes: &[&str]) {
    let record = read(&format!("<p>{text}</p>"));
    let found: Vec<String> = loud(&record).iter().map(|line| line.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(found, codes, "{text}: {:?}", loud(&record));
}

fn table(rows: &[&str]) -> String {
    let row = |row: &&str| {
        let cells: String = row.split('|').map(|cell| format!("<td>{}</td>", cell.trim())).collect();
        format!("<tr>{cells}</tr>")
    };
    format!("<p>单位：万元</p><table>{}</table>", rows.iter().map(row).collect::<String>())
}

#[test]
fn different_things_under_one_name_are_not_compared() {
    silent("绿化项目资金总额10万元。道路项目资金总额50万元。");
    silent("2022年基本支出5万元。第四季度基本支出3万元。");
    silent("截至6月底基本支出400万元。全年基本支出800万元。");
    silent("人员经费100.00万元。离休人员经费700.00万元。");
}

#[test]
fn some_spending_is_not_all_spending() {
    silent("2022年总支出500万元。会议支出50万元。培训支出600万元。");
    silent("2022年总支出5000万元。政府采购货物支出500万元。");
}

#[test]
fn a_third_part_of_a_list_belongs_to_it() {
    silent("总支出100万元，其中：基本支出60万元，项目支出30万元，上年结转10万元。");
}

#[test]
fn a_list_that_says_so_is_not_complete() {
    silent("基本支出1000万元，其中工资福利支出600万元、办公费30万元等。");
    silent("收入合计1000万元，其中教育收入300万元，占30%，卫生收入200万元，占20%，其余为其他收入。");
}

#[test]
fn two_partitions_of_one_total_are_not_added() {
    silent("总支出1000万元，其中财政拨款支出800万元，基本支出500万元，项目支出500万元。");
    silent("编制60人，其中行政编制20人，事业编制40人，实有58人。");
}

#[test]
fn what_stands_in_parentheses_belongs_to_what_stands_before() {
    silent(
        "总支出1000.00万元，其中：基本支出600.00万元（人员经费500.00万元、公用经费100.00万元），项目支出400.00万元。",
    );
}

#[test]
fn a_rate_may_have_another_base() {
    silent("资金总额1000万元，实际到位900万元，实际支出850万元，执行率94.4%。");
    silent("“三公”经费11万元，其中公务接待费1万元，公务用车运行维护费10万元，比上年减少1万元，下降8.3%。");
    silent("2022年预算10.00万元，2021年预算12.00万元，减少2.00万元，下降16.67%。");
}

#[test]
fn bounds_are_no_mistakes() {
    silent("总支出不到100万元，其中基本支出70万元，项目支出20万元。");
    silent("总支出约100万元，其中基本支出70万元，项目支出20万元。");
}

#[test]
fn a_rate_in_a_row_is_compared_with_its_own_year() {
    silent_table(&[
        "项目|2021年决算数|2022年预算数|2022年决算数|执行率",
        "基本支出|400.00|510.00|500.00|98.04%",
        "项目支出|300.00|200.00|100.00|50%",
    ]);
}

#[test]
fn a_rate_without_its_unit_is_not_judged() {
    silent_table(&["项目|全年预算数|全年执行数|执行率", "基本支出|100.00|95.00|0.95", "项目支出|100.00|50.00|0.5"]);
}

#[test]
fn subtotals_of_points_are_no_totals() {
    silent_table(&[
        "一级指标|二级指标|三级指标|年度指标值|实际完成值|分值|得分",
        "产出指标|数量指标|整理案卷|500卷|520卷|20|20",
        "产出指标|质量指标|合格率|98%|99%|30|30",
        "小计||||||50",
        "效益指标|社会效益指标|查阅人次|300人次|310人次|50|50",
        "总分|||||100|100",
    ]);
}

#[test]
fn a_note_does_not_hide_a_mistake_of_its_own_figures() {
    finds("总支出100.00万元（不含专项），其中基本支出50.00万元，项目支出100.00万元。", &["total-mismatch"]);
}

#[test]
fn mistakes_are_found() {
    finds("总支出1342.65万元，其中基本支出598.72万元，项目支出748.93万元。", &["total-mismatch"]);
    finds("基本支出286.40万元，其中：人员经费251.90万元，占92.35%，公用经费34.50万元，占7.65%。", &["rate-mismatch"]);
    finds("“三公”经费支出5.38万元，其中公务接待费6.28万元，公务用车运行维护费0万元。", &["part-exceeds-whole"]);
}

#[test]
fn changes_of_parts_make_up_the_change_of_the_whole() {
    let of = |total: &str, vehicles: &str| {
        format!(
            "“三公”经费决算86.30万元，比上年减少{total}万元。其中：因公出国（境）费0万元，与上年持平；公务接待费12.40万元，\
             比上年减少3.15万元；公务用车运行维护费73.90万元，比上年增加{vehicles}万元。"
        )
    };
    silent(&of("1.05", "2.10"));
    finds(&of("1.50", "2.10"), &["total-mismatch"]);
    // What is not said of a part may be anything.
    silent(
        "“三公”经费决算86.30万元，比上年减少1.50万元。其中：公务接待费12.40万元，比上年减少3.15万元；公务用车运行维护费\
         73.90万元。",
    );
    silent("2022年较2021年增加1.69万元，其中公务接待费减少0.58万元；公务用车费增加2.27万元。");
    finds("2022年较2021年增加1.96万元，其中公务接待费减少0.58万元；公务用车费增加2.27万元。", &["total-mismatch"]);
}

#[test]
fn respective_lists_are_read_one_by_one() {
    let of = |second: &str| {
        format!(
            "2022年收入、支出分别为2200.00万元、1800.00万元。与上年相比，收入、支出分别增加200.00万元、300.00万元，\
             分别增长10%、{second}%。"
        )
    };
    silent(&of("20"));
    finds(&of("30"), &["change-mismatch"]);
}

#[test]
fn a_class_is_the_sum_of_its_items() {
    let of = |items: &str| {
        format!(
            "财政拨款支出1500.00万元，主要用于以下方面：教育（类）支出1234.56万元，占82.3%；文化旅游（类）支出265.44万元，\
             占17.7%。</p><p>1、教育支出（类）普通教育（款）小学教育（项）。</p><p>支出决算为{items}万元。</p>\
             <p>2、教育支出（类）普通教育（款）初中教育（项）。</p><p>支出决算为234.22万元。</p>\
             <p>3、文化旅游支出（类）文化和旅游（款）图书馆（项）。</p><p>支出决算为265.44万元。"
        )
    };
    silent(&of("1000.34"));
    finds(&of("1000.43"), &["total-mismatch"]);
    // Far off, an item may be missing from the list.
    silent(&of("612.00"));
}

#[test]
fn a_sentence_printed_twice_has_the_same_figures() {
    let of = |second: &str| format!("全年惠及企业24326家。</p><p>附：全年惠及企业{second}家。");
    silent(&of("24326"));
    finds(&of("24362"), &["copy-mismatch"]);
    silent(&of("31807"));
}

#[test]
fn projects_make_up_the_expenditure_of_projects() {
    let of = |last: &str| {
        format!(
            "2022年项目支出300.75万元。</p><p>1.档案数字化加工项目支出120.40万元。</p><p>2.库房恒温设备改造项目支出80.15万元。\
             </p><p>3.志书编纂出版项目支出{last}万元。"
        )
    };
    silent(&of("100.20"));
    finds(&of("110.20"), &["total-mismatch"]);
    // Some projects only.
    silent(&of("37.66"));
}

#[test]
fn the_cause_is_the_figure_that_repairs_most() {
    let cause = |text: &str| {
        let record = read(&format!("<p>{text}</p>"));
        let causes = record.findings.iter().filter_map(|finding| finding.cause.clone());
        let edits: Vec<_> = causes.flat_map(|cause| cause.edits).map(|edit| (edit.from, edit.to)).collect();
        edits
            .iter()
            .map(|(from, to)| format!("{}>{}", from.as_deref().unwrap(), to.as_deref().unwrap()))
            .collect::<Vec<_>>()
    };
    // The point one place off; a last digit lost; two figures of one total.
    let shifted = "总支出1936.32万元，其中：基本支出8158.8万元，项目支出1120.44万元。</p><p>基本支出815.88万元，其中：人员经费731.52万元，公用经费84.36万元。";
    assert_eq!(cause(shifted), ["8158.8>815.88"]);
    let lost = "总支出1936.41万元，其中：基本支出815.9万元，项目支出1120.44万元。</p><p>基本支出815.97万元，其中：人员经费731.61万元，公用经费84.36万元。";
    assert_eq!(cause(lost), ["815.9>815.97"]);
    let two = "总支出1934.32万元，其中：基本支出8815.88万元，项目支出1120.44万元。</p><p>基本支出815.88万元，其中：人员经费731.52万元，公用经费84.36万元。</p><p>总支出1936.32万元。";
    let mut found = cause(two);
    found.sort();
    assert_eq!(found, ["1934.32>1936.32", "8815.88>815.88"]);
}

#[test]
fn huge_figures_are_no_reason_to_stop() {
    let nines = "9".repeat(28);
    for text in [
        format!("收入{nines}元，增长{nines}%。其中甲{nines}元，占{nines}%，乙{nines}元，占{nines}%。"),
        "总支出100000000000000000000万元，其中基本支出10万元，占10%，项目支出90万元，占90%。".to_owned(),
        format!(
            "支出-{nines}元，其中基本支出{nines}元，项目支出{nines}元。满意占{nines}%，基本满意占{nines}%，不满意占{nines}%。"
        ),
    ] {
        read(&format!("<p>{text}</p>"));
    }
}

#[test]
fn figures_keep_their_meaning() {
    let values = |text: &str| -> Vec<(Option<String>, Option<String>, Option<String>)> {
        let facts = read(&format!("<p>{text}</p>")).facts;
        let text = |text: &Option<hedui::document::Text>| text.as_deref().map(str::to_owned);
        facts.iter().map(|fact| (text(&fact.concept), text(&fact.period), text(&fact.scope))).collect()
    };
    let fact = |concept: &str, period: &str| (Some(concept.to_owned()), Some(period.to_owned()), None);
    assert_eq!(values("2021年项目支出300万元。"), [fact("expenditure.project", "2021")]);
    assert_eq!(values("二〇二一年度总支出300万元。"), [fact("expenditure.total", "2021")]);
    assert_eq!(values("问卷显示：满意度90%。"), [fact("rate.satisfaction", "2022")]);
    let change = values("总支出120万元，较2021年的100万元增加20万元，增长20%。");
    assert_eq!(
        change.iter().map(|(_, period, _)| period.as_deref()).collect::<Vec<_>>(),
        [Some("2022"), Some("2021"), Some("2022"), Some("2022")]
    );
}

/// What was planned and what was added make up the budget whatever it is spent on: sums along the rows do not speak for the
/// column.
#[test]
fn a_sum_along_the_row_does_not_silence_the_one_down_the_column() {
    let record = read(&table(&[
        "支出项目 | 年初预算数 | 追加数 | 全年预算数",
        "基本支出 | 403.20 | 97.15 | 500.35",
        "人员经费 | 302.80 | 58.45 | 381.25",
        "公用经费 | 100.40 | 38.70 | 139.10",
        "项目支出 | 251.60 | 44.90 | 296.50",
    ]));
    let declared = |check: &&Check| check.origin == Origin::Declared && check.status == Status::Inconsistent;
    assert_eq!(record.checks.iter().filter(declared).count(), 1, "{:?}", record.checks);
    assert_eq!(loud(&record).len(), 1, "{:?}", loud(&record));
}

#[test]
fn changes_between_two_named_years_are_checked() {
    let text = |change: &str| {
        format!(
            "2022年“三公”经费预算18.50万元，其中公务接待费8.20万元，公务用车运行维护费10.30万元。\
             2021年决算17.15万元，其中公务接待费9.05万元，公务用车运行维护费8.10万元。\
             2022年较2021年增加{change}万元，其中公务接待费减少0.85万元，下降9.39%；公务用车运行维护费增加2.20万元，增长27.16%。"
        )
    };
    let record = read(&format!("<p>{}</p>", text("1.35")));
    assert_eq!(loud(&record), Vec::<String>::new());
    let times = |rule: &str| record.checks.iter().filter(|check| &*check.rule == rule).count();
    assert_eq!((times("difference=current-prior"), times("change=difference/prior")), (3, 2));
    let record = read(&format!("<p>{}</p>", text("1.53")));
    assert_eq!(loud(&record).len(), 1, "{:?}", loud(&record));
}

#[test]
fn numbered_instalments_make_up_the_total_that_counts_them() {
    silent("分三批次改造240户危房，其中第一批70户、第二批90户、第三批80户。");
    finds("改造三批次240户危房，第一批70户、第二批90户、第三批90户。", &["total-mismatch"]);
    silent("改造三批次240户危房，第一批70户、第二批90户。");
    silent("改造危房150户，第一批70户、第二批90户、第三批90户。");
}

#[test]
fn a_change_that_names_its_subject_is_held_against_it_alone() {
    silent("2023年支出决算500万元，其中基本支出比上年增加30万元，增长15%。");
    silent("2022年年初预算480万元，支出决算500万元，其中项目支出比上年减少30万元，下降25%。");
    finds("2022年公务接待费预算5.12万元，支出决算4.85万元，与上年相比减少0.5万元，下降19.3%。", &["change-mismatch"]);
    silent("2022年公务接待费预算5.12万元，支出决算4.85万元，与上年相比减少0.5万元，下降9.3%。");
}

#[test]
fn copied_sentences_are_told_by_the_words_in_front() {
    let sentence = |rate: &str| format!("全县农村公路路面完好率保持在八成以上，新改建里程占比达{rate}%。");
    let twice = |first: &str, second: &str| format!("{}</p><p>{}", sentence(first), sentence(second));
    silent(&twice("26", "26"));
    finds(&twice("26", "86"), &["copy-mismatch"]);
    silent(
        "甲项目年度预算100万元，实际支出95万元，执行率95%。</p><p>乙项目年度预算100万元，实际支出80万元，执行率80%。",
    );
}

#[test]
fn two_wrong_figures_in_one_paragraph_are_two_findings() {
    let text = "“三公”经费支出预算2.85万元，支出决算2.8万元，完成预算的99.4%，其中：公务接待费支出预算3.63万元，支出决算\
                3.61万元，完成预算的99.4%；公务用车运行维护费支出预算0万元，支出决算0万元。";
    let record = read(&format!("<p>{text}</p>"));
    let edits: Vec<String> = record
        .findings
        .iter()
        .filter_map(|finding| finding.cause.as_ref())
        .flat_map(|cause| cause.edits.iter())
        .map(|edit| format!("{}>{}", edit.from.as_deref().unwrap(), edit.to.as_deref().unwrap()))
        .collect();
    assert_eq!(edits, ["2.85>3.63", "2.8>3.61"], "{:?}", loud(&record));
}

#[test]
fn a_rate_behind_a_list_may_be_of_the_whole() {
    silent("预算640.00万元，支出592.00万元，其中基本支出310.00万元，项目支出282.00万元，预算执行率92.50%。");
    // The whole and one slip: 92.50 became 95.20.
    finds(
        "预算640.00万元，支出592.00万元，其中基本支出310.00万元，项目支出282.00万元，预算执行率95.20%。",
        &["rate-mismatch"],
    );
}

#[test]
fn a_budget_is_the_base_of_what_was_spent_of_it() {
    let said = |vehicles: &str| {
        format!(
            "“三公”经费预算为32.00万元，支出决算为24.00万元，完成预算的75%，其中：因公出国（境）费支出决算为0万元，完成预算的0%；             公务用车购置及运行维护费支出决算为{vehicles}万元，完成预算的80%；公务接待费支出决算为4.00万元，完成预算的57.14%。"
        )
    };
    silent(&said("20.00"));
    finds(&said("26.00"), &["total-mismatch"]);
}

#[test]
fn a_change_is_no_amount_of_the_year_before() {
    silent("2022年总支出812万元，比上年增加13万元，其中基本支出增加21万元。");
    silent("2022年总支出812万元，其中基本支出500万元、项目支出312万元，比上年830万元减少18万元。");
}

#[test]
fn a_share_has_a_name_of_its_own() {
    silent("总支出600.00万元，其中基本支出252.00万元，项目支出348.00万元，基本支出占42%，项目支出占58%。");
    silent("总支出600.00万元，其中基本支出252.00万元，项目支出348.00万元，分别占42%和58%。");
    finds("总支出600.00万元，其中基本支出252.00万元，占42%，项目支出348.00万元，占85%。", &["rate-mismatch"]);
}

#[test]
fn parts_that_come_to_much_less_are_some_of_them() {
    silent("公用经费126.70万元，其中办公费21.40万元、差旅费16.20万元、会议费3.10万元。");
    finds("基本支出126.70万元，其中人员经费98.40万元、公用经费82.30万元。", &["total-mismatch"]);
}

#[test]
fn another_whole_is_no_part() {
    silent(
        "收入总计920.00万元，其中本年收入860.00万元、年初结转60.00万元；支出总计920.00万元，其中本年支出885.00万元、年末结转35.00万元。",
    );
    silent("部门预算660万元，其中一般公共预算510万元、政府性基金100万元、上年结转50万元。");
    silent("项目支出310万元，其中：甲项目年初预算60万元，支出决算58万元；乙项目年初预算250万元，支出决算252万元。");
}

#[test]
fn the_amount_of_an_item_is_its_final_account() {
    let said = |spent: &str| {
        format!(
            "“文化旅游体育与传媒支出（类）文物（款）博物馆（项）”36.48万元，主要用于：展厅修缮。             年初预算为40.00万元，支出决算为{spent}万元，完成年初预算的91.20%。"
        )
    };
    silent(&said("36.48"));
    let record = read(&format!("<p>{}</p>", said("31.25")));
    assert_eq!(loud(&record).len(), 1, "{:?}", loud(&record));
    let cause = record.findings[0].cause.as_ref().unwrap();
    assert_eq!((cause.edits.len(), cause.edits[0].to.as_deref()), (1, Some("36.48")));
}

#[test]
fn lists_of_paragraphs_are_announced_in_many_words() {
    let page = |share: &str| {
        let items = [
            "一般公共预算财政拨款支出800.00万元，主要用于以下方面：".to_owned(),
            "1.“教育支出”480.00万元，占60%；".to_owned(),
            format!("2.“卫生健康支出”120.00万元，占{share}%；"),
            "3.“住房保障支出”200.00万元，占25%。".to_owned(),
        ];
        items.map(|item| format!("<p>{item}</p>")).concat()
    };
    let record = read(&page("15"));
    assert_eq!(loud(&record), Vec::<String>::new());
    let of = |rule: &str| record.checks.iter().filter(|check| &*check.rule == rule).count();
    assert_eq!((of("sum.of_which"), of("share=part/whole"), of("shares=100")), (1, 3, 1));
    assert_eq!(loud(&read(&page("51"))).len(), 1);
}

/// Final accounts by code; `middle` is what two rows say that should be 1230.00.
fn accounts_by_code(middle: &str) -> Vec<String> {
    [
        "科目编码 | 科目名称 | 本年支出合计 | 基本支出 | 项目支出".to_owned(),
        "合计 |  | 2150.00 | 1530.00 | 620.00".to_owned(),
        "205 | 教育支出 | 400.00 | 300.00 | 100.00".to_owned(),
        "20502 | 普通教育 | 400.00 | 300.00 | 100.00".to_owned(),
        "2050201 | 学前教育 | 150.00 | 120.00 | 30.00".to_owned(),
        "2050202 | 小学教育 | 250.00 | 180.00 | 70.00".to_owned(),
        format!("212 | 城乡社区支出 | 1750.00 | {middle} | 520.00"),
        format!("21201 | 城乡社区管理事务 | 1750.00 | {middle} | 520.00"),
        "2120101 | 行政运行 | 760.00 | 700.00 | 60.00".to_owned(),
        "2120102 | 一般行政管理事务 | 260.00 |  | 260.00".to_owned(),
        "2120104 | 城管执法 | 730.00 | 530.00 | 200.00".to_owned(),
    ]
    .to_vec()
}

#[test]
fn codes_add_up_and_a_figure_that_was_carried_over_is_one_mistake() {
    let read_rows = |middle: &str| {
        let rows = accounts_by_code(middle);
        read(&table(&rows.iter().map(String::as_str).collect::<Vec<_>>()))
    };
    let record = read_rows("1230.00");
    assert_eq!(loud(&record), Vec::<String>::new());
    assert!(record.checks.iter().filter(|check| &*check.rule == "code=codes_below").count() >= 9);
    let record = read_rows("123.00");
    assert_eq!(loud(&record).len(), 1, "{:?}", loud(&record));
    let cause = record.findings[0].cause.as_ref().unwrap();
    let to: Vec<_> = cause.edits.iter().map(|edit| edit.to.as_deref()).collect();
    assert_eq!(to, [Some("1230.00"), Some("1230.00")]);
    assert!(record.findings[0].message.zh.contains("共2处"), "{}", record.findings[0].message.zh);
}

#[test]
fn items_may_be_parts_of_another_amount_in_front() {
    silent("全年收入128.40万元，支出119.25万元，结余9.15万元。其中财政拨款收入98.40万元，其他收入30.00万元。");
    silent("2022年支出412.60万元，上年同期358.10万元。其中：基本支出300.50万元，项目支出112.10万元。");
    silent("资产总额812.30万元，负债总额100.20万元，净资产712.10万元。其中：流动资产210.10万元，固定资产602.20万元。");
    silent("新增限额4.39亿元，其中一般债务3.39亿元，其中外债0.01亿元；专项债务1.00亿元。");
    silent("实有人数25人，其中：在职人员20人，离休人员2人，退休人员3人。");
}

#[test]
fn a_list_ends_with_its_paragraph() {
    let silent = |text: &str| assert_eq!(loud(&read(text)), Vec::<String>::new(), "{text}");
    silent("<p>1.收入：792.40万元。其中：财政拨款收入792.40万元。</p><p>2.支出：799.10万元。</p>");
    silent("<p>政府采购支出总额100.20万元。其中：货物支出60.10万元。</p><p>截至2022年末，固定资产300.60万元。</p>");
}

#[test]
fn numbered_parts_belong_to_the_line_above() {
    let page = |second: &str| {
        format!(
            "<p>2022年项目支出385.26万元。</p><p>其中：</p><p>1.巡查项目支出158.26万元；</p><p>2.监测项目支出{second}万元。</p>"
        )
    };
    assert_eq!(loud(&read(&page("227.00"))), Vec::<String>::new());
    assert_eq!(loud(&read(&page("272.00"))).len(), 1);
}

#[test]
fn round_figures_are_a_slip_apart_by_chance() {
    silent("2022年项目支出300.00万元，其中：甲项目100.00万元，乙项目80.00万元，丙项目60.00万元。");
    silent("2022年政府采购支出120.00万元，其中：信息化采购30.00万元；物业采购20.00万元。");
    finds("2022年项目支出306.15万元，其中：甲项目100.04万元，乙项目80.09万元，丙项目66.02万元。", &["total-mismatch"]);
}

#[test]
fn counts_by_another_measure_are_no_division() {
    silent("现有在职人员45人，其中党员30人、女职工20人、研究生学历12人。");
    silent("全年受理投诉120件，其中电话投诉80件，网络投诉30件，办结118件。");
    silent("全年检查企业300家，其中危化企业50家、工贸企业120家。");
    finds("收到各类来件40件，其中信件25件、来电14件。", &["total-mismatch"]);
}

#[test]
fn usual_divisions_are_complete() {
    finds("债务限额9.73亿元，其中一般债务4.68亿元，专项债务1.05亿元。", &["total-mismatch"]);
    silent("税收及其他收入9.73亿元，其中增值税4.68亿元，契税1.05亿元。");
}

#[test]
fn totals_behind_their_parts() {
    silent("2022年支付办公设备采购259794元、水质检测76930元、宣传印刷150400元，合计48.7124万元。");
    finds("2022年支付人员经费120.35万元、办公费30.25万元、维修费18.40万元，共计196.00万元。", &["total-mismatch"]);
    finds("收入完成147.10亿元，加上转移性收入49.25亿元，收入合计197.35亿元。", &["total-mismatch"]);
    silent("合同总额1200.15万元，2022年支付360.20万元，累计支付840.10万元。");
    finds("2022年年初预算500.15万元，年中追加80.20万元，调整后预算680.35万元。", &["total-mismatch"]);
    silent("2022年年初预算500.15万元，年中追加80.20万元，调整后预算580.35万元。");
}

#[test]
fn two_years_of_one_sentence() {
    finds("2021年支出决算788.12万元，2022年支出决算800.15万元，增加21.03万元。", &["difference-mismatch"]);
    silent("2021年支出决算788.12万元，2022年支出决算800.15万元，其中人员支出增加21.03万元。");
    finds("2022年收入850.40万元，上年同期收入1000.60万元，同比下降51.01%。", &["change-mismatch"]);
    silent("2022年收入850.40万元，比上年1000.60万元下降15.01%。");
}

#[test]
fn shares_of_lists_and_of_what_they_name() {
    silent(
        "全年采购规模132.00万元。货物、工程、服务分别为72.00万元、2.00万元和58.00万元，占采购规模的54.55%、1.52%和43.94%。",
    );
    silent("财政支出874.10亿元。其中，省级财政支出94.20亿元。民生支出合计628.50亿元，占财政支出的71.9%。");
    silent("税收收入66.34万元，同比增收10.30万元，税收收入占收入的66.19%。地方收入100.22万元。");
}

#[test]
fn rates_of_other_years_and_places_have_other_bases() {
    silent("预算500.50万元，支出450.40万元，预算执行率89.99%，上年预算执行率95.20%。");
    silent("预算500.50万元，支出450.40万元，预算执行率89.99%，高于全市平均执行率87.35%。");
    silent("基本支出预算600.00万元，支出595.00万元；项目支出预算400.00万元，支出385.00万元；预算执行率98.00%。");
    silent("收入42562万元，比上年增加3674万元，剔除退税因素后增长12.30%。");
}

#[test]
fn shares_of_a_group_are_of_the_group() {
    silent_table(&[
        "项目|金额|占比",
        "基本支出|617.18|59.49%",
        "其中：人员经费|517.15|83.79%",
        "公用经费|100.03|16.21%",
        "项目支出|420.34|40.51%",
        "合计|1037.52|100%",
    ]);
}

#[test]
fn points_may_be_of_a_hundred() {
    silent_table(&[
        "一级指标|二级指标|三级指标|年度指标值|实际完成值|权重|得分",
        "产出指标|数量指标|整理案卷|500卷|520卷|60%|95",
        "效益指标|社会效益指标|查阅人次|300人次|310人次|40%|90",
    ]);
}

#[test]
fn an_execution_rate_may_be_of_all_or_of_what_was_granted() {
    silent(
        "基本支出预算600.00万元，支出595.00万元，执行率99.17%；项目支出预算400.00万元，支出385.00万元，执行率96.25%；合计执行率98.00%。",
    );
    silent("批复预算588.30万元，其中财政拨款386.60万元，支出380.00万元，预算执行率98.29%。");
}

#[test]
fn parts_that_headings_name_are_not_held_against_each_other() {
    let silent = |text: &str| assert_eq!(loud(&read(text)), Vec::<String>::new(), "{text}");
    silent("<p>（一）局本级</p><p>2022年总支出930.12万元。</p><p>（二）水库管理所</p><p>2022年总支出330.12万元。</p>");
    silent("<p>甲站：2022年项目支出125.40万元。</p><p>乙站：2022年项目支出155.40万元。</p>");
    silent("<p>截至11月底，2022年总支出830.12万元。</p><p>截至12月底，2022年总支出930.12万元。</p>");
    silent("<p>2022年预算总额650.25万元。</p><p>2022年全年预算数为680.25万元（含追加30.00万元）。</p>");
    let one = read(
        "<p>（一）预算情况</p><p>2022年总支出930.12万元。</p><p>（二）决算情况</p><p>2022年总支出330.12万元。</p>",
    );
    assert_eq!(loud(&one).len(), 1);
}

#[test]
fn accounts_of_income_and_expenditure() {
    let account = |year: &str, balance: &str, total: &str| {
        let rows = [
            "收入||支出|".to_owned(),
            "项目|决算数|项目|决算数".to_owned(),
            "一、财政拨款收入|1,251.30|一、社会保障和就业支出|121.50".to_owned(),
            "其中：政府性基金|51.30|二、农林水支出|1,084.70".to_owned(),
            "二、其他收入|21.10|三、住房保障支出|80.20".to_owned(),
            format!("本年收入合计|{year}|本年支出合计|1,286.40"),
            format!("年初结转和结余|15.40|年末结转和结余|{balance}"),
            format!("总计|1,287.80|总计|{total}"),
        ];
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        loud(&read(&table(&rows)))
    };
    assert_eq!(account("1,272.40", "1.40", "1,287.80"), Vec::<String>::new());
    assert_eq!(account("1,227.40", "1.40", "1,287.80").len(), 1);
    assert_eq!(account("1,272.40", "4.10", "1,287.80").len(), 1);
    assert_eq!(account("1,272.40", "1.40", "1,278.80").len(), 1);
}

#[test]
fn one_column_with_its_total() {
    let rows = |total: &'static str| ["序号|项目|金额", "1|监测|101.60", "2|保洁|120.40", "3|物资|110.00", total];
    silent_table(&rows("合计||332.00"));
    assert_eq!(loud(&read(&table(&rows("合计||323.00")))).len(), 1);
}

#[test]
fn rates_rounded_twice_are_rounded() {
    silent("完成收入969.00万元，占年初预算2180.00万元的44.5%。");
    finds("完成收入969.00万元，占年初预算2180.00万元的49.5%。", &["rate-mismatch"]);
}

#[test]
fn one_check_alone_names_no_correction_unless_it_stands_out() {
    let record = read(
        "<p>社会保障支出27.36亿元，占财政支出的31.23%。财政支出267.37亿元。社会保障支出27.36亿元，占财政支出的31.23%。</p>",
    );
    let causes = record.findings.iter().flat_map(|finding| &finding.cause);
    assert_eq!(record.findings.len(), 1);
    assert!(causes.clone().all(|cause| !cause.unique), "{causes:?}");
}

#[test]
fn columns_that_compare_years() {
    let rows = |last: &'static str| {
        [
            "项目|2021年|2022年|增减额|增减率",
            "基本支出|501.30|510.40|9.10|1.82%",
            "项目支出|288.10|290.20|2.10|0.73%",
            last,
        ]
    };
    silent_table(&rows("合计|789.40|800.60|11.20|1.42%"));
    assert_eq!(loud(&read(&table(&rows("合计|789.40|800.60|11.20|4.12%")))).len(), 1);
    assert_eq!(loud(&read(&table(&rows("合计|789.40|800.60|12.10|1.42%")))).len(), 1);
    let record = read(&table(&rows("合计|789.40|800.60|11.20|1.42%")));
    let periods: Vec<_> = record.facts.iter().take(2).map(|fact| fact.period.as_deref().unwrap()).collect();
    assert_eq!(periods, ["2021", "2022"]);
}

#[test]
fn columns_of_shares() {
    let rows = |second: &'static str| {
        ["来源|金额|占比", "中央|100.10|33.32%", second, "市级|80.10|26.66%", "合计|300.40|100%"]
    };
    silent_table(&rows("省级|120.20|40.01%"));
    assert_eq!(loud(&read(&table(&rows("省级|120.20|30.01%")))).len(), 1);
}

#[test]
fn points_are_at_most_their_weight() {
    let rows = |second: &'static str, total: &'static str| {
        [
            "一级指标|二级指标|三级指标|年度指标值|实际完成值|分值|得分",
            "产出指标|数量指标|整理案卷|500卷|520卷|60|60",
            second,
            total,
        ]
    };
    silent_table(&rows("效益指标|社会效益指标|查阅人次|300人次|310人次|40|38", "总分|||||100|98"));
    let over = read(&table(&rows("效益指标|社会效益指标|查阅人次|300人次|310人次|40|48", "总分|||||100|108")));
    assert_eq!(loud(&over).len(), 1);
}

#[test]
fn what_is_counted_is_no_money() {
    let record = read(&table(&[
        "人员情况|编制数|实际在职人数|控制率",
        "|60|58|96.67%",
        "经费|2021年决算数|2022年决算数|",
        "三公经费|20.00|15.20|",
    ]));
    let kinds: Vec<_> = record.facts.iter().take(2).map(|fact| fact.unit.as_deref().unwrap()).collect();
    assert_eq!(kinds, ["person", "person"]);
    assert_eq!(loud(&record), Vec::<String>::new());
}

#[test]
fn lists_by_several_measures() {
    silent(
        "企业资产总额210.41亿元，负债总额135.02亿元。其中，甲地资产总额180.83亿元、负债总额104.71亿元；乙地资产总额29.58亿元、负债总额30.31亿元。",
    );
    finds(
        "资产总额210.41亿元，负债总额135.02亿元。其中，甲地资产总额180.83亿元、负债总额104.71亿元；乙地资产总额29.85亿元、负债总额30.31亿元。",
        &["total-mismatch"],
    );
    silent(
        "收入400.10万元，加上级补助收入180.20万元，其中：一般补助140.10万元（含甲补助100.00万元、乙补助40.10万元），上年结余60.30万元，收入合计为640.60万元。",
    );
    silent("全年接受捐款2.51亿元，其中包括拨付的5000万元款项；年度资助支出为4.42亿元，其中3.31亿元为重建支出。");
    silent("支出预算总计调整为5761.30万元，调增1026.10万元。其中：本级支出预算调整为5397.20万元，调增1026.10万元。");
}

#[test]
fn lists_that_may_divide_twice_are_no_errors() {
    let record =
        read("<p>部门支出1037.52万元，其中财政拨款支出986.34万元，人员经费617.18万元，公用经费253.37万元。</p>");
    assert!(record.findings.iter().all(|finding| finding.severity < Severity::Error), "{:?}", loud(&record));
    let expenses = "“三公”经费支出5.38万元，其中因公出国费0万元，公务接待费6.28万元，公务用车运行维护费0万元。";
    assert!(read(&format!("<p>{expenses}</p>")).findings.iter().any(|finding| finding.severity == Severity::Error));
}

#[test]
fn changes_speak_of_what_they_name() {
    silent("房地产税收实现35.00亿元，增收6.30亿元，增长21.95%，一是清算加强，土增税增收4.90亿元，增长46.3%。");
    silent("全年销售2245.56亿元；筹集公益金约643.59亿元，同比增加22.19亿元，同比增长3.6%。");
    finds("教育经费为42562万元，比上年的38888万元增长29.45%。", &["change-mismatch"]);
    silent("教育经费为42562万元，比上年的38888万元增长9.45%。");
}

#[test]
fn amounts_in_several_units_are_written_with_them() {
    let record = read("<p>2022年支付办公设备采购259794元、水质检测76930元、宣传印刷150400元，合计48.7124万元。</p>");
    let found = record.checks.iter().find(|check| &*check.rule == "sum.behind_parts").unwrap();
    assert_eq!(found.expression, "259794元 + 76930元 + 150400元 = 48.7124（万元）");
}

#[test]
fn sentences_with_as_many_commas_are_no_records() {
    let text = "2021年部门决算公开\n2021年三公经费支出11.77万元,其中:公务接待费9.77万元,公务用车费0万元。\n\
                2021年机关运行经费21.77万元,比2020年增加2.01万元,增长10.17%。\n";
    let hints = Hints { name: "a.txt".to_owned(), path: "a.txt".to_owned(), ..Hints::default() };
    let record = pipeline::convert(text.as_bytes(), &hints, &options()).unwrap();
    assert_eq!(record.tables.len(), 0);
    assert_eq!(loud(&record).len(), 1, "{:?}", loud(&record));
}
