//! A workbook's own formulas against the values stored beside them.

use hedui::pipeline::{Hints, convert};
use hedui::record::{Origin, Record, Relation, Severity, Status};
use rust_xlsxwriter::{Formula, Workbook};

use crate::support::options;

/// A sheet that begins at C4: a name, three figures, and formulas with their stored values.
fn read(formulas: &[(&str, &str)]) -> Record {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, (name, figure)) in (3..).zip([("pine", 4112.5), ("yew", 907.25), ("fir", 1833.0)]) {
        sheet.write_string(row, 2, name).unwrap();
        sheet.write_number(row, 3, figure).unwrap();
    }
    for (row, (formula, stored)) in (7..).zip(formulas) {
        sheet.write_string(row, 2, format!("line {row}")).unwrap();
        sheet.write_formula(row, 3, Formula::new(formula).set_result(*stored)).unwrap();
    }
    let hints = Hints { name: "book.xlsx".to_owned(), path: "book.xlsx".to_owned(), ..Hints::default() };
    convert(&workbook.save_to_buffer().unwrap(), &hints, &options()).unwrap()
}

fn by_formula(record: &Record) -> Vec<(Relation, usize, Status)> {
    let checks = record.checks.iter().filter(|check| check.origin == Origin::Formula);
    checks.map(|check| (check.relation, check.terms.len(), check.status)).collect()
}

#[test]
fn a_formula_holds_where_its_stored_value_is_its_result() {
    let record = read(&[("=SUM(D4:D6)", "6852.75"), ("=D4-D5", "3205.25"), ("=D4+D6", "5945.5")]);
    let expected = [
        (Relation::Sum, 3, Status::Consistent),
        (Relation::Difference, 2, Status::Consistent),
        (Relation::Sum, 2, Status::Consistent),
    ];
    assert_eq!(by_formula(&record), expected);
    assert!(record.findings.is_empty(), "{:?}", record.findings);
}

#[test]
fn a_stored_value_that_is_no_longer_its_result_is_a_warning() {
    let record = read(&[("=SUM($D$4:$D$6)", "6802.75")]);
    assert_eq!(by_formula(&record), [(Relation::Sum, 3, Status::Inconsistent)]);
    assert_eq!(record.findings.iter().map(|finding| finding.severity).collect::<Vec<_>>(), [Severity::Warning]);
}

#[test]
fn a_formula_that_is_not_understood_in_full_says_nothing() {
    for formula in ["=SUM(D4:D6)*2", "=D4*1.1", "=SUM(Other!D4:D6)", "=SUM(D4:D900)", "=IF(D4>0,D4+D5,0)", "=D4"] {
        assert_eq!(by_formula(&read(&[(formula, "17.25")])), [], "{formula}");
    }
}

/// Every total names all figures above it, and none was ever calculated: that is no work of hours and no news.
#[test]
fn running_totals_that_were_never_calculated_are_let_be() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for row in 0..1_500 {
        sheet.write_string(row, 0, format!("line {row}")).unwrap();
        if row % 2 == 0 {
            sheet.write_number(row, 1, f64::from(row % 89)).unwrap();
        } else {
            sheet.write_formula(row, 1, Formula::new(format!("=SUM(B$1:B{row})")).set_result("7341")).unwrap();
        }
    }
    let hints = Hints { name: "book.xlsx".to_owned(), path: "book.xlsx".to_owned(), ..Hints::default() };
    let record = convert(&workbook.save_to_buffer().unwrap(), &hints, &options()).unwrap();
    assert!(record.findings.is_empty(), "{:?}", record.findings.first());
}
