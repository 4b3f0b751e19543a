//! The layout of a form changes nothing of what it says: generated forms, each under every change of layout.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use hedui::pipeline::{self, Hints};
use rust_decimal::Decimal;

use crate::dice::Dice;
use crate::support::options;

const TITLE: &str = "2022年度某某市档案局部门整体支出绩效自评报告";

/// What a column of a form holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// Money in 万元 with two decimals.
    Money,
    /// A percentage.
    Rate,
    /// Points.
    Points,
}

/// A form: names of rows, columns with what they hold, and the printed figures.
#[derive(Clone)]
struct Form {
    corner: &'static str,
    rows: Vec<&'static str>,
    columns: Vec<(&'static str, Sort)>,
    figures: Vec<Vec<String>>,
}

/// How a form is laid out.
#[derive(Clone, Default)]
struct Layout {
    /// Order of the columns.
    order: Vec<usize>,
    /// An empty column stands in front of this one.
    empty: Option<usize>,
    /// A title row fills the width.
    title: bool,
    /// The table ends before this row and goes on in another one.
    split: Option<usize>,
    /// Amounts are printed in 元.
    yuan: bool,
    /// The unit stands in the headers, not in front of the table.
    unit_in_headers: bool,
}

fn form(dice: &mut Dice) -> Form {
    let forms = [
        (
            "项目",
            vec!["年度资金总额", "其中：财政拨款", "基本支出", "其中：人员支出", "公用支出", "项目支出"],
            vec![
                ("年初预算数", Sort::Money),
                ("全年预算数", Sort::Money),
                ("全年执行数", Sort::Money),
                ("执行率", Sort::Rate),
                ("分值", Sort::Points),
                ("得分", Sort::Points),
            ],
        ),
        (
            "经费控制情况",
            vec![
                "三公经费",
                "1、公务用车购置和维护经费",
                "其中：公车购置",
                "公车运行维护",
                "2、出国经费",
                "3、公务接待",
            ],
            vec![("2021年决算数", Sort::Money), ("2022年预算数", Sort::Money), ("2022年决算数", Sort::Money)],
        ),
        (
            "收入项目",
            vec!["本年收入合计", "财政拨款收入", "其他收入", "年末结转和结余"],
            vec![("年初预算数", Sort::Money), ("调整预算数", Sort::Money), ("决算数", Sort::Money)],
        ),
    ];
    let (corner, rows, columns) = dice.pick(&forms).clone();
    let mut figure = |sort: Sort| match sort {
        Sort::Money => format!("{}.{:02}", dice.roll(9_000) + 1, dice.roll(100)),
        Sort::Rate => format!("{}.{:02}%", 80 + dice.roll(20), dice.roll(100)),
        Sort::Points => format!("{}", 1 + dice.roll(10)),
    };
    let figures = rows.iter().map(|_| columns.iter().map(|(_, sort)| figure(*sort)).collect()).collect();
    Form { corner, rows, columns, figures }
}

impl Form {
    fn plain(&self) -> Layout {
        Layout { order: (0..self.columns.len()).collect(), ..Layout::default() }
    }

    fn html(&self, layout: &Layout) -> String {
        let unit = if layout.yuan { "元" } else { "万元" };
        let mut html = String::new();
        if !layout.unit_in_headers {
            write!(html, "<p>单位：{unit}</p>").unwrap();
        }
        html.push_str("<table>");
        let width = 1 + self.columns.len() + usize::from(layout.empty.is_some());
        if layout.title {
            write!(html, "<tr><td colspan={width}>部门整体支出情况</td></tr>").unwrap();
        }
        let header = |(name, sort): (&str, Sort)| match sort {
            Sort::Money if layout.unit_in_headers => format!("{name}（{unit}）"),
            _ => name.to_owned(),
        };
        let names: Vec<String> = layout.order.iter().map(|at| header(self.columns[*at])).collect();
        html.push_str(&row(self.corner, &names, layout.empty));
        for (index, name) in self.rows.iter().enumerate() {
            if layout.split == Some(index) {
                html.push_str("</table><table>");
            }
            let cells: Vec<String> = layout.order.iter().map(|at| self.printed(index, *at, layout.yuan)).collect();
            html.push_str(&row(name, &cells, layout.empty));
        }
        html.push_str("</table>");
        html
    }

