//! Claims: relations that the report makes, before they are evaluated.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::document::Text;
use crate::record::{Origin, Relation, Severity, TermRole};

/// One relation over facts (indexes into the record's facts).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Claim {
    pub(super) rule: Text,
    pub(super) origin: Origin,
    pub(super) relation: Relation,
    /// The fact that states the result; for bounds the part.
    pub(super) stated: Option<usize>,
    pub(super) terms: Vec<ClaimTerm>,
    /// How loud a failure may be.
    pub(super) severity: Severity,
    /// Claims with the same group fail for the same reason (the shares of one list).
    pub(super) group: Option<String>,
}

/// One operand.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ClaimTerm {
    pub(super) fact: Option<usize>,
    pub(super) constant: Option<Decimal>,
    pub(super) role: TermRole,
    pub(super) negative: bool,
}

impl ClaimTerm {
    pub(super) fn fact(fact: usize, role: TermRole) -> Self {
        Self { fact: Some(fact), constant: None, role, negative: false }
    }

    pub(super) fn minus(fact: usize, role: TermRole) -> Self {
        Self { negative: true, ..Self::fact(fact, role) }
    }

    pub(super) fn constant(value: Decimal, role: TermRole) -> Self {
        Self { fact: None, constant: Some(value), role, negative: false }
    }
}

impl Claim {
    /// A claim of `relation` without group, errors allowed.
    pub(super) fn new(
        rule: &str,
        origin: Origin,
        relation: Relation,
        stated: Option<usize>,
        terms: Vec<ClaimTerm>,
    ) -> Self {
        Self { rule: rule.into(), origin, relation, stated, terms, severity: Severity::Error, group: None }
    }

    /// stated = sum of facts.
    pub(super) fn sum(rule: &str, origin: Origin, relation: Relation, stated: usize, terms: &[usize]) -> Self {
        let terms = terms.iter().map(|fact| ClaimTerm::fact(*fact, TermRole::Addend)).collect();
        Self::new(rule, origin, relation, Some(stated), terms)
    }

    /// stated % = numerator / denominator.
    pub(super) fn ratio(rule: &str, origin: Origin, stated: usize, numerator: usize, denominator: usize) -> Self {
        let terms =
            vec![ClaimTerm::fact(numerator, TermRole::Numerator), ClaimTerm::fact(denominator, TermRole::Denominator)];
        Self::new(rule, origin, Relation::Ratio, Some(stated), terms)
    }

    /// All facts it uses.
    pub(super) fn facts(&self) -> impl Iterator<Item = usize> {
        self.terms.iter().filter_map(|term| term.fact).chain(self.stated)
    }

    /// The same relation said more quietly.
    pub(super) fn at_most(mut self, severity: Severity) -> Self {
        self.severity = self.severity.min(severity);
        self
    }

    /// With a group.
    pub(super) fn in_group(mut self, group: String) -> Self {
        self.group = Some(group);
        self
    }

    /// What makes two claims the same: sort, stated fact and terms, for equalities without order.
    fn signature(&self) -> Signature {
        let mut terms: Vec<_> = self.terms.iter().map(|term| (term.fact, term.constant)).collect();
        let mut stated = self.stated;
        if self.relation == Relation::Equal {
            terms.push((stated.take(), None));
        }
        terms.sort();
        (self.relation, stated, terms)
    }
}

/// Sort, stated fact, terms in order of their facts.
type Signature = (Relation, Option<usize>, Vec<(Option<usize>, Option<Decimal>)>);

/// Collects claims; the first of several equal ones stays, so stronger sources come first.
#[derive(Debug, Default)]
pub(super) struct Claims {
    list: Vec<Claim>,
    seen: BTreeSet<Signature>,
}

impl Claims {
    pub(super) fn add(&mut self, claim: Claim) {
        let mut facts: Vec<usize> = claim.facts().collect();
        facts.sort_unstable();
        let distinct = facts.is_sorted_by(|a, b| a < b);
        if distinct && !claim.terms.is_empty() && self.seen.insert(claim.signature()) {
            self.list.push(claim);
        }
    }

    pub(super) fn extend(&mut self, claims: impl IntoIterator<Item = Claim>) {
        for claim in claims {
            self.add(claim);
        }
    }

    /// The claims so far.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Claim> {
        self.list.iter()
    }

    pub(super) fn into_list(self) -> Vec<Claim> {
        self.list
    }
}
