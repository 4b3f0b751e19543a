//! The rules in words: what is compared, and when nothing is claimed.
//!
//! In: the built-in rules and those of the pipelines that the daemon runs with. Out: the page. Nothing can go wrong.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;

use super::frame::{Frame, Place, page_of};
use super::problem::Problem;
use super::site::Site;
use super::visitor::Visitor;
use super::words::Language;
use crate::reconcile::reference::BUILT_IN;
use crate::record::FindingCode;

/// One rule.
pub(super) struct RuleView {
    id: String,
    compares: String,
    when: String,
}

/// Rules that hold for a family of reports.
pub(super) struct Family {
    name: String,
    rules: Vec<RuleView>,
}

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage {
    f: Frame,
    codes: Vec<(String, &'static str)>,
    families: Vec<Family>,
}

/// The rules.
pub(super) async fn rules(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, Problem> {
    let ground = site.stage()?.ground;
    let f = Frame::at(Place::Rules, &visitor);
    let language = visitor.language;
    let built_in = BUILT_IN.iter().map(|rule| RuleView {
        id: rule.id.to_owned(),
        compares: language.choose(&rule.compares()).to_owned(),
        when: language.choose(&rule.silent()).to_owned(),
    });
    let mut families = vec![Family { name: f.w("rules.all").to_owned(), rules: built_in.collect() }];
    for pipeline in ground.options.catalog.pipelines.iter().filter(|pipeline| !pipeline.rules.is_empty()) {
        let (name, chinese) = match language {
            Language::Zh => (&pipeline.zh, true),
            Language::En => (&pipeline.en, false),
        };
        let rules = pipeline.rules.iter().map(|rule| RuleView {
            id: rule.id.to_string(),
            compares: if chinese { rule.zh.clone() } else { rule.en.clone() },
            when: String::new(),
        });
        families.push(Family { name: name.clone(), rules: rules.collect() });
    }
    let codes = FindingCode::ALL.map(|code| (language.begin(&code.meaning()), code.label()));
    page_of(&RulesPage { codes: codes.into(), families, f })
}
