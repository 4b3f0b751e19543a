//! Classes of expenditure by function and their items: 「一般公共服务（类）支出1473.82万元」 and, further down, 「一般公共服务支出（类）……
//! （款）行政运行（项）」 with its amount; and the amount of an item that stands behind its name and again as its final account.

use std::collections::BTreeMap;

use super::passage::Passage;
use crate::normalize::heading::enumerator;
use crate::reconcile::Material;
use crate::reconcile::cause::{BOUND, one_slip};
use crate::reconcile::claim::{Claim, ClaimTerm, Claims};
use crate::reconcile::evaluate::adds_up;
use crate::record::{Fact, Origin, Phase, Relation, Severity, TermRole};

/// Amounts by class.
#[derive(Default)]
struct Class {
    /// What the class as a whole has spent.
    total: Option<usize>,
    /// What its items have spent.
    items: Vec<usize>,
}

/// Collects classes passage by passage.
#[derive(Default)]
pub(super) struct Functions {
    classes: BTreeMap<String, Class>,
    /// The class of the item that the passages below speak of, until its amount is found.
    open: Option<String>,
}

impl Functions {
    /// Takes the amounts of a passage.
    pub(super) fn take(&mut self, passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
        claims.extend(said_again(passage, material));
        if let Some(class) = class_of_item(passage.chars) {
            self.open = Some(class);
        } else if passage.heading.is_some_and(|level| level <= 2) {
            self.open = None;
        }
        for mention in &passage.mentions {
            let Some(fact) = material.facts.get(mention.fact).filter(|fact| spent_on_function(fact)) else { continue };
            if let Some(class) = self.open.take() {
                self.classes.entry(class).or_default().items.push(mention.fact);
            } else if let Some(scope) = fact.scope.as_deref().filter(|_| names_class(&fact.label)) {
                let class = self.classes.entry(bare(scope)).or_default();
                class.total.get_or_insert(mention.fact);
            }
        }
    }

    /// Each class against its items. A list that does not close may lack an item, so it must be one slip away.
    pub(super) fn claims(self, material: &Material<'_>, claims: &mut Claims) {
        for class in self.classes.into_values() {
            let Some(total) = class.total else { continue };
            if class.items.is_empty() || class.items.contains(&total) {
                continue;
            }
            let relation = if class.items.len() == 1 { Relation::Equal } else { Relation::Sum };
            let claim = Claim::sum("class=items", Origin::Lexical, relation, total, &class.items);
            if adds_up(&claim, material) || one_slip(&claim, BOUND, material) {
                claims.add(claim.at_most(Severity::Warning));
            }
        }
    }
}

/// 「……（项）257.4万元，主要用于……。年初预算为280万元，支出决算为257.4万元」: the amount of the item is its final account.
fn said_again(passage: &Passage<'_>, material: &Material<'_>) -> Option<Claim> {
    let quoted = |c: char| c.is_whitespace() || matches!(c, '"' | '”' | '“' | '」' | '』' | ',' | ':');
    let names_item = passage.gap(0).text.trim_end_matches(quoted).ends_with("(项)");
    let head = passage.fact(0, material).filter(|fact| names_item && spent_on_function(fact))?;
    let again = (1..passage.mentions.len()).find(|at| {
        passage.gap(*at).clause.contains("决算")
            && passage
                .fact(*at, material)
                .is_some_and(|fact| spent_on_function(fact) && fact.scope == head.scope && fact.period == head.period)
    })?;
    let fact = |at: usize| passage.mentions.get(at).map(|mention| mention.fact);
    let terms = vec![ClaimTerm::fact(fact(0)?, TermRole::Operand)];
    Some(Claim::new("item=final_account", Origin::Lexical, Relation::Equal, Some(fact(again)?), terms))
}

fn spent_on_function(fact: &Fact) -> bool {
    fact.concept.as_deref() == Some("expenditure.function") && fact.phase == Some(Phase::Executed)
}

fn names_class(label: &str) -> bool {
    let has = |word: char| label.contains(&format!("（{word}）")) || label.contains(&format!("({word})"));
    has('类') && !has('项')
}

/// The class that a line with 类 and 项 names.
fn class_of_item(chars: &[char]) -> Option<String> {
    let marker = |word: char| chars.windows(3).position(|window| *window == ['(', word, ')']);
    let (class, item) = (marker('类')?, marker('项')?);
    if class > item {
        return None;
    }
    let from = chars.get(..class)?.iter().rposition(|c| matches!(c, '。' | ';' | ':' | '\n')).map_or(0, |at| at + 1);
    let name = chars.get(from..class)?;
    let skip = enumerator(name).map_or(0, |found| found.chars);
    let name: String = name.iter().skip(skip).collect();
    (!name.trim().is_empty() && name.chars().count() <= 30).then(|| bare(&name))
}

/// 一般公共服务支出 -> 一般公共服务, 其他社会保障和就业 -> 社会保障和就业.
fn bare(name: &str) -> String {
    let squeezed: String = name.chars().filter(|c| !c.is_whitespace()).collect();
    let name = squeezed.trim_end_matches("支出");
    name.strip_prefix("其他").unwrap_or(name).to_owned()
}
