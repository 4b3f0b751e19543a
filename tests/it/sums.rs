//! Sums found in a table's own shape: which lines are read as sums of which, in tables of no known form.

use hedui::pipeline::{Hints, convert};
use hedui::record::{At, Check, Record, Relation, Severity, Status};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::dice::Dice;
use crate::support::options;

/// A page with one table; cells are separated by bars.
fn read(rows: &[String]) -> Record {
    let row = |row: &String| {
        let cells: String = row.split('|').map(|cell| format!("<td>{}</td>", cell.trim())).collect();
        format!("<tr>{cells}</tr>")
    };
    let page = format!(
        "<html><head><meta charset=utf-8></head><body><table>{}</table></body></html>",
        rows.iter().map(row).collect::<String>()
    );
    let hints = Hints { name: "page.html".to_owned(), path: "page.html".to_owned(), ..Hints::default() };
    convert(page.as_bytes(), &hints, &options()).unwrap()
}

fn place(record: &Record, fact: Option<&str>) -> (u32, u32) {
    match record.facts.iter().find(|one| Some(&*one.id) == fact).map(|one| &one.at) {
        Some(At::Cell { row, col, .. }) => (*row, *col),
        other => panic!("{other:?}"),
    }
}

fn sums(record: &Record) -> impl Iterator<Item = &Check> {
    record.checks.iter().filter(|check| check.relation == Relation::Sum)
}

/// Totals with their parts, by row and column, as `3,1 = 1,1 + 2,1`.
fn found(record: &Record) -> Vec<String> {
    let spell = |(row, col): (u32, u32)| format!("{row},{col}");
    let mut found: Vec<String> = sums(record)
        .map(|check| {
            let mut parts: Vec<_> = check.terms.iter().map(|term| place(record, term.fact.as_deref())).collect();
            parts.sort_unstable();
            let parts: Vec<String> = parts.into_iter().map(spell).collect();
            format!("{} = {}", spell(place(record, check.stated.as_deref())), parts.join(" + "))
        })
        .collect();
    found.sort();
    found
}

fn rows(text: &[&str]) -> Vec<String> {
    text.iter().map(|row| (*row).to_owned()).collect()
}

fn finds(table: &[&str], expected: &[&str]) {
    let record = read(&rows(table));
    let mut expected: Vec<String> = rows(expected);
    expected.sort();
    assert_eq!(found(&record), expected, "{table:?}");
    assert!(record.findings.is_empty(), "{:?}", record.findings);
}

#[test]
fn rows_and_columns_of_an_unknown_form() {
    finds(
        &[
            "Region | North | South | Both",
            "Timber | 4,117 | 2,306 | 6,423",
            "Fish | 1,290 | 3,854 | 5,144",
            "Salt | 877 | 1,039 | 1,916",
            "All goods | 6,284 | 7,199 | 13,483",
        ],
        &[
            "1,3 = 1,1 + 1,2",
            "2,3 = 2,1 + 2,2",
            "3,3 = 3,1 + 3,2",
            "4,3 = 4,1 + 4,2",
            "4,1 = 1,1 + 2,1 + 3,1",
            "4,2 = 1,2 + 2,2 + 3,2",
            "4,3 = 1,3 + 2,3 + 3,3",
        ],
    );
}

#[test]
fn totals_of_totals_above_and_below_their_parts() {
    finds(
        &[
            "Post | 2031 | 2032",
            "Everything | 98,130 | 101,474",
            "Roads | 61,772 | 63,016",
            "Bridges | 40,519 | 41,228",
            "Tunnels | 21,253 | 21,788",
            "Water | 36,358 | 38,458",
            "Pipes | 17,644 | 18,903",
            "Pumps | 18,714 | 19,555",
        ],
        &[
            "1,1 = 2,1 + 5,1",
            "1,2 = 2,2 + 5,2",
            "2,1 = 3,1 + 4,1",
            "2,2 = 3,2 + 4,2",
            "5,1 = 6,1 + 7,1",
            "5,2 = 6,2 + 7,2",
        ],
    );
}

