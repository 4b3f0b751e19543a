//! Findings: failed checks grouped by root cause, in words.

use std::collections::{BTreeMap, BTreeSet};

use super::Material;
use super::cause::{Evidence, RootCause, root_causes};
use super::claim::Claim;
use super::expression::{in_printed_unit, shown};
use crate::record::{
    At, Cause, Check, Fact, FactKind, Figure, Finding, FindingCode, Message, Relation, Severity, Status, TermRole,
    sha256_hex,
};

/// One finding per connected component of failed checks, loudest first.
pub(super) fn findings(
    claims: &[Claim],
    checks: &[Check],
    material: &Material<'_>,
    doubtful_text: bool,
) -> Vec<Finding> {
    let failed: Vec<usize> = checks
        .iter()
        .enumerate()
        .filter(|(_, check)| check.status == Status::Inconsistent)
        .map(|(index, _)| index)
        .collect();
    let mut found: Vec<Finding> = Vec::new();
    if !failed.is_empty() {
        let evidence = Evidence::new(claims, checks, material);
        let components = components(&failed, &evidence);
        let roots = components.iter().flat_map(|component| root_causes(component, &evidence));
        found.extend(roots.filter_map(|root| finding(root, &evidence, doubtful_text)));
    }
    let mut found = without_copies(found);
    found.extend(truncations(claims, checks, material));
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for (index, finding) in found.iter_mut().enumerate() {
        finding.id = format!("n{}", index + 1);
    }
    found
}

/// A sentence that is printed twice has one mistake in two places.
fn without_copies(found: Vec<Finding>) -> Vec<Finding> {
    let mut single: Vec<Finding> = Vec::new();
    for finding in found {
        match single.iter_mut().find(|first| first.fingerprint == finding.fingerprint && first.code == finding.code) {
            Some(first) => first.checks.extend(finding.checks),
            None => single.push(finding),
        }
    }
    single
}

/// Facts that a satisfied check speaks for: they do not tie failures together.
fn confirmed_facts(evidence: &Evidence<'_, '_>) -> BTreeSet<usize> {
    evidence
        .claims
        .iter()
        .zip(evidence.checks)
        .filter(|(claim, check)| {
            matches!(check.status, Status::Consistent | Status::Rounding)
                && !matches!(claim.relation, Relation::ShareSum | Relation::Bound)
                && !evidence.is_copy(claim)
        })
        .flat_map(|(claim, _)| claim.facts())
        .collect()
}

/// Failed checks that share an unconfirmed figure, two copies of one, or a group.
fn components(failed: &[usize], evidence: &Evidence<'_, '_>) -> Vec<Vec<usize>> {
    let confirmed = confirmed_facts(evidence);
    let mut label: Vec<usize> = (0..failed.len()).collect();
    let mut by_fact: BTreeMap<usize, usize> = BTreeMap::new();
    let mut by_group: BTreeMap<&str, usize> = BTreeMap::new();
    for (position, claim) in failed.iter().filter_map(|at| evidence.claims.get(*at)).enumerate() {
        let mut joined = Vec::new();
        for fact in claim.facts().filter(|fact| !confirmed.contains(fact)) {
            let first = evidence.carried(fact).into_iter().min().unwrap_or(fact);
            joined.push(*by_fact.entry(first).or_insert(position));
        }
        if let Some(group) = &claim.group {
            joined.push(*by_group.entry(group).or_insert(position));
        }
        for other in joined {
            merge(&mut label, position, other);
        }
    }
    let mut components: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (position, at) in failed.iter().enumerate() {
        components.entry(root(&mut label, position)).or_default().push(*at);
    }
    components.into_values().collect()
}

/// The representative of a position, with the path halved on the way.
fn root(label: &mut [usize], position: usize) -> usize {
    let mut at = position;
    while let Some(above) = label.get(at).copied().filter(|above| *above != at) {
        let next = label.get(above).copied().unwrap_or(above);
        if let Some(slot) = label.get_mut(at) {
            *slot = next;
        }
        at = above;
    }
    at
}

