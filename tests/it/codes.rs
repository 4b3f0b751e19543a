//! Stable codes: programs match on them, so none changes, none appears twice, and docs/errors.md lists them all.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use hedui::document::{Location, Warning, WarningKind};
use hedui::error::{Error, ErrorKind};
use hedui::record::FindingCode;

use crate::support::assert_generated;

/// Codes of errors, in the order of [`ErrorKind::ALL`].
const ERRORS: [(ErrorKind, &str); 15] = [
    (ErrorKind::Empty, "empty-file"),
    (ErrorKind::UnknownFormat, "unknown-format"),
    (ErrorKind::UnsupportedFormat, "unsupported-format"),
    (ErrorKind::Archive, "archive"),
    (ErrorKind::Truncated, "truncated"),
    (ErrorKind::Malformed, "malformed"),
    (ErrorKind::Encrypted, "encrypted"),
    (ErrorKind::LegacyWord, "legacy-word"),
    (ErrorKind::Pdf, "pdf"),
    (ErrorKind::Rtf, "rtf"),
    (ErrorKind::LimitExceeded, "limit-exceeded"),
    (ErrorKind::Doctype, "doctype-forbidden"),
    (ErrorKind::Unreadable, "unreadable"),
    (ErrorKind::UnknownPipeline, "unknown-pipeline"),
    (ErrorKind::Internal, "internal"),
];

/// Codes of findings, in the order of [`FindingCode::ALL`].
const FINDINGS: [&str; 13] = [
    "total-mismatch",
    "difference-mismatch",
    "rate-mismatch",
    "change-mismatch",
    "score-mismatch",
    "copy-mismatch",
    "part-exceeds-whole",
    "shares-not-100",
    "weight-total-mismatch",
    "score-total-mismatch",
    "rate-truncated",
    "history-mismatch",
    "set-mismatch",
];

/// Codes of warnings. A new kind needs a line here: [`name_every_warning`] does not compile without it.
fn warnings() -> Vec<(WarningKind, &'static str)> {
    let detail = String::new;
    vec![
        (WarningKind::ExtensionMismatch(detail()), "extension-mismatch"),
        (WarningKind::EncodingMismatch(detail()), "encoding-mismatch"),
        (WarningKind::ReplacedBytes, "replaced-bytes"),
        (WarningKind::SuspectMojibake, "suspect-mojibake"),
        (WarningKind::MissingPart(detail()), "missing-part"),
        (WarningKind::UnreadablePart(detail()), "unreadable-part"),
        (WarningKind::Dropped(detail()), "dropped"),
        (WarningKind::HiddenText, "hidden-text"),
        (WarningKind::OverlappingCells, "overlapping-cells"),
        (WarningKind::IrregularRow, "irregular-row"),
        (WarningKind::CutTail, "cut-tail"),
        (WarningKind::NoText, "no-text"),
        (WarningKind::FormFields, "form-fields"),
        (WarningKind::NotAvailable(detail()), "not-available"),
    ]
}

/// Its position in [`warnings`].
fn name_every_warning(kind: &WarningKind) -> usize {
    match kind {
        WarningKind::ExtensionMismatch(_) => 0,
        WarningKind::EncodingMismatch(_) => 1,
        WarningKind::ReplacedBytes => 2,
        WarningKind::SuspectMojibake => 3,
        WarningKind::MissingPart(_) => 4,
        WarningKind::UnreadablePart(_) => 5,
        WarningKind::Dropped(_) => 6,
        WarningKind::HiddenText => 7,
        WarningKind::OverlappingCells => 8,
        WarningKind::IrregularRow => 9,
        WarningKind::CutTail => 10,
        WarningKind::NoText => 11,
        WarningKind::FormFields => 12,
        WarningKind::NotAvailable(_) => 13,
    }
}

#[test]
fn error_codes_do_not_change() {
    assert_eq!(ErrorKind::ALL.map(|kind| (kind, kind.code())), ERRORS);
}

#[test]
fn warning_codes_do_not_change() {
    for (place, (kind, code)) in warnings().into_iter().enumerate() {
        assert_eq!(name_every_warning(&kind), place, "{code}");
        assert_eq!(Warning::once(kind, Location::Document).code(), code);
    }
}

#[test]
fn finding_codes_do_not_change() {
    assert_eq!(FindingCode::ALL.map(FindingCode::label), FINDINGS);
    for code in FindingCode::ALL {
        assert_eq!(serde_json::to_value(code).unwrap(), code.label());
    }
}

#[test]
fn codes_are_unique_and_plain() {
    let warnings = warnings();
    let errors_and_warnings = ERRORS.iter().map(|(_, code)| *code).chain(warnings.iter().map(|(_, code)| *code));
    let codes: Vec<&str> = errors_and_warnings.chain(FINDINGS).collect();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    for code in codes {
        assert!(code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{code}");
    }
}

#[test]
fn only_an_unreadable_source_may_be_tried_again() {
    let transient: Vec<&str> =
        ERRORS.iter().filter(|(kind, _)| Error::new(*kind, "").is_transient()).map(|(_, code)| *code).collect();
    assert_eq!(transient, ["unreadable"]);
}

#[test]
fn the_page_of_codes_is_current() {
    assert_generated("docs/errors.md", &page());
}

fn page() -> String {
    let mut page = String::from(
        "# Codes of errors, warnings and findings\n\n\
         Generated from the code; `HEDUI_BLESS=1 cargo test` rewrites it. A code never changes its meaning.\n\n\
         ## Errors\n\n\
         No record came out of the source. The code stands in the quarantine entry, in the reconciliation log and on\n\
         standard error.\n\n\
         | code | what is wrong | what to do |\n|---|---|---|\n",
    );
    for (kind, code) in ERRORS {
        let error = Error::new(kind, "");
        let (message, advice) = (error.message(), error.advice());
        writeln!(page, "| `{code}` | {}<br>{} | {}<br>{} |", message.en, message.zh, advice.en, advice.zh).unwrap();
    }
    page.push_str(
        "\n## Warnings\n\n\
         The source was read; a reader skipped, repaired or could not decide something. They stand in a record's\n\
         `warnings`.\n\n\
         | code | what happened |\n|---|---|\n",
    );
    for (kind, code) in warnings() {
        let message = Warning::once(kind, Location::Document).message();
        let (en, zh) = (message.en.trim_end_matches(": "), message.zh.trim_end_matches('：'));
        writeln!(page, "| `{code}` | {en}<br>{zh} |").unwrap();
    }
    page.push_str(
        "\n## Findings\n\n\
         The document contradicts itself. They stand in a record's `findings` and in the reconciliation log.\n\
         `history-mismatch` and `set-mismatch` are said of two documents that contradict each other, each of which may\n\
         agree with itself: they stand in the log alone, with the other document in `against`, and in reviews and the\n\
         dashboard; no record has them.\n\n\
         | code | what it means |\n|---|---|\n",
    );
    for code in FindingCode::ALL {
        let meaning = code.meaning();
        writeln!(page, "| `{}` | {}<br>{} |", code.label(), meaning.en, meaning.zh).unwrap();
    }
    page
}
