//! The overview: how much came, what of it does not add up, by day and by unit.
//!
//! In: counts of the journal. Out: the page, with a plot that is drawn here. Nothing can go wrong but the journal.

use std::time::{SystemTime, UNIX_EPOCH};

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;

use super::super::Ground;
use super::super::gauges::Trouble;
use super::super::journal::{IssueFilter, IssueState, Reader, Slot};
use super::findings::{IssueView, issue_view};
use super::frame::{Frame, Place, page_of};
use super::plot::{Day, days_plot, meter};
use super::problem::Problem;
use super::site::Site;
use super::visitor::Visitor;
use crate::sink::{civil, local_day};

/// Days of the plot.
const DAYS: u64 = 30;
/// Units that are named.
const UNITS: u32 = 15;

/// Open findings that are named.
const LATEST: u32 = 8;

/// A number with where it comes from.
pub(super) struct Tile {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
    pub(super) count: u64,
    pub(super) link: &'static str,
}

/// A unit with what its reports have.
pub(super) struct UnitRow {
    pub(super) name: String,
    pub(super) link: String,
    pub(super) reports: u64,
    pub(super) errors: usize,
    pub(super) warnings: usize,
    pub(super) meter: super::html::Html,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    f: Frame,
    tiles: Vec<Tile>,
    plot: super::html::Html,
    days: Vec<Day>,
    units: Vec<UnitRow>,
    latest: Vec<IssueView>,
    /// Why the service does not get on: in words, and as the system says it.
    degraded: Option<(&'static str, String)>,
}

impl OverviewPage {
    fn icon(&self, severity: &crate::record::Severity) -> &'static str {
        super::draw::icon(*severity)
    }
}

/// The overview.
pub(super) async fn overview(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, Problem> {
    site.ask(move |ground, reader| page_of(&page(ground, reader, &visitor)?)).await
}

fn page(ground: &Ground, reader: &Reader, visitor: &Visitor) -> Result<OverviewPage, Problem> {
    let counts = counts(reader)?;
    let of = |name: &str| counts.iter().find(|(each, _)| *each == name).map_or(0, |(_, count)| *count);
    let tile = |class, word, name: &str, link| Tile { class, word: visitor.language.word(word), count: of(name), link };
    let days = days(ground, reader)?;
    let worst = reader.worst("unit", UNITS)?;
    let most = worst.iter().map(|tally| tally.findings.error).max().unwrap_or(0);
    let unit = |tally: super::super::journal::Tally| UnitRow {
        link: super::unit::address(&tally.value),
        name: tally.value,
        reports: tally.reports,
        errors: tally.findings.error,
        warnings: tally.findings.warning,
        meter: meter(tally.findings.error, most),
    };
    let open = IssueFilter { state: Some(IssueState::Open), ..IssueFilter::default() };
    let latest = reader.issues(&open, None, LATEST)?.into_iter();
    let latest = latest.filter_map(|issue| issue_view(ground, issue, Vec::new(), visitor.language)).collect();
    let mut tiles = vec![
        tile("", "tile.documents", "documents", "/documents"),
        tile("error", "tile.errors", "error", "/documents?severity=error"),
        tile("warning", "tile.warnings", "warning", "/documents?severity=warning"),
        tile("clean", "tile.clean", "clean", "/documents?severity=clean"),
        tile("", "tile.unchecked", "unchecked", "/documents?severity=unchecked"),
        tile("", "tile.open", "open", "/findings"),
        tile("warning", "tile.quarantined", "quarantined", "/quarantine"),
    ];
    // Rare, and no news where there is none.
    tiles.retain(|tile| tile.count > 0 || tile.word != visitor.language.word("tile.unchecked"));
    Ok(OverviewPage {
        latest,
        f: Frame::at(Place::Overview, visitor),
        tiles,
        plot: days_plot(&days, visitor.language),
        days,
        units: worst.into_iter().map(unit).collect(),
        degraded: ground.gauges.trouble().map(|(trouble, why)| (visitor.language.word(trouble_word(trouble)), why)),
    })
}

fn trouble_word(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Delivery => "trouble.delivery",
        Trouble::Room => "trouble.room",
        Trouble::Shelf => "trouble.shelf",
        Trouble::Folder => "trouble.folder",
    }
}

/// Numbers by name: documents, documents by their worst finding, findings by state, entries of quarantine.
pub(super) fn counts(reader: &Reader) -> Result<Vec<(String, u64)>, Problem> {
    let mut counts = vec![("quarantined".to_owned(), reader.quarantined()?)];
    for (facet, most) in [("all", 1), ("severity", 8), ("state", 8)] {
        for tally in reader.tallies(facet, most)? {
            let name = if facet == "all" { "documents".to_owned() } else { tally.value };
            counts.push((name, tally.reports));
        }
    }
    Ok(counts)
}

/// The last days, by the configured time zone, the latest last.
pub(super) fn days(ground: &Ground, reader: &Reader) -> Result<Vec<Day>, Problem> {
    let zone = ground.config.zone_minutes;
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let here = seconds.saturating_add_signed(i64::from(zone) * 60) / 86_400;
    let name = |days: u64| {
        let (year, month, day) = civil(days);
        format!("{year:04}-{month:02}-{day:02}")
    };
    let first = here.saturating_sub(DAYS - 1);
    let mut days: Vec<Day> = (first..=here).map(|number| Day { day: name(number), counts: [0; 3] }).collect();
    // Two days before in UTC are before it everywhere.
    for Slot { slot, counts } in reader.slots(&name(first.saturating_sub(2)))? {
        let day = local_day(&format!("{slot}0:00Z"), zone);
        if let Some(found) = days.iter_mut().find(|each| each.day == day) {
            found.counts.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
    }
    Ok(days)
}