fn merge(label: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(label, a), root(label, b));
    if let Some(slot) = label.get_mut(a.max(b)) {
        *slot = a.min(b);
    }
}

fn finding(root: RootCause, evidence: &Evidence<'_, '_>, doubtful_text: bool) -> Option<Finding> {
    let (claims, checks, material) = (evidence.claims, evidence.checks, evidence.material);
    let loudness = |at: usize| claims.get(at).map(|claim| severity(claim, material));
    let severity = root.checks.iter().filter_map(|at| loudness(*at)).max()?;
    let severity = if doubtful_text { severity.min(Severity::Warning) } else { severity };
    let mut order = root.checks;
    order.sort_by_key(|at| (std::cmp::Reverse(loudness(*at)), claims.get(*at).map(|claim| rank(claim.relation)), *at));
    let main = *order.first()?;
    let (claim, check) = (claims.get(main)?, checks.get(main)?);
    let mut causes = if severity > Severity::Info { root.causes } else { Vec::new() };
    for cause in &mut causes {
        cause.confirmed_by.retain(|id| *id != check.id);
    }
    // Several explanations at the same cost: nothing is likely, all are alternatives.
    let cause = causes.first().is_some_and(|cause| cause.unique).then(|| causes.remove(0));
    let mut message = message(claim, check, order.len(), cause.as_ref(), material);
    if root.cut_short && severity > Severity::Info {
        message.zh.push_str("；相互牵连的数据过多，未能逐一查找哪个数有误");
        message.en.push_str("; too many figures are tied together to search all of them for the wrong one");
    }
    Some(Finding {
        id: String::new(),
        severity,
        code: code(claim.relation),
        checks: order.iter().filter_map(|at| checks.get(*at)).map(|check| check.id.clone()).collect(),
        fingerprint: fingerprint(&order, cause.is_some(), evidence),
        message,
        cause,
        alternatives: causes.into_iter().take(4).collect(),
    })
}

/// An approximate operand never makes an error.
fn severity(claim: &Claim, material: &Material<'_>) -> Severity {
    let approximate = claim.facts().filter_map(|fact| material.operand(fact)).any(|operand| operand.approximate());
    if approximate { claim.severity.min(Severity::Info) } else { claim.severity }
}

fn rank(relation: Relation) -> u8 {
    match relation {
        Relation::Sum | Relation::Difference | Relation::ScoreSum | Relation::WeightSum => 0,
        Relation::Ratio | Relation::Change | Relation::Score => 1,
        Relation::ShareSum => 2,
        Relation::Bound => 3,
        Relation::Equal => 4,
    }
}

/// Sort of mistake by the relation that shows it best.
fn code(relation: Relation) -> FindingCode {
    match relation {
        Relation::Sum => FindingCode::TotalMismatch,
        Relation::Difference => FindingCode::DifferenceMismatch,
        Relation::Ratio => FindingCode::RateMismatch,
        Relation::Change => FindingCode::ChangeMismatch,
        Relation::Score => FindingCode::ScoreMismatch,
        Relation::Equal => FindingCode::CopyMismatch,
        Relation::Bound => FindingCode::PartExceedsWhole,
        Relation::ShareSum => FindingCode::SharesNot100,
        Relation::WeightSum => FindingCode::WeightTotalMismatch,
        Relation::ScoreSum => FindingCode::ScoreTotalMismatch,
    }
}

