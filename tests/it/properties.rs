//! Properties of the grammars: what is printed is read back, what is clean stays clean, what adds up is never called wrong.

use std::fmt::Write as _;

use hedui::normalize::{CellContent, clean, fold, key, number};
use hedui::pipeline::{Hints, convert};
use hedui::record::{Status, StatusCounts};
use rust_decimal::Decimal;

use crate::dice::Dice;
use crate::support::options;

const ROUNDS: u64 = 3_000;

#[test]
fn a_printed_amount_is_read_back() {
    for seed in 0..ROUNDS {
        let mut dice = Dice::new(seed);
        let value = amount(&mut dice);
        for printed in [value.to_string(), grouped(&value.to_string()), full_width(&value.to_string())] {
            let in_cell = number::cell_content(&fold(&clean(&printed)));
            let CellContent::Figure(figure) = in_cell else { panic!("{printed}: {in_cell:?}") };
            assert_eq!((figure.value, figure.decimals), (value, value.scale()), "{printed}");
            let sentence = format!("全年支出{printed}万元，比上年增加");
            let found = number::figures(&fold(&clean(&sentence)));
            assert_eq!(found.len(), 1, "{sentence}");
            assert_eq!((found[0].value, found[0].decimals), (value, value.scale()), "{sentence}");
        }
    }
}

#[test]
fn clean_text_stays_clean_and_every_offset_its_character() {
    const LETTERS: [char; 28] = [
        '项', '目', '1', '２', '．', '.', ' ', '\u{3000}', '\u{a0}', '\t', '\n', '\r', '，', ',', '（', ')', '①', '㎡',
        '%', '％', '\u{200b}', '\u{feff}', '⼀', '\u{f900}', '“', '-', '−', '𠮷',
    ];
    for seed in 0..ROUNDS {
        let mut dice = Dice::new(seed);
        let text: String = (0..dice.roll(40)).map(|_| *dice.pick(&LETTERS)).collect();
        let once = clean(&text);
        assert_eq!(clean(&once), once, "{text:?}");
        assert_eq!(fold(&once).len(), once.chars().count(), "{text:?}");
        assert_eq!(key(&key(&text)), key(&text), "{text:?}");
    }
}

/// Parts rounded to what is printed and a total rounded from the exact sum may differ by what rounding does, never by more.
#[test]
fn an_additive_table_rounded_any_way_is_never_inconsistent() {
    let mut counts = StatusCounts::default();
    for seed in 0..120 {
        let mut dice = Dice::new(seed);
        let page = additive_page(&mut dice);
        let hints = Hints { name: "page.html".to_owned(), path: "page.html".to_owned(), ..Hints::default() };
        let record = convert(page.as_bytes(), &hints, &options()).unwrap();
        let wrong: Vec<&str> = record
            .checks
            .iter()
            .filter(|check| check.status == Status::Inconsistent)
            .map(|check| check.expression.as_str())
            .collect();
        assert!(wrong.is_empty(), "seed {seed}: {wrong:?}\n{page}");
        assert!(record.findings.is_empty(), "seed {seed}: {:?}", record.findings);
        counts.consistent += record.coverage.checks.consistent;
        counts.rounding += record.coverage.checks.rounding;
    }
    assert!(counts.consistent > 100 && counts.rounding > 20, "the pages are hardly checked: {counts:?}");
}

fn additive_page(dice: &mut Dice) -> String {
    let decimals = dice.roll(3);
    let parts = 2 + dice.roll(5);
    // Exact amounts have three more digits than are printed.
    let exact: Vec<Decimal> =
        (0..parts).map(|_| Decimal::new(i64::from(dice.roll(90_000_000)) + 1_000, decimals + 3)).collect();
    let total: Decimal = exact.iter().sum();
    let spent: Vec<Decimal> =
        exact.iter().map(|value| value * Decimal::new(i64::from(70 + dice.roll(31)), 2)).collect();
    let spent_total: Decimal = spent.iter().sum();
    let shown = |value: Decimal| {
        format!(
            "{:.*}",
            decimals as usize,
            value.round_dp_with_strategy(decimals, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
        )
    };
    let mut page = String::from(
        "<h1>青禾县档案馆2022年度部门整体支出绩效自评表</h1><table><tr><td>资金来源</td><td>全年预算数（万元）</td><td>全年执行数（万元）</td></tr>",
    );
    let _ = write!(page, "<tr><td>年度资金总额</td><td>{}</td><td>{}</td></tr>", shown(total), shown(spent_total));
    for (index, (value, spent)) in exact.iter().zip(&spent).enumerate() {
        let _ = write!(
            page,
            "<tr><td>（{}）第{}类资金</td><td>{}</td><td>{}</td></tr>",
            index + 1,
            index + 1,
            shown(*value),
            shown(*spent)
        );
    }
    page + "</table>"
}

/// A positive amount with up to four decimals.
fn amount(dice: &mut Dice) -> Decimal {
    let digits = 10_i64.pow(1 + dice.roll(9));
    Decimal::new(i64::from(dice.roll(2_000_000_000)) % digits + 1, dice.roll(5))
}

/// 1234567.8 -> 1,234,567.8
fn grouped(printed: &str) -> String {
    let (whole, fraction) =
        printed.split_once('.').map_or((printed, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    fraction.map_or(out.clone(), |fraction| format!("{out}.{fraction}"))
}

fn full_width(printed: &str) -> String {
    printed
        .chars()
        .map(|c| if c.is_ascii_digit() { char::from_u32(u32::from(c) + 0xfee0).unwrap() } else { '．' })
        .collect()
}
