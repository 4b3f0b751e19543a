//! Sums found in a table's own shape: which lines are read as sums of which, in tables of no known form.

use hedui::pipeline::{Hints, convert};
use hedui::record::{At, Check, Record, Relation, Status};

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
    for seed in 0..150 {
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
