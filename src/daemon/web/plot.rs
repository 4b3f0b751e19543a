//! Plots as SVG, in whole numbers.
//!
//! In: counts. Out: markup whose shapes carry their numbers as titles; the page has the same numbers in a table. Nothing
//! can go wrong: counts without bound are cut to the height of the plot.

use super::html::Html;
use super::words::Language;

/// Units of the drawing.
const WIDTH: u64 = 760;
const HEIGHT: u64 = 190;
const LEFT: u64 = 42;
const TOP: u64 = 12;
const BOTTOM: u64 = 24;

/// What came on a day: records, records with errors, entries of quarantine.
pub(super) struct Day {
    pub(super) day: String,
    pub(super) counts: [u64; 3],
}

/// Bars by day: everything that came, with the part that has errors and the part in quarantine.
pub(super) fn days_plot(days: &[Day], language: Language) -> Html {
    let mut html = Html::default();
    let view = format!("0 0 {WIDTH} {HEIGHT}");
    let label = language.word("plot.days");
    html.open("svg", &[("class", "plot"), ("viewBox", &view), ("role", "img"), ("aria-label", label)]);
    let most = days.iter().map(|day| day.counts[0] + day.counts[2]).max().unwrap_or(0);
    let top = round_up(most);
    let room = HEIGHT - TOP - BOTTOM;
    let floor = HEIGHT - BOTTOM;
    for part in [0, 1, 2] {
        let y = (floor - room * part / 2).to_string();
        let (left, right) = (LEFT.to_string(), (WIDTH - 8).to_string());
        html.open("line", &[("class", "axis"), ("x1", &left), ("x2", &right), ("y1", &y), ("y2", &y)]).close("line");
        if part == 0 || top.is_multiple_of(2) || part == 2 {
            let (x, y) = ((LEFT - 6).to_string(), (floor - room * part / 2 + 4).to_string());
            html.leaf("text", &[("x", &x), ("y", &y), ("text-anchor", "end")], &(top * part / 2).to_string());
        }
    }
    let count = u64::try_from(days.len()).unwrap_or(1).max(1);
    let step = (WIDTH - 8 - LEFT) / count;
    for (index, day) in (0_u64..).zip(days) {
        let x = LEFT + index * step + 2;
        bar(
            &mut html,
            day,
            x,
            step.saturating_sub(4).max(2),
            |value| value.min(top).saturating_mul(room) / top,
            language,
        );
        if index % 5 == count.saturating_sub(1) % 5 {
            let (x, y) = ((x + step / 2).to_string(), (HEIGHT - 8).to_string());
            html.leaf("text", &[("x", &x), ("y", &y), ("text-anchor", "middle")], day.day.get(5..).unwrap_or_default());
        }
    }
    html.close("svg");
    html
}

fn bar(html: &mut Html, day: &Day, x: u64, width: u64, scaled: impl Fn(u64) -> u64, language: Language) {
    let [records, flagged, quarantined] = day.counts;
    html.open("g", &[]);
    let told = format!(
        "{}: {} {records}, {} {flagged}, {} {quarantined}",
        day.day,
        language.word("plot.records"),
        language.word("plot.flagged"),
        language.word("plot.quarantined")
    );
    html.leaf("title", &[], &told);
    let mut rect = |class: &str, from: u64, height: u64| {
        // What is there shows, however little it is.
        let y = (HEIGHT - BOTTOM).saturating_sub(from + height);
        let (x, y, w, h) = (x.to_string(), y.to_string(), width.to_string(), height.to_string());
        html.open("rect", &[("class", class), ("x", &x), ("y", &y), ("width", &w), ("height", &h)]).close("rect");
    };
    let shown = |value: u64| if value == 0 { 0 } else { scaled(value).max(1) };
    if records > 0 {
        rect("bar", 0, shown(records));
        rect("hit", 0, shown(flagged));
    }
    if quarantined > 0 {
        rect("quar", shown(records), shown(quarantined));
    }
    html.close("g");
}

/// A bar within a row.
pub(super) fn meter(value: usize, most: usize) -> Html {
    let mut html = Html::default();
    let part = (value * 100).checked_div(most).unwrap_or(0).to_string();
    html.open(
        "svg",
        &[("class", "meter"), ("viewBox", "0 0 100 8"), ("preserveAspectRatio", "none"), ("aria-hidden", "true")],
    );
    html.open("rect", &[("class", "back"), ("width", "100"), ("height", "8")]).close("rect");
    html.open("rect", &[("class", "part"), ("width", &part), ("height", "8")]).close("rect").close("svg");
    html
}

/// The next of 2, 4, 10, 20, 40, 100, ...
fn round_up(value: u64) -> u64 {
    let mut step: u64 = 1;
    loop {
        for factor in [2, 4, 10] {
            if value <= step.saturating_mul(factor) {
                return step.saturating_mul(factor);
            }
        }
        step = step.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers() {
        for (value, top) in [(0, 2), (2, 2), (3, 4), (5, 10), (11, 20), (399, 400), (401, 1000), (u64::MAX, u64::MAX)] {
            assert_eq!(round_up(value), top);
        }
    }

    #[test]
    fn bars_stay_within_the_plot() {
        let day = |counts| Day { day: "2026-01-02".to_owned(), counts };
        let days: Vec<Day> = [[0, 0, 0], [7, 3, 0], [1_000_000, 1, 9]].map(day).into();
        let html = days_plot(&days, Language::En).to_string();
        for part in html.split(" height=\"").skip(1) {
            let height: u64 = part.split('"').next().unwrap().parse().unwrap();
            assert!(height <= HEIGHT, "{html}");
        }
        assert!(html.contains("<title>2026-01-02: received 7, with errors 3, quarantined 0</title>"), "{html}");
    }
}
