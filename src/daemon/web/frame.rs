//! What stands around every page: head, navigation, language and colours.
//!
//! In: a visitor and where they are. Out: values for `base.html`. A page that cannot be made becomes a plain one.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use axum::response::Response;

use super::assets;
use super::problem::Problem;
use super::visitor::Visitor;

/// Pages of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Overview,
    Documents,
    Findings,
    Quarantine,
    Upload,
    Rules,
    /// None of them.
    Elsewhere,
}

/// The navigation: where a page is, its address, its word.
const PLACES: [(Place, &str, &str); 6] = [
    (Place::Overview, "/", "nav.overview"),
    (Place::Documents, "/documents", "nav.documents"),
    (Place::Findings, "/findings", "nav.findings"),
    (Place::Quarantine, "/quarantine", "nav.quarantine"),
    (Place::Upload, "/upload", "nav.upload"),
    (Place::Rules, "/rules", "nav.rules"),
];

/// The frame of a page.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) visitor: Visitor,
    pub(super) place: Place,
    pub(super) title: String,
}

/// One link of the navigation.
pub(super) struct Link {
    pub(super) address: &'static str,
    pub(super) text: &'static str,
    pub(super) here: bool,
}

impl Frame {
    /// A page whose title is its word in the navigation.
    pub(super) fn at(place: Place, visitor: &Visitor) -> Self {
        let word = PLACES.iter().find(|(each, _, _)| *each == place).map_or("hedui", |(_, _, word)| *word);
        Self::titled(place, visitor, visitor.language.word(word).to_owned())
    }

    pub(super) fn titled(place: Place, visitor: &Visitor, title: String) -> Self {
        Self { visitor: visitor.clone(), place, title }
    }

    /// A text of the string table.
    pub(super) fn w(&self, key: &str) -> &'static str {
        self.visitor.language.word(key)
    }

    pub(super) fn language(&self) -> &'static str {
        self.visitor.language.tag()
    }

    pub(super) fn theme(&self) -> &'static str {
        self.visitor.theme.label()
    }

    pub(super) fn theme_word(&self, theme: &str) -> &'static str {
        self.w(&format!("theme.{theme}"))
    }

    /// The word for a severity's label.
    pub(super) fn severity(&self, label: &str) -> &'static str {
        self.w(&format!("severity.{label}"))
    }

    pub(super) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    pub(super) fn links(&self) -> Vec<Link> {
        let link = |(place, address, word): &(Place, &'static str, &'static str)| Link {
            address,
            text: self.w(word),
            here: *place == self.place,
        };
        PLACES.iter().map(link).collect()
    }

    /// The same page with one parameter changed.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        self.with_kept(name, value, &[])
    }

    /// The same, without some other parameters.
    pub(super) fn with_kept(&self, name: &str, value: &str, without: &[&str]) -> String {
        let (path, query) = self.visitor.target.split_once('?').unwrap_or((&self.visitor.target, ""));
        let dropped = |pair: &str| {
            let each = pair.split('=').next().unwrap_or_default();
            each.is_empty() || each == name || without.contains(&each)
        };
        let kept = query.split('&').filter(|pair| !dropped(pair));
        let mut pairs: Vec<String> = kept.map(str::to_owned).collect();
        pairs.push(format!("{name}={value}"));
        format!("{path}?{}", pairs.join("&"))
    }

    /// The same page, at one of its parts.
    pub(super) fn back(&self, part: &str) -> String {
        if part.is_empty() { self.visitor.target.clone() } else { format!("{}#{part}", self.visitor.target) }
    }

    pub(super) fn style(&self) -> String {
        assets::address("style.css")
    }

    pub(super) fn script(&self) -> String {
        assets::address("page.js")
    }

    pub(super) fn icon(&self) -> String {
        assets::address("icon.svg")
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    f: Frame,
    problem: &'a Problem,
    /// What exactly is the matter.
    told: String,
}

/// A page about a problem.
pub(super) fn problem_page(problem: &Problem, visitor: &Visitor) -> Response {
    let title = visitor.language.word(problem.kind.word()).to_owned();
    let told = problem.told(visitor.language);
    let page = ProblemPage { f: Frame::titled(Place::Elsewhere, visitor, title), problem, told };
    let mut response = page_of(&page).unwrap_or_else(|_| Response::new(Body::from(problem.kind.code())));
    *response.status_mut() = problem.kind.status();
    response
}

/// A page as an answer.
pub(super) fn page_of(page: &impl Template) -> Result<Response, Problem> {
    let mut response = Response::new(Body::from(page.render()?));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    *response.status_mut() = StatusCode::OK;
    Ok(response)
}