fn message(claim: &Claim, check: &Check, failures: usize, cause: Option<&Cause>, material: &Material<'_>) -> Message {
    let stated = claim.stated.and_then(|fact| material.facts.get(fact));
    let part = claim
        .terms
        .iter()
        .find(|term| term.role == TermRole::Numerator)
        .and_then(|term| material.facts.get(term.fact?));
    let label = stated.map_or_else(|| "占比合计".to_owned(), |fact| rate_name(fact, part, material));
    let figure = with_unit(stated);
    let in_words = |value: Option<Figure>| {
        value.map(|value| format!("{}{}", in_printed_unit(value.0, stated), unit_word(stated))).unwrap_or_default()
    };
    let (computed, delta) = (in_words(check.computed_value), in_words(check.delta));
    let equation = &check.expression;
    let (mut zh, mut en) = match claim.relation {
        Relation::Bound => (
            format!("“{label}”{figure}大于其所属的整体：{equation}"),
            format!("“{label}” {figure} is larger than its whole: {equation}"),
        ),
        Relation::Equal => (
            format!("“{label}”{figure}与另一处所列不一致：{equation}，相差{delta}"),
            format!("“{label}” {figure} differs from its other place: {equation}, difference {delta}"),
        ),
        Relation::Ratio | Relation::Change | Relation::Score => (
            format!("“{label}”所列{figure}与按所列数据计算的{computed}不符：{equation}"),
            format!("“{label}” states {figure}, its figures give {computed}: {equation}"),
        ),
        Relation::ShareSum => (
            format!("各占比之和{computed}%不等于100%：{equation}"),
            format!("the shares add up to {computed}%, not to 100%: {equation}"),
        ),
        Relation::Difference => (
            format!("“{label}”所列{figure}与所列数据之差{computed}不符，相差{delta}：{equation}"),
            format!("“{label}” states {figure}, its figures leave {computed}, difference {delta}: {equation}"),
        ),
        _ => (
            format!("“{label}”所列{figure}与分项之和{computed}不符，相差{delta}：{equation}"),
            format!("“{label}” states {figure}, its parts give {computed}, difference {delta}: {equation}"),
        ),
    };
    if failures > 1 {
        zh.push_str(&format!("；相关核对共{failures}项不符"));
        en.push_str(&format!("; {failures} related checks fail"));
    }
    let shown = cause
        .filter(|cause| !cause.confirmed_by.is_empty() || matches!(claim.relation, Relation::Ratio | Relation::Change));
    let edits = || shown.into_iter().flat_map(|cause| cause.edits.iter());
    let mut said: Vec<(&str, &str)> =
        edits().filter_map(|edit| Some((edit.from.as_deref()?, edit.to.as_deref()?))).collect();
    let places = said.len();
    said.dedup();
    let (from, to): (Vec<&str>, Vec<&str>) = said.into_iter().unzip();
    if !to.is_empty() {
        let carried = places > to.len() && to.len() == 1;
        let (places_zh, places_en) =
            if carried { (format!("，共{places}处"), format!(" in {places} places")) } else { Default::default() };
        zh.push_str(&format!("；可能应为{}（现为{}{places_zh}）", to.join("、"), from.join("、")));
        en.push_str(&format!("; probably {} instead of {}{places_en}", to.join(", "), from.join(", ")));
    }
    Message { zh, en }
}

/// A rate in a sentence is named with what it is a rate of: 人员经费占基本支出.
fn rate_name(fact: &Fact, part: Option<&Fact>, material: &Material<'_>) -> String {
    let in_text = matches!(fact.at, At::Text { .. } | At::Cell { start: Some(_), .. });
    match part.filter(|_| in_text) {
        Some(part) => format!("{}{}", name(part, material), name(fact, material)),
        None => name(fact, material),
    }
}

/// The printed label; where it leaves open what is meant (支出决算为), the concept's name in front.
fn name(fact: &Fact, material: &Material<'_>) -> String {
    let printed = fact.label.trim_end_matches(['为', '是', '达', '共', '约', '的', ':', '：']);
    let label = if printed.is_empty() { fact.column_path.last().map_or("", |header| &**header) } else { printed };
    let reading = material.lexicon.read(label);
    let concept = fact.concept.as_deref().and_then(|id| material.lexicon.concept_named(id));
    let open =
        concept.is_some() && reading.concept.filter(|_| !reading.weak) != concept && fact.kind == FactKind::Money;
    let label = match concept
        .and_then(|index| material.lexicon.concept(index))
        .filter(|known| open && fact.column_path.is_empty() && !label.contains(&*known.zh))
    {
        // One item of many is called by its own name.
        Some(concept) => match fact.scope.as_deref().filter(|_| &*concept.id == "expenditure.function") {
            Some(item) => format!("{item}{label}"),
            None => format!("{}{label}", concept.zh),
        },
        None => label.to_owned(),
    };
    match (fact.column_path.last(), matches!(fact.at, At::Cell { start: None, .. })) {
        (Some(column), true) if **column != *label => format!("{label}·{column}"),
        _ => label,
    }
}