    fn printed(&self, row: usize, column: usize, yuan: bool) -> String {
        let figure = &self.figures[row][column];
        if !yuan || self.columns[column].1 != Sort::Money {
            return figure.clone();
        }
        let value = Decimal::from_str_exact(figure).unwrap() * Decimal::from(10_000);
        value.normalize().to_string()
    }
}

fn row(name: &str, cells: &[String], empty: Option<usize>) -> String {
    let mut html = format!("<tr><td>{name}</td>");
    for (index, cell) in cells.iter().enumerate() {
        if empty == Some(index) {
            html.push_str("<td></td>");
        }
        write!(html, "<td>{cell}</td>").unwrap();
    }
    if empty == Some(cells.len()) {
        html.push_str("<td></td>");
    }
    html + "</tr>"
}

/// What the facts of a page say, without place and precision.
fn meanings(body: &str) -> BTreeSet<String> {
    let hints = Hints { name: "report.html".to_owned(), path: "report.html".to_owned(), ..Hints::default() };
    let page = format!("<html><meta charset=utf-8><body><h1>{TITLE}</h1>{body}</body></html>");
    let record = pipeline::convert(page.as_bytes(), &hints, &options()).unwrap();
    let said = |fact: &hedui::record::Fact| {
        let value = fact.value.map(|value| value.0.normalize().to_string());
        format!("{:?} {:?} {:?} {:?} {:?} {:?}", fact.label, fact.concept, fact.phase, fact.period, value, fact.unit)
    };
    record.facts.iter().map(said).collect()
}

/// Each change of layout, tried on many forms.
fn unchanged_by(change: fn(&Form, &mut Dice) -> Layout) {
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let form = form(&mut dice);
        let plain = form.html(&form.plain());
        let changed = form.html(&change(&form, &mut dice));
        let expected = meanings(&plain);
        assert!(expected.len() >= form.rows.len(), "seed {seed}: {plain}");
        assert!(expected.iter().filter(|line| !line.contains("None Some")).count() > 4, "seed {seed}: {expected:?}");
        assert_eq!(meanings(&changed), expected, "seed {seed}:\n{plain}\n{changed}");
    }
}

#[test]
fn the_order_of_columns() {
    unchanged_by(|form, dice| {
        let mut layout = form.plain();
        for at in (1..layout.order.len()).rev() {
            layout.order.swap(at, dice.index(at + 1));
        }
        layout
    });
}

#[test]
fn an_empty_column() {
    unchanged_by(|form, dice| Layout { empty: Some(dice.index(form.columns.len() + 1)), ..form.plain() });
}

#[test]
fn a_title_row() {
    unchanged_by(|form, _| Layout { title: true, ..form.plain() });
}

#[test]
fn a_table_that_goes_on_in_another_one() {
    unchanged_by(|form, dice| Layout { split: Some(1 + dice.index(form.rows.len() - 1)), ..form.plain() });
}

#[test]
fn amounts_in_yuan() {
    unchanged_by(|form, _| Layout { yuan: true, ..form.plain() });
}

#[test]
fn the_unit_in_the_headers() {
    unchanged_by(|form, dice| Layout { unit_in_headers: true, yuan: dice.roll(2) == 0, ..form.plain() });
}

#[test]
fn everything_at_once() {
    unchanged_by(|form, dice| {
        let mut order: Vec<usize> = (0..form.columns.len()).collect();
        order.rotate_left(dice.index(form.columns.len()));
        Layout {
            order,
            empty: Some(dice.index(form.columns.len() + 1)),
            title: true,
            split: Some(1 + dice.index(form.rows.len() - 1)),
            yuan: true,
            unit_in_headers: true,
        }
    });
}