#[test]
fn blanks_and_absent_values_are_no_parts() {
    finds(
        &[
            "Place | Alder | Birch | Cedar | Total",
            "East | 5,206 | | 3,117 | 8,323",
            "West | | 4,458 | 2,961 | 7,419",
            "Mid | 6,015 | 1,284 | - | 7,299",
        ],
        &["1,4 = 1,1 + 1,3", "2,4 = 2,2 + 2,3", "3,4 = 3,1 + 3,2"],
    );
}

#[test]
fn numbers_beside_shares_are_added_without_them() {
    finds(
        &[
            "School | Pupils | Boys | Share | Girls | Share",
            "Hill | 1,874 | 931 | 0.4968 | 943 | 0.5032",
            "Lake | 2,205 | 1,130 | 0.5125 | 1,075 | 0.4875",
            "Moor | 1,391 | 702 | 0.5047 | 689 | 0.4953",
        ],
        &["1,1 = 1,2 + 1,4", "2,1 = 2,2 + 2,4", "3,1 = 3,2 + 3,4"],
    );
}

#[test]
fn a_total_that_is_printed_again_is_the_sum_where_it_stands_by_its_parts() {
    finds(
        &[
            "Item | 2031 | 2032",
            "Oats | 14,120 | 15,377",
            "Rye | 23,918 | 22,046",
            "Grain | 38,038 | 37,423",
            "Rent | 7,151 | 7,408",
            "Fees | 1,033 | 1,196",
            "Grain as above | 38,038 | 37,423",
        ],
        &["3,1 = 1,1 + 2,1", "3,2 = 1,2 + 2,2"],
    );
}

/// Numbers that have nothing to do with one another: some two or three of them always make another one.
#[test]
fn chance_is_no_sum() {
    let (mut claimed, mut tables) = (0, 0);
    for seed in 0..80 {
        let mut dice = Dice::new(seed);
        let (height, width) = (4 + dice.roll(30), 2 + dice.roll(6));
        let largest = *dice.pick(&[9, 100, 2_000, 90_000, 5_000_000]);
        let mut table = vec![(0..=width).map(|col| format!("name {col}")).collect::<Vec<_>>().join("|")];
        for row in 0..height {
            let numbers: Vec<String> = (0..width).map(|_| (1 + dice.roll(largest)).to_string()).collect();
            table.push(format!("row {row}|{}", numbers.join("|")));
        }
        let record = read(&table);
        assert!(record.findings.is_empty(), "seed {seed}: {:?}", record.findings);
        claimed += usize::from(sums(&record).next().is_some());
        tables += 1;
    }
    assert!(claimed * 50 <= tables, "{claimed} of {tables} tables have sums by chance");
}

#[test]
fn what_adds_up_by_chance_is_no_mistake_elsewhere() {
    let record = read(&rows(&[
        "Name | 2031 | 2032 | 2033",
        "Ash | 31,007 | 18,222 | 40,190",
        "Elm | 12,550 | 20,031 | 11,904",
        "Oak | 43,557 | 37,119 | 28,653",
    ]));
    assert!(record.checks.iter().all(|check| check.status != Status::Inconsistent), "{:?}", record.checks);
}

#[test]
fn a_slip_in_one_of_many_rows_is_found() {
    let table = |slip: &str| {
        rows(&[
            "Ward | Wages | Goods | Both",
            "A | 31,127.40 | 18,222.15 | 49,349.55",
            "B | 12,550.35 | 20,031.90 | 32,582.25",
            "C | 27,008.05 | 11,904.70 | 38,912.75",
            slip,
            "E | 40,190.80 | 16,375.45 | 56,566.25",
            "F | 19,446.60 | 23,118.30 | 42,564.90",
        ])
    };
    let clean = read(&table("D | 22,871.25 | 14,660.20 | 37,531.45"));
    assert!(clean.findings.is_empty(), "{:?}", clean.findings);
    let wrong = read(&table("D | 22,871.25 | 14,960.20 | 37,531.45"));
    assert_eq!(wrong.findings.len(), 1, "{:?}", wrong.findings);
    assert_eq!(wrong.findings[0].severity, Severity::Warning);
    // A gap that no slip accounts for may be anything.
    let other = read(&table("D | 22,871.25 | 51,083.62 | 37,531.45"));
    assert!(other.findings.is_empty(), "{:?}", other.findings);
}

