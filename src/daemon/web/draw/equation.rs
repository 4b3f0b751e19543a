//! A check as an equation in words and figures, every operand a link to where it stands.
//!
//! In: a check and the marks of its record. Out: [`CheckView`]. Figures are those that are printed; what they give comes
//! from the check. A term that the record does not have is left out.

use rust_decimal::Decimal;

use super::super::html::Html;
use super::super::words::Language;
use super::Drawing;
use super::finding::reason_word;
use super::marks::Mark;
use crate::normalize::unit::scale_of;
use crate::record::{Check, Fact, Relation, Sign, Status, Term, TermRole};

/// A check as a page shows it.
pub(in super::super) struct CheckView {
    /// What is compared.
    pub(in super::super) relation: &'static str,
    pub(in super::super) equation: Html,
    /// Ids of the facts in it, the stated one first.
    pub(in super::super) facts: Vec<String>,
    /// Stated less computed, in the printed unit.
    pub(in super::super) delta: Option<String>,
    /// Why it is not an error, where that is known.
    pub(in super::super) reason: Option<&'static str>,
}

/// A check in words and figures.
pub(super) fn check_view(drawing: &Drawing<'_>, check: &Check) -> CheckView {
    let stated = check.stated.as_deref().and_then(|id| drawing.marks.fact(id));
    let facts = check.stated.iter().chain(check.terms.iter().filter_map(|term| term.fact.as_ref()));
    CheckView {
        relation: drawing.language.word(relation_word(check.relation)),
        equation: Equation { drawing, html: Html::default() }.of(check, stated),
        facts: facts.map(ToString::to_string).collect(),
        delta: check
            .delta
            .filter(|delta| !delta.0.is_zero())
            .map(|delta| printed(delta.0, stated.map(|mark| mark.fact))),
        reason: check.reason.as_deref().map(|reason| drawing.language.word(reason_word(reason))),
    }
}

/// A figure's name: its row, and its column where the row alone does not tell.
pub(super) fn figure_name(fact: &Fact, language: Language) -> String {
    let row = fact.label_path.last().map_or(&*fact.label, |label| label).trim();
    let column = fact.column_path.last().map(|label| label.trim()).filter(|column| !column.is_empty());
    match (row.is_empty(), column) {
        (true, None) => language.word("figure.unnamed").to_owned(),
        (true, Some(column)) => column.to_owned(),
        (false, Some(column)) if column != row => format!("{row} · {column}"),
        (false, _) => row.to_owned(),
    }
}

struct Equation<'a, 'b> {
    drawing: &'a Drawing<'b>,
    html: Html,
}

impl Equation<'_, '_> {
    fn of(mut self, check: &Check, stated: Option<&Mark<'_>>) -> Html {
        let holds = !matches!(check.status, Status::Inconsistent | Status::Explained);
        self.html.open("div", &[("class", "equation")]);
        match check.relation {
            Relation::Bound => {
                self.stated(check, stated);
                self.step(if holds { "≤" } else { ">" }, !holds, |own| {
                    check.terms.iter().take(1).for_each(|term| own.term(term));
                });
            }
            Relation::Equal => {
                self.stated(check, stated);
                self.step(if holds { "=" } else { "≠" }, !holds, |own| {
                    check.terms.iter().take(1).for_each(|term| own.term(term));
                });
            }
            relation => {
                self.formula(relation, &check.terms);
                if let Some(computed) = check.computed_value {
                    let reference = stated.map(|mark| mark.fact).or_else(|| self.first_fact(check));
                    let text = if check.relation == Relation::Score {
                        computed.to_string()
                    } else {
                        printed(computed.0, reference)
                    };
                    let label = self.drawing.language.word("equation.computed");
                    self.step("=", false, |own| {
                        own.html.open("span", &[("class", "op computed")]);
                        own.html.leaf("span", &[("class", "lab")], label);
                        own.html.leaf("span", &[("class", "val")], &text).close("span");
                    });
                }
                self.step(if holds { "≈" } else { "≠" }, !holds, |own| own.stated(check, stated));
            }
        }
        self.html.close("div");
        self.html
    }

    fn first_fact(&self, check: &Check) -> Option<&Fact> {
        let id = check.terms.first()?.fact.as_deref()?;
        self.drawing.marks.fact(id).map(|mark| mark.fact)
    }

