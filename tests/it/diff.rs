//! A line difference that a person can read in a test's output.

/// Lines around a change that are shown with it.
const CONTEXT: usize = 3;
/// Lines shown at most.
const SHOWN: usize = 120;
/// Pairs of lines compared at most; beyond, the changed stretch is shown whole.
const PAIRS: usize = 16_000_000;

/// Lines that differ, `-` before and `+` after, with a few equal lines around them.
pub(crate) fn line_diff(before: &str, after: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let head = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let (rest_before, rest_after) = (&before[head..], &after[head..]);
    let tail = rest_before.iter().rev().zip(rest_after.iter().rev()).take_while(|(a, b)| a == b).count();
    let changed = changes(&rest_before[..rest_before.len() - tail], &rest_after[..rest_after.len() - tail]);
    let lead = before[head.saturating_sub(CONTEXT)..head].iter().map(|line| format!("  {line}"));
    let trail = rest_before[rest_before.len() - tail..].iter().take(CONTEXT).map(|line| format!("  {line}"));
    let all: Vec<String> = lead.chain(changed).chain(trail).collect();
    let mut lines = vec![format!("@ line {}", head + 1)];
    lines.extend(all.iter().take(SHOWN).cloned());
    if all.len() > SHOWN {
        lines.push(format!("... {} more lines", all.len() - SHOWN));
    }
    lines.join("\n")
}

/// The changed stretch line by line, by the longest common subsequence.
fn changes(before: &[&str], after: &[&str]) -> Vec<String> {
    let minus = |line: &&str| format!("- {line}");
    let plus = |line: &&str| format!("+ {line}");
    if before.len().saturating_mul(after.len()) > PAIRS {
        return before.iter().map(minus).chain(after.iter().map(plus)).collect();
    }
    let common = common_lengths(before, after);
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < before.len() || j < after.len() {
        if i < before.len() && j < after.len() && before[i] == after[j] {
            lines.push(format!("  {}", before[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == after.len() || (i < before.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(minus(&before[i]));
            i += 1;
        } else {
            lines.push(plus(&after[j]));
            j += 1;
        }
    }
    lines
}

/// `[i][j]`: length of the longest common subsequence of what follows `i` and `j`.
fn common_lengths(before: &[&str], after: &[&str]) -> Vec<Vec<u32>> {
    let mut common = vec![vec![0; after.len() + 1]; before.len() + 1];
    for i in (0..before.len()).rev() {
        for j in (0..after.len()).rev() {
            common[i][j] =
                if before[i] == after[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    common
}

#[test]
fn a_changed_line_is_shown_with_its_neighbours() {
    let shown = line_diff("a\nb\nc\nd\n", "a\nb\nC\nd\n");
    assert_eq!(shown, "@ line 3\n  a\n  b\n- c\n+ C\n  d");
}

#[test]
fn an_inserted_line_does_not_shift_the_rest() {
    let shown = line_diff("x\na\nb\nc\ny", "X\na\nnew\nb\nc\nY");
    assert_eq!(shown, "@ line 1\n- x\n+ X\n  a\n+ new\n  b\n  c\n- y\n+ Y");
}