/// How a figure loses its last digits.
const LOSSES: [RoundingStrategy; 5] = [
    RoundingStrategy::MidpointAwayFromZero,
    RoundingStrategy::MidpointNearestEven,
    RoundingStrategy::ToZero,
    RoundingStrategy::AwayFromZero,
    RoundingStrategy::ToNegativeInfinity,
];

/// Rows of parts with their sum behind them, every figure rounded for itself.
fn additive(dice: &mut Dice, loss: RoundingStrategy, digits: u32, scale: u32) -> Vec<String> {
    let (height, width) = (5 + dice.roll(20), 2 + dice.roll(5));
    let mut table = vec![(0..=width + 1).map(|col| format!("name {col}")).collect::<Vec<_>>().join("|")];
    for row in 0..height {
        let parts: Vec<Decimal> =
            (0..width).map(|_| Decimal::new(i64::from(1_000_000 + dice.roll(99_000_000)), 4)).collect();
        let all = parts.iter().chain(std::iter::once(&parts.iter().sum::<Decimal>())).copied().collect::<Vec<_>>();
        let print = |value: &Decimal| {
            let kept = value.round_dp_with_strategy(digits, loss) * Decimal::from(10_u64.pow(scale));
            format!("{kept:.prec$}", prec = digits.saturating_sub(scale) as usize)
        };
        table.push(format!("row {row}|{}", all.iter().map(print).collect::<Vec<_>>().join("|")));
    }
    table
}

#[test]
fn what_adds_up_is_never_wrong_however_it_is_rounded() {
    let mut checked = 0;
    for seed in 0..200 {
        let mut dice = Dice::new(seed);
        let loss = *dice.pick(&LOSSES);
        let digits = dice.roll(4);
        let table = additive(&mut dice, loss, digits, 0);
        let record = read(&table);
        assert!(record.findings.is_empty(), "{loss:?} {digits} {table:?}: {:?}", record.findings);
        checked += sums(&record).count();
    }
    assert!(checked > 1_000, "{checked}");
}

#[test]
fn a_wrong_digit_in_front_is_always_found() {
    for seed in 0..100 {
        let mut dice = Dice::new(seed);
        // All digits are printed: a slip on top of rounding may be anything.
        let mut table = additive(&mut dice, LOSSES[0], 4, 0);
        let row = 1 + dice.index(table.len() - 1);
        let mut cells: Vec<String> = table[row].split('|').map(str::to_owned).collect();
        let col = 1 + dice.index(cells.len() - 1);
        let first = cells[col].remove(0);
        cells[col].insert(0, if first == '9' { '3' } else { char::from(u8::try_from(first).unwrap() + 1) });
        table[row] = cells.join("|");
        let record = read(&table);
        assert_eq!(record.findings.len(), 1, "seed {seed} {table:?}: {:?}", record.findings);
    }
}

#[test]
fn the_order_of_rows_and_the_unit_change_nothing() {
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let table = additive(&mut dice, LOSSES[0], 2, 0);
        let expected = found(&read(&table));
        let mut turned = table.clone();
        turned[1..].reverse();
        let last = table.len() - 1;
        let back = |sum: &str| sum.replace(&format!("{},", row_of(sum)), &format!("{},", last + 1 - row_of(sum)));
        let mut other: Vec<String> = found(&read(&turned)).iter().map(|sum| back(sum)).collect();
        other.sort();
        assert_eq!(other, expected, "seed {seed}");
        let mut dice = Dice::new(seed);
        let scaled = additive(&mut dice, LOSSES[0], 2, 2);
        assert_eq!(found(&read(&scaled)), expected, "seed {seed}");
    }
}

/// The row of a sum that runs along one.
fn row_of(sum: &str) -> usize {
    sum.split(',').next().unwrap().parse().unwrap()
}