    /// What the terms do.
    fn formula(&mut self, relation: Relation, terms: &[Term]) {
        let by = |role: TermRole| terms.iter().find(|term| term.role == role);
        let falls = terms.iter().any(|term| term.sign == Sign::Minus);
        let parts: Vec<(&str, Option<&Term>)> = match relation {
            Relation::Ratio => vec![("", by(TermRole::Numerator)), ("÷", by(TermRole::Denominator))],
            Relation::Score => vec![("", by(TermRole::Weight)), ("×", by(TermRole::Rate))],
            Relation::Change => match (by(TermRole::Difference), by(TermRole::Prior), by(TermRole::Current)) {
                (Some(step), Some(prior), _) => vec![("", Some(step)), ("÷", Some(prior))],
                (Some(step), None, Some(now)) => {
                    let back = if falls { "+" } else { "−" };
                    vec![("", Some(step)), ("÷ (", Some(now)), (back, Some(step)), (")", None)]
                }
                (None, prior, now) => vec![("(", now), ("−", prior), (") ÷", prior)],
                _ => Vec::new(),
            },
            _ => terms
                .iter()
                .filter(|term| term.role != TermRole::Whole)
                .enumerate()
                .map(|(index, term)| match (index, term.sign) {
                    (0, Sign::Plus) => ("", Some(term)),
                    (_, Sign::Plus) => ("+", Some(term)),
                    (_, Sign::Minus) => ("−", Some(term)),
                })
                .collect(),
        };
        for (sign, term) in parts {
            self.step(sign, false, |own| {
                if let Some(term) = term {
                    own.term(term);
                }
            });
        }
    }

    /// A sign and what follows it, which stay on one line.
    fn step(&mut self, sign: &str, differs: bool, operand: impl FnOnce(&mut Self)) {
        self.html.open("span", &[("class", "step")]);
        if !sign.is_empty() {
            self.html.leaf("span", &[("class", if differs { "sign differs" } else { "sign" })], sign);
        }
        operand(self);
        self.html.close("span");
    }

    fn stated(&mut self, check: &Check, stated: Option<&Mark<'_>>) {
        match stated {
            Some(mark) => self.operand(mark, "op stated"),
            None => {
                let text = check.stated_value.map_or_else(|| "100%".to_owned(), |value| value.to_string());
                self.html.leaf("span", &[("class", "op stated")], &text);
            }
        }
    }

    fn term(&mut self, term: &Term) {
        if let Some(mark) = term.fact.as_deref().and_then(|id| self.drawing.marks.fact(id)) {
            self.operand(mark, "op");
        } else if let Some(constant) = term.constant {
            self.html.leaf("span", &[("class", "op")], &constant.to_string());
        }
    }

    /// Name above, figure below; a link to where it stands.
    fn operand(&mut self, mark: &Mark<'_>, class: &str) {
        let fact = mark.fact;
        let class = if mark.is_suspect { format!("{class} suspect") } else { class.to_owned() };
        let (place, id) = (format!("#{}", fact.id), fact.id.to_string());
        self.html.open("a", &[("class", &class), ("href", &place), ("data-fact", &id)]);
        self.html.leaf("span", &[("class", "lab")], &figure_name(fact, self.drawing.language));
        self.html.leaf("span", &[("class", "val")], &as_printed(fact)).close("a");
    }
}

/// The number with its unit, as the page says it.
fn as_printed(fact: &Fact) -> String {
    let number = fact.reported.number.as_deref().unwrap_or(&fact.reported.text);
    match (fact.unit.as_deref(), fact.reported.unit.as_deref()) {
        (Some("percent"), _) => format!("{number}%"),
        (Some("permille"), _) => format!("{number}‰"),
        (_, Some(unit)) if !unit.is_empty() => format!("{number} {unit}"),
        _ => number.to_owned(),
    }
}

/// A value in base unit, shown in the unit that a figure is printed in.
fn printed(value: Decimal, fact: Option<&Fact>) -> String {
    let unit = fact.and_then(|fact| fact.reported.unit.as_deref()).unwrap_or_default();
    let percent = fact.is_some_and(|fact| fact.unit.as_deref() == Some("percent"));
    let scale = Decimal::from(10_u64.checked_pow(scale_of(unit)).unwrap_or(1));
    let shown = value.checked_div(scale).unwrap_or(value).round_dp(4).normalize();
    match unit {
        _ if percent => format!("{shown}%"),
        "" => shown.to_string(),
        unit => format!("{shown} {unit}"),
    }
}

fn relation_word(relation: Relation) -> &'static str {
    match relation {
        Relation::Sum => "relation.sum",
        Relation::Difference => "relation.difference",
        Relation::Ratio => "relation.ratio",
        Relation::Change => "relation.change",
        Relation::Score => "relation.score",
        Relation::Equal => "relation.equal",
        Relation::Bound => "relation.bound",
        Relation::ShareSum => "relation.share_sum",
        Relation::WeightSum => "relation.weight_sum",
        Relation::ScoreSum => "relation.score_sum",
    }
}