fn with_unit(fact: Option<&Fact>) -> String {
    format!("{}{}", shown(fact), unit_word(fact))
}

/// The printed unit; percent signs stand with their figures.
fn unit_word(fact: Option<&Fact>) -> &str {
    fact.and_then(|fact| fact.reported.unit.as_deref()).filter(|unit| !matches!(*unit, "%" | "‰")).unwrap_or_default()
}

/// Cut-off percentages are worth knowing, not worth a letter: one info for all of a document.
fn truncations(claims: &[Claim], checks: &[Check], material: &Material<'_>) -> Option<Finding> {
    let cut: Vec<usize> = checks
        .iter()
        .enumerate()
        .filter(|(_, check)| check.status == Status::Truncation)
        .map(|(index, _)| index)
        .collect();
    let first = *cut.first()?;
    let (claim, check) = (claims.get(first)?, checks.get(first)?);
    let (count, equation) = (cut.len(), &check.expression);
    Some(Finding {
        id: String::new(),
        severity: Severity::Info,
        code: FindingCode::RateTruncated,
        checks: cut.iter().filter_map(|at| checks.get(*at)).map(|check| check.id.clone()).collect(),
        message: Message {
            zh: format!("{count}个百分比被截断而非四舍五入，例如：{equation}"),
            en: format!("{count} percentages are cut off instead of rounded, for example: {equation}"),
        },
        cause: None,
        alternatives: Vec::new(),
        fingerprint: printed(claim, check, material),
    })
}

/// The same in a re-filed report, and in a copy of the sentence. Where the wrong figure is known, the main check tells the
/// mistake, whatever else it touches; where it is not, all failures do: what was seen and accepted once says nothing of one
/// that joins them.
fn fingerprint(checks: &[usize], explained: bool, evidence: &Evidence<'_, '_>) -> String {
    let checks = if explained { checks.get(..1).unwrap_or_default() } else { checks };
    let told: BTreeSet<String> = checks
        .iter()
        .filter_map(|at| Some((evidence.claims.get(*at)?, evidence.checks.get(*at)?)))
        .filter(|(claim, _)| checks.len() == 1 || claim.relation != Relation::Bound)
        .map(|(claim, check)| printed(claim, check, evidence.material))
        .collect();
    match told.len() {
        1 => told.into_iter().next().unwrap_or_default(),
        _ => short_hash(&told.into_iter().collect::<Vec<_>>().join("\n")),
    }
}

/// Concepts, phases, periods and printed figures of one check.
fn printed(claim: &Claim, check: &Check, material: &Material<'_>) -> String {
    let mut text = format!("{}\n{:?}\n", check.rule, claim.relation);
    let mut parts: Vec<String> = claim
        .facts()
        .filter_map(|fact| material.facts.get(fact))
        .map(|fact| {
            format!(
                "{}|{}|{:?}|{}|{}|{}",
                fact.concept.as_deref().unwrap_or_default(),
                fact.label,
                fact.phase,
                fact.period.as_deref().unwrap_or_default(),
                fact.scope.as_deref().unwrap_or_default(),
                fact.reported.number.as_deref().unwrap_or_default()
            )
        })
        .collect();
    parts.sort();
    text.push_str(&parts.join("\n"));
    short_hash(&text)
}

fn short_hash(text: &str) -> String {
    sha256_hex(text.as_bytes()).get(..16).unwrap_or_default().to_owned()
}
