//! The journal alone: rows, numbers, which record is whose.

use super::*;

fn source_row(path: &str, record: &str, state: SourceState) -> SourceRow {
    SourceRow {
        key: SourceKey { inbox: "in".to_owned(), path: path.into() },
        state,
        rule: None,
        sha256: Some(format!("hash of {record}")),
        stamp: Stamp { size: 1, mtime: 2, ctime: 3 },
        conversion: "c".to_owned(),
        attempt: "t".to_owned(),
        entry: Some(record.to_owned()),
        record: Some(record.to_owned()),
        shelf: Some(Shelf { path: b"\xff".to_vec(), copy: true }),
        settled: false,
        at: "now".to_owned(),
    }
}

fn document_row(record: &str) -> DocumentRow {
    DocumentRow {
        entry: record.to_owned(),
        state: DocumentState::Current,
        sha256: Some(format!("hash of {record}")),
        conversion: "c".to_owned(),
        attempt: "t".to_owned(),
        versions: "v".to_owned(),
        place: format!("records/{record}.json"),
        refusal: None,
        output_sha256: Some("hash of the file".to_owned()),
        cost: Cost { wall_ms: Some(12), cpu_ms: Some(11), source_bytes: Some(7), output_bytes: None },
    }
}

fn plan(path: &str, record: &str, replaces: Option<&str>) -> Plan {
    Plan {
        output: None,
        source: source_row(path, record, SourceState::Done),
        document: Some(document_row(record)),
        replaces: replaces.map(str::to_owned),
        resolves: None,
        review: None,
        lines: Vec::new(),
    }
}

fn open() -> (tempfile::TempDir, Journal) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("j"), Arc::new(crate::sink::Disk)).unwrap();
    (folder, journal)
}

#[test]
fn rows_come_back_as_they_were() {
    let (folder, mut journal) = open();
    let plan = plan("a", "r1", None);
    let ids = journal.intend(&[&plan]).unwrap();
    assert_eq!(journal.intents().unwrap(), [(ids[0], plan.clone())]);
    journal.carry_out(&[(&plan, Some(ids[0]))], "now", &|_| true).unwrap();
    assert!(journal.intents().unwrap().is_empty());
    let reader = Reader::open(&folder.path().join("j")).unwrap();
    assert_eq!(reader.source(&plan.source.key).unwrap(), Some(plan.source.clone()));
    assert_eq!(reader.content("hash of r1", "c", "other").unwrap(), plan.document);
    assert_eq!(reader.content("hash of r1", "other", "t").unwrap(), None);
    let first = SourceKey { inbox: String::new(), path: Vec::new() };
    assert_eq!(journal.unsettled(&first, 9).unwrap().len(), 1);
    journal.settle(&[(plan.source.key, None)]).unwrap();
    assert!(journal.unsettled(&first, 9).unwrap().is_empty());
}

#[test]
fn a_record_stays_while_a_path_of_the_same_batch_takes_it_over() {
    let (_folder, mut journal) = open();
    journal.carry_out(&[(&plan("a", "old", None), None)], "now", &|_| true).unwrap();
    let mut copy = plan("b", "old", None);
    copy.document = None;
    journal.carry_out(&[(&plan("a", "new", Some("old")), None), (&copy, None)], "now", &|_| true).unwrap();
    assert!(journal.retired().unwrap().is_empty() && journal.outbox(9).unwrap().is_empty());
    journal.carry_out(&[(&plan("b", "newer", Some("old")), None)], "now", &|_| true).unwrap();
    assert_eq!(journal.retired().unwrap(), ["records/old.json"]);
    assert_eq!(journal.outbox(9).unwrap().len(), 1);
}

#[test]
fn a_path_that_is_gone_does_not_hold_its_record() {
    let (_folder, mut journal) = open();
    journal.carry_out(&[(&plan("a", "old", None), None), (&plan("b", "old", None), None)], "now", &|_| true).unwrap();
    journal.carry_out(&[(&plan("a", "new", Some("old")), None)], "now", &|key| key.path != b"b").unwrap();
    assert_eq!(journal.retired().unwrap(), ["records/old.json"]);
}

#[test]
fn numbers_go_on_after_the_log() {
    let (_folder, mut journal) = open();
    let head = LogHead { seq: 41, hash: "h".to_owned() };
    journal.logged(&head).unwrap();
    assert_eq!(journal.log_head().unwrap(), head);
    let mut plan = plan("a", "r", None);
    let body = LogBody::Superseded { record_id: "x".to_owned(), superseded_by: "y".to_owned(), source: "z".to_owned() };
    plan.lines = vec![body.clone(), body];
    journal.carry_out(&[(&plan, None)], "now", &|_| true).unwrap();
    let numbers: Vec<u64> = journal.outbox(9).unwrap().iter().map(|line| line.seq).collect();
    assert_eq!(numbers, [42, 43]);
}

#[test]
fn tables_of_a_newer_version_are_left_alone() {
    let (folder, journal) = open();
    set_meta(&journal.connection, "schema", tables::VERSION + 1).unwrap();
    let error = Journal::open(&folder.path().join("j"), Arc::new(crate::sink::Disk)).unwrap_err();
    assert!(error.to_string().contains("newer hedui"), "{error}");
}

fn decision(number: usize) -> LogBody {
    LogBody::Decision {
        record_id: "r1".to_owned(),
        source: "a".to_owned(),
        entity: None,
        fiscal_year: Some(2022),
        finding: format!("n{number}"),
        report: "k".to_owned(),
        fingerprint: format!("f{number}"),
        verdict: crate::record::Verdict::Explained,
        note: "另有口径".to_owned(),
        who: "王".to_owned(),
    }
}

#[test]
fn decisions_are_read_out_of_a_journal_that_is_replaced() {
    let (folder, mut journal) = open();
    journal.decide(&decision(1), "t1").unwrap();
    let seq = journal.outbox(9).unwrap().last().unwrap().seq;
    journal.logged(&LogHead { seq, hash: "h".to_owned() }).unwrap();
    journal.decide(&decision(2), "t2").unwrap();
    drop(journal);
    let path = folder.path().join("j");
    let rescued = rescue(&path);
    assert_eq!(rescued.unlogged, [("t2".to_owned(), decision(2))]);
    let times: Vec<&str> = rescued.decisions.iter().map(|(at, _)| at.as_str()).collect();
    assert_eq!(times, ["t1", "t2"]);
    std::fs::write(&path, "nothing of a journal").unwrap();
    assert!(rescue(&path).decisions.is_empty() && rescue(&folder.path().join("none")).unlogged.is_empty());
}

/// What an earlier version left to be listed, more than one batch of it.
#[test]
fn listing_goes_on_where_it_was_ended() {
    let (_folder, mut journal) = open();
    let sql = "INSERT INTO reports(record, current, compared, source, folder, errors, warnings, infos, at)
               VALUES(?1, 1, 1, ?1, '', 1, 0, 0, '2026-01-05T10:00:00Z')";
    for number in 0..1_200 {
        journal.connection.execute(sql, [format!("r{number:04}")]).unwrap();
    }
    let heard = std::cell::RefCell::new(Vec::new());
    let once = |done, all| {
        heard.borrow_mut().push((done, all));
        done == 0
    };
    assert!(!journal.list_old(&once).unwrap());
    assert!(!journal.list_old(&once).unwrap());
    assert!(journal.list_old(&|_, _| true).unwrap());
    assert!(journal.list_old(&|_, _| panic!("it is done")).unwrap());
    assert_eq!(heard.take(), [(0, 1_200), (500, 1_200), (0, 700), (500, 700)]);
    let count = |sql: &str| journal.connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM listing"), 1_200);
    assert_eq!(count("SELECT sum(records) FROM days"), 1_200);
    assert_eq!(count("SELECT reports FROM tallies WHERE facet = 'all'"), 1_200);
}
