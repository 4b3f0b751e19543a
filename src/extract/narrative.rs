//! Facts from running text: each figure bound to subject, stage, year and part by the words of its clause.
//!
//! A figure's label is the clause in front of it. What the clause leaves open (支出决算为3.2万元) is carried over from the
//! figure before it in the sentence, from the line that leads in, or from the heading.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use super::draft::{Context, Draft, Meaning, TextPlace, Value, figure_draft, kind_of};
use crate::document::{BlockId, Text, Unit};
use crate::normalize::heading::enumerator;
use crate::normalize::{Figure, Normalized, UnitMatch, fold, fold_char, number, period};
use crate::record::{FactKind, Phase, Reported};
use crate::vocabulary::{LabelReading, is_average};

/// What stands above a text.
#[derive(Debug, Clone, Default)]
pub(super) struct Surroundings {
    /// The line that leads in to the text.
    lead_in: Option<Rc<LabelReading>>,
    /// Part that the line leads in to (a functional item's name).
    scope: Option<String>,
    /// The innermost heading.
    heading: Option<Rc<LabelReading>>,
}

/// What is carried from one figure to the next.
#[derive(Debug, Clone, Default)]
struct Carry {
    concept: Option<usize>,
    /// What the first amount of the sentence was, and of the sentence before.
    topic: [Option<usize>; 2],
    /// What the last rate was.
    rate: Option<usize>,
    phase: Option<Phase>,
    /// The stage of the last amount, whether it is known what it was or not.
    last_phase: Option<Phase>,
    scope: Option<String>,
    year: Option<i32>,
}

/// Facts of one block.
pub(super) fn block_facts(document: &Normalized, index: usize, context: &Context<'_>, drafts: &mut Vec<Draft>) {
    let Some(block) = document.blocks.get(index) else { return };
    // Reading what stands above is for texts with figures.
    if !number::may_hold_figures(&block.chars) {
        return;
    }
    let surroundings = surroundings(document, index, context);
    text_facts(&block.chars, &block.text, &TextPlace::Block(BlockId(index).label()), surroundings, context, drafts);
}

fn surroundings(document: &Normalized, index: usize, context: &Context<'_>) -> Surroundings {
    let heading = document
        .blocks
        .get(index)
        .and_then(|block| block.section.last())
        .and_then(|id| document.blocks.get(id.0))
        .map(|block| context.lexicon.read(&block.text));
    let above = index.checked_sub(1).and_then(|above| document.blocks.get(above));
    let leading = above.filter(|block| {
        block.table.is_none()
            && block.chars.len() <= 120
            && !block.chars.is_empty()
            && number::figures(&block.chars).is_empty()
    });
    let part = || context.parts.of_block(index).map(ToString::to_string);
    Surroundings {
        scope: leading.and_then(|block| functional_scope(&block.text)).or_else(part),
        lead_in: leading.map(|block| context.lexicon.read(&block.text)),
        heading,
    }
}

/// Facts of one text.
pub(super) fn text_facts(
    chars: &[char],
    text: &str,
    place: &TextPlace,
    surroundings: Surroundings,
    context: &Context<'_>,
    drafts: &mut Vec<Draft>,
) {
    let figures = number::figures(chars);
    if figures.is_empty() {
        return;
    }
    let shown: Vec<char> = text.chars().collect();
    let before_figures: String =
        figures.first().and_then(|first| shown.get(..first.number.start)).unwrap_or_default().iter().collect();
    let surroundings = Surroundings { scope: functional_scope(&before_figures).or(surroundings.scope), ..surroundings };
    let mut reader = Reader {
        chars,
        shown: &shown,
        place,
        context,
        lead: block_scope(chars, &shown, &figures, context),
        surroundings,
        carry: Carry::default(),
        previous: None,
        years: period::years(chars).into_iter().filter(|year| !year.dated && !compared(chars, year.start)).collect(),
        sentence: 0,
    };
    for (at, figure) in figures.iter().enumerate() {
        let next = figures.get(at + 1).map_or(chars.len(), |next| next.number.start);
        if let Some(draft) = reader.fact(figure, next) {
            drafts.push(draft);
        }
        reader.previous = Some(figure.end);
    }
}

struct Reader<'a> {
    /// Folded text.
    chars: &'a [char],
    /// Clean text, as the record shows it.
    shown: &'a [char],
    place: &'a TextPlace,
    context: &'a Context<'a>,
    /// Name in front of the colon that opens the text: 「设备维护类项目：……」.
    lead: Option<String>,
    surroundings: Surroundings,
    carry: Carry,
    /// End of the figure before.
    previous: Option<usize>,
    /// Years of the text that name a period, in order.
    years: Vec<period::YearMatch>,
    /// First character of the sentence that the current figure stands in.
    sentence: usize,
}

impl Reader<'_> {
    fn fact(&mut self, figure: &Figure, next: usize) -> Option<Draft> {
        let since = self.previous.unwrap_or(0);
        let stop = self.chars.get(since..figure.number.start)?.iter().rposition(|c| matches!(c, '。' | '\n'));
        self.sentence = stop.map_or(self.sentence, |at| since + at + 1);
        let (start, end) = self.label_range(figure.number.start);
        let label: String = self.shown.get(start..end)?.iter().collect();
        let mut reading = self.context.lexicon.read(&without_remark(&label));
        let unit = self.unit(figure.unit.as_ref()?, &reading);
        let quantity = Figure { unit: None, ..figure.clone() }.quantity(&unit)?;
        let kind = kind_of(&unit.unit);
        if reading.concept.is_none() && kind == FactKind::Money {
            self.widen(start, Rc::make_mut(&mut reading));
        }
        let new_sentence = self.sentence_break_before(start);
        let meaning = self.meaning(kind, &label, &reading, new_sentence, figure, next);
        let reported = Reported {
            text: self.shown.get(figure.number.start..figure.end)?.iter().collect::<String>().into(),
            number: Some(figure.printed.clone()),
            unit: Some(unit.printed.clone()),
        };
        let at = self.place.at(self.shown, figure.number.start, figure.number.end);
        let mut draft = figure_draft(meaning, kind, Value::of(&quantity), reported, at);
        draft.rank = 2;
        Some(draft)
    }

    /// 「支出120万」 is money where the words before it name money; elsewhere the unit stays open.
    fn unit(&self, printed: &UnitMatch, reading: &LabelReading) -> UnitMatch {
        let open = matches!(&printed.unit, Unit::Other(name) if name.is_empty());
        const MONEY: [&str; 14] = [
            "资金", "投资", "经费", "费用", "支出", "收入", "拨款", "补助", "补贴", "预算", "投入", "贷款", "债券",
            "金额",
        ];
        let named = self.of_kind(reading.concept, FactKind::Money).is_some()
            || MONEY.iter().any(|word| reading.key.ends_with(word));
        let unit = if open && named { Unit::Cny } else { printed.unit.clone() };
        UnitMatch { unit, ..printed.clone() }
    }

    /// The clause in front of a figure: back to the figure before, the last comma, colon or open parenthesis.
    fn label_range(&self, number: usize) -> (usize, usize) {
        let floor = self.previous.unwrap_or(0);
        let mut closed = 0_u32;
        let mut start = number;
        // 「总额：127万元」: a colon right in front of the figure belongs to its label.
        while start > floor && matches!(self.chars.get(start - 1), Some(' ' | ':')) {
            start -= 1;
        }
        while start > floor {
            let Some(c) = self.chars.get(start - 1) else { break };
            match c {
                ')' => closed += 1,
                '(' if closed == 0 => break,
                '(' => closed -= 1,
                ',' | ';' | ':' | '。' | '\n' | '!' | '?' if closed == 0 => break,
                _ => {}
            }
            start -= 1;
        }
        (self.behind_reason(start, number), number)
    }

    /// 「决算数小于预算数的原因是建设经费24.9万元未支付」: what stands in front of the reason does not name the figure.
    fn behind_reason(&self, start: usize, number: usize) -> usize {
        let clause = self.chars.get(start..number).unwrap_or_default();
        if !clause.iter().any(|c| matches!(c, '因' | '由')) {
            return start;
        }
        let ends = |word: &str| {
            let word: Vec<char> = word.chars().collect();
            clause.windows(word.len()).rposition(|window| window == word).map(|at| start + at + word.len())
        };
        ["因为", "由于", "原因是", "原因为", "原因在于"].into_iter().filter_map(ends).max().unwrap_or(start)
    }

    /// Looks for the concept in the earlier clauses of the same sentence, back to the figure before.
    fn widen(&self, start: usize, reading: &mut LabelReading) {
        if !reading.residue.is_empty() && reading.phase.is_none() {
            return;
        }
        let mut end = start;
        while let Some(cut) = end.checked_sub(1).filter(|cut| matches!(self.chars.get(*cut), Some(',' | ':'))) {
            let (from, to) = self.label_range(cut);
            if from >= to {
                return;
            }
            let label: String = self.shown.get(from..to).unwrap_or_default().iter().collect();
            let earlier = self.context.lexicon.read(&label);
            reading.year = reading.year.or(earlier.year);
            if earlier.concept.is_some() && !earlier.weak {
                reading.concept = earlier.concept;
                reading.prefix.clone_from(&earlier.prefix);
                reading.phase = reading.phase.or(earlier.phase);
                return;
            }
            end = from;
        }
    }

    fn sentence_break_before(&self, start: usize) -> bool {
        let floor = self.previous.unwrap_or(0);
        self.chars.get(floor..start).is_some_and(|gap| gap.iter().any(|c| matches!(c, '。' | '\n' | '!' | '?')))
    }

    fn meaning(
        &mut self,
        kind: FactKind,
        label: &str,
        reading: &LabelReading,
        new_sentence: bool,
        figure: &Figure,
        next: usize,
    ) -> Meaning {
        let scope = self.scope(label, reading);
        if scope.is_some() {
            self.carry.scope.clone_from(&scope);
        }
        let named_project = matches!(project_scope(label, reading, self.context), Some(Project::Named(_)));
        let base = base_of_comparison(&trimmed(label));
        let change = is_change(&reading.key);
        // 「比2021年增加5万元」 is a figure of this year, and 「比上年80万元」 is one of the year before.
        let own_year = reading.year.filter(|_| !(named_project || base && change));
        let carried_year = if new_sentence { None } else { self.carry.year };
        let named_before = || if named_project { None } else { self.year_before(figure) };
        let this_year = || carried_year.or_else(named_before).or(self.context.fiscal_year);
        let of_last_year = base || names_last_year(&reading.key);
        let last_year =
            (of_last_year && !change && says_last_year(&reading.key)).then(|| this_year().map(|year| year - 1));
        let year = own_year.or(last_year.flatten()).or(carried_year).or_else(named_before);
        let (concept, phase) = match kind {
            FactKind::Money if base && !change && !new_sentence && self.bare_base(reading) => {
                (self.carry.concept, reading.phase.or(self.carry.phase))
            }
            FactKind::Money => self.money(label, reading, new_sentence, figure, next),
            FactKind::Rate => (self.rate(label, reading, new_sentence), None),
            FactKind::Score => (self.score(reading), None),
            FactKind::Count => (self.of_kind(reading.concept, FactKind::Count), None),
            _ => (None, None),
        };
        if kind == FactKind::Money && !base {
            self.carry.year = year;
        }
        let scope = scope.or_else(|| self.carry.scope.clone()).map(Text::from);
        let label = Text::from(trimmed(label));
        Meaning {
            concept: concept
                .and_then(|index| self.context.lexicon.concept(index))
                .map(|concept| Text::clone(&concept.id)),
            label_path: self.lead.iter().map(|lead| lead.as_str().into()).chain([Text::clone(&label)]).collect(),
            label,
            column_path: Arc::default(),
            phase,
            period: year.or(self.context.fiscal_year).map(|year| self.context.period(year)),
            scope,
        }
    }

    /// 「公务接待费18万元，比上年20万元减少2万元」: the base says when and at which stage, what it is was said in front of it.
    fn bare_base(&self, reading: &LabelReading) -> bool {
        reading.concept.is_none() && (says_last_year(&reading.key) || reading.year.is_some()) && self.previous.is_some()
    }

    fn of_kind(&self, concept: Option<usize>, kind: FactKind) -> Option<usize> {
        concept.filter(|index| self.context.lexicon.concept(*index).is_some_and(|concept| concept.kind == kind))
    }

    fn named(&self, id: &str) -> Option<usize> {
        self.context.lexicon.concept_named(id)
    }

    fn money(
        &mut self,
        label: &str,
        reading: &LabelReading,
        new_sentence: bool,
        figure: &Figure,
        next: usize,
    ) -> (Option<usize>, Option<Phase>) {
        // 「平均每辆车的运行维护费3.8万元」 is no total of anything.
        if is_change(&reading.key) || is_average(&reading.key) {
            return (None, None);
        }
        if let Some(fate) = self.fate(reading, figure, next) {
            return fate;
        }
        if reading.key.contains("(类)") || reading.key.contains("(项)") {
            let phase = reading.phase.or(reading.weak_phase);
            return (self.named("expenditure.function"), phase);
        }
        let own = self.of_kind(reading.concept, FactKind::Money);
        if own.is_some_and(|own| self.is_source_of_part(own, reading) || self.is_under_evaluation(own, figure)) {
            return (None, reading.phase.or(reading.weak_phase));
        }
        let concept = self.money_concept(own, reading, new_sentence);
        let phase = reading
            .phase
            .or_else(|| self.carried_phase(concept, reading, new_sentence))
            .or_else(|| self.default_phase(concept, reading, label))
            .filter(|phase| *phase != Phase::Executed || reading.phase.is_some() || !self.unpaid(figure, next));
        // 「支出90万元，剩余10万元」: what is left of all funds has a name of its own.
        let of_all = concept.is_some_and(|index| {
            self.context
                .lexicon
                .concept(index)
                .is_some_and(|concept| matches!(&*concept.id, "expenditure.total" | "funds.total" | "project.funds"))
        });
        match phase {
            Some(Phase::Balance) if of_all => return (self.named("funds.balance"), phase),
            Some(Phase::CarriedOver) if of_all => return (self.named("funds.carried_over"), phase),
            _ => {}
        }
        self.carry.last_phase = phase;
        if let [first @ None, _] = &mut self.carry.topic {
            *first = concept;
        }
        if concept.is_some() {
            self.carry.concept = concept;
            self.carry.phase = phase;
        } else if !reading.residue.is_empty() {
            self.carry.concept = None;
        }
        (concept, phase)
    }

    /// What an amount is, by its own name or by what the sentence, the line above or the heading says.
    fn money_concept(&mut self, own: Option<usize>, reading: &LabelReading, new_sentence: bool) -> Option<usize> {
        let strong = own.filter(|_| !reading.weak && !reading.general);
        let general = own.filter(|_| reading.general);
        let open = reading.residue.is_empty() && (reading.weak || own.is_none());
        let carried = (open && !new_sentence).then_some(self.carry.concept).flatten();
        if new_sentence {
            self.carry.topic = [None, self.carry.topic.into_iter().flatten().next()];
        }
        // 「2022年“三公”经费预算20万元，……。2021年决算18万元」: a year and a stage alone go on with the sentence before.
        let topic = self.carry.topic.last().copied().flatten();
        let gone_on = topic.filter(|_| open && own.is_none() && new_sentence && reading.year.is_some());
        let fits =
            |carried: usize| own.is_none_or(|own| !self.is_project_funds(carried) && !self.is_other_side(own, carried));
        let carried = carried.or(gone_on).filter(|carried| fits(*carried));
        let led = (open && self.previous.is_none()).then(|| self.led_in()).flatten();
        let functional =
            (open && self.surroundings.scope.is_some()).then(|| self.named("expenditure.function")).flatten();
        let family =
            own.filter(|_| reading.weak && !new_sentence).filter(|own| self.same_family(*own, self.carry.concept));
        // 会议支出 is some spending: a weak name counts only where nothing else is said, or the part of the entity is.
        let bare = own.filter(|_| !reading.weak || reading.residue.is_empty() || is_unit_of_entity(&reading.prefix));
        strong.or(general).or(family).or(carried).or(functional).or(led).or(bare)
    }

    /// 「项目支出50万元，其中财政资金40万元」: where a part's money comes from is not what the entity has of it.
    fn is_source_of_part(&self, own: usize, reading: &LabelReading) -> bool {
        let id = |index: usize| self.context.lexicon.concept(index).map_or("", |concept| &*concept.id);
        let whole = |carried: usize| {
            matches!(id(carried), "expenditure.total" | "expenditure.fiscal_appropriation" | "income.total")
                || id(carried).starts_with("funds.")
                || id(carried).starts_with("project.")
        };
        reading.of_which && id(own).starts_with("funds.") && self.carry.concept.is_some_and(|carried| !whole(carried))
    }

    /// 「对3个项目开展评价，涉及一般公共预算支出80万元」 speaks of the evaluated projects, not of the entity.
    fn is_under_evaluation(&self, own: usize, figure: &Figure) -> bool {
        let whole = self.context.lexicon.concept(own).is_some_and(|concept| {
            concept.id.starts_with("funds.") || matches!(&*concept.id, "expenditure.total" | "expenditure.project")
        });
        // The word stands near, and sentences without an end are long.
        let from = self.sentence.max(figure.number.start.saturating_sub(EVALUATION_REACH));
        let said = |word: [char; 2], from: usize| {
            let text = self.chars.get(from..figure.number.start).unwrap_or_default();
            text.windows(2).position(|pair| pair == word).map(|at| from + at)
        };
        whole && said(['评', '价'], from).is_some_and(|at| said(['涉', '及'], at).is_some())
    }

    /// 购置费 after 公务用车 is a part of it: short names count among their own.
    fn same_family(&self, own: usize, carried: Option<usize>) -> bool {
        let root = |index: usize| {
            let id = &*self.context.lexicon.concept(index)?.id;
            id.split('.').next().filter(|root| !matches!(*root, "expenditure" | "funds" | "income"))
        };
        carried.is_some_and(|carried| root(own).is_some() && root(own) == root(carried))
    }

    /// A project's funds are named once; what is spent of them is spending.
    fn is_project_funds(&self, index: usize) -> bool {
        self.context.lexicon.concept(index).is_some_and(|concept| &*concept.id == "project.funds")
    }

    /// The line above or the heading names what the first figure speaks of.
    fn led_in(&self) -> Option<usize> {
        let strong = |reading: &Rc<LabelReading>| reading.concept.filter(|_| !reading.weak);
        let lead = self.surroundings.lead_in.as_ref().and_then(strong);
        let found = lead.or_else(|| self.surroundings.heading.as_ref().and_then(strong));
        self.of_kind(found, FactKind::Money).filter(|found| !self.is_project_funds(*found))
    }

    /// 「收入900万元，支出880万元」: spending is no income.
    fn is_other_side(&self, own: usize, carried: usize) -> bool {
        let side = |index: usize| {
            let id = &*self.context.lexicon.concept(index)?.id;
            id.split('.').next().filter(|root| matches!(*root, "income" | "expenditure"))
        };
        side(own).zip(side(carried)).is_some_and(|(own, carried)| own != carried)
    }

    /// 「“三公”经费预算10万元，其中公务接待费4万元」: the parts of a budget are budgeted, those of spending are spent.
    fn carried_phase(&self, concept: Option<usize>, reading: &LabelReading, new_sentence: bool) -> Option<Phase> {
        let is_handed_on = |phase: Option<Phase>| {
            matches!(phase, Some(Phase::Budget | Phase::InitialBudget | Phase::AdjustedBudget | Phase::Executed))
        };
        if reading.of_which && self.carry.concept.is_none() {
            return self.carry.last_phase.filter(|last| is_handed_on(Some(*last)) && !new_sentence);
        }
        let handed_on = is_handed_on(self.carry.phase);
        // 「公共安全支出60万元、教育支出50万元」 are parts of one concept.
        let functional = concept.is_some() && concept == self.named("expenditure.function");
        let part = concept.is_some()
            && self.carry.concept.is_some()
            && (concept != self.carry.concept || (functional && !reading.residue.is_empty()));
        self.carry.phase.filter(|_| handed_on && part && !new_sentence)
    }

    /// Spending that is reported without a stage has been spent.
    fn default_phase(&self, concept: Option<usize>, reading: &LabelReading, label: &str) -> Option<Phase> {
        let id = &*self.context.lexicon.concept(concept?)?.id;
        let spent = id.starts_with("expenditure.") || id.starts_with("three_public.") || id.starts_with("income.");
        match id {
            "funds.balance" => Some(Phase::Balance),
            "funds.carried_over" => Some(Phase::CarriedOver),
            "funds.total" | "project.funds" => reading.weak_phase.or(Some(Phase::Budget)),
            _ if spent && !label.contains("投入") => reading.weak_phase.or(Some(Phase::Executed)),
            _ => reading.weak_phase,
        }
    }

    /// 「剩余金额中的7.66万元上缴财政」: what becomes of a part of the balance is said behind it.
    fn fate(&self, reading: &LabelReading, figure: &Figure, next: usize) -> Option<(Option<usize>, Option<Phase>)> {
        let of_balance =
            reading.phase == Some(Phase::Balance) || reading.key.contains("结余") || reading.key.contains("剩余");
        if !of_balance
            || !(reading.key.ends_with("中的") || reading.key.ends_with('中') || reading.key.contains("其中"))
        {
            return None;
        }
        let behind: String =
            self.chars.get(figure.end..next)?.iter().take_while(|c| !matches!(c, '。' | '\n')).collect();
        if ["上缴", "收回", "缴回"].iter().any(|word| behind.contains(word)) && !behind.contains("结转") {
            return Some((self.named("funds.returned"), None));
        }
        behind.contains("结转").then(|| (self.named("funds.carried_over"), Some(Phase::CarriedOver)))
    }

    /// 「建设经费24.9万元未能在年内支付」.
    fn unpaid(&self, figure: &Figure, next: usize) -> bool {
        let behind = self.chars.get(figure.end..next).unwrap_or_default();
        let behind: String = behind.iter().take_while(|c| !matches!(c, ',' | '。' | ';' | '\n')).collect();
        ["未能", "未支付", "未支出", "尚未", "未付", "未使用", "没有支付"].iter().any(|word| behind.contains(word))
    }

    fn rate(&mut self, label: &str, reading: &LabelReading, new_sentence: bool) -> Option<usize> {
        let key = reading.key.as_str();
        // 「甲30万元，占60%；乙20万元，40%」: a bare rate goes on with what the one before it said.
        if trimmed(label).is_empty() && !new_sentence {
            return self.carry.rate;
        }
        self.carry.rate = self.rate_named(key);
        self.carry.rate
    }

    fn rate_named(&self, key: &str) -> Option<usize> {
        let has = |words: &[&str]| words.iter().any(|word| key.contains(word));
        let id = if has(&["满意"]) {
            "rate.satisfaction"
        } else if is_change(key) || has(&["同比", "环比"]) {
            "rate.change"
        } else if has(&["到位率"]) {
            "rate.arrival"
        } else if has(&["人员控制率", "编制控制率"]) {
            "staff.control_rate"
        } else if has(&["执行率", "支出率", "支出进度"])
            || (key.starts_with("完成") && has(&["预算"]))
            || has(&["完成预算", "完成年初预算", "完成年度预算", "完成全年预算", "预算完成率"])
        {
            "rate.execution"
        } else if has(&["占"]) {
            "rate.share"
        } else {
            return None;
        };
        self.named(id)
    }

    fn score(&self, reading: &LabelReading) -> Option<usize> {
        let total =
            ["自评结果", "得分", "总分", "评分", "自评分", "综合评价"].iter().any(|word| reading.key.contains(word));
        if total { self.named("score.total") } else { None }
    }

    /// The part a figure speaks of: named before the concept, by the item's line, or in front of the opening colon.
    fn scope(&mut self, label: &str, reading: &LabelReading) -> Option<String> {
        if let Some(scope) = functional_scope(label) {
            return Some(scope);
        }
        match project_scope(label, reading, self.context) {
            Some(Project::Named(name)) => return Some(name),
            // Another project, so no longer the one before.
            Some(Project::Unnamed) => self.carry.scope.clone_from(&self.lead),
            None => {}
        }
        if is_unit_of_entity(&reading.prefix) && !self.is_entity(&reading.prefix) {
            return Some(reading.prefix.clone());
        }
        if self.previous.is_none() || self.carry.scope.is_none() {
            return self.lead.clone().or_else(|| self.surroundings.scope.clone());
        }
        None
    }

    fn is_entity(&self, name: &str) -> bool {
        self.context.entity.as_deref().is_some_and(|entity| entity.ends_with(name) || name.contains(entity))
    }

    /// The year named last in front of the figure in its sentence.
    fn year_before(&self, figure: &Figure) -> Option<i32> {
        let before = self.years.partition_point(|year| year.start < figure.number.start);
        let last = self.years.get(before.checked_sub(1)?)?;
        (last.start >= self.sentence).then_some(last.year)
    }
}

/// 「较2021年的100万元」 is the base of a comparison; what follows speaks of this year again.
fn base_of_comparison(key: &str) -> bool {
    key.starts_with(['比', '较', '与'])
}

fn says_last_year(key: &str) -> bool {
    ["上年", "去年", "上一年"].iter().any(|word| key.contains(word))
}

/// 「上年同期收入100万元」, but 「上年结转20万元」 is of this year.
fn names_last_year(key: &str) -> bool {
    ["上年同期", "去年同期", "上年决算", "上年支出", "上年收入", "上年预算", "上年度决算", "上年度支出", "上年度收入"]
        .iter()
        .any(|name| key.starts_with(name))
}

/// 「比2019年」, 「较2021年」, 「与2021年相比」 name the base of a comparison, 「成立于2017年」 a beginning.
fn compared(sentence: &[char], year: usize) -> bool {
    let before = |steps: usize| year.checked_sub(steps).and_then(|at| sentence.get(at)).copied();
    match before(1) {
        Some('比' | '较' | '与' | '自' | '从') => true,
        Some('于') => before(2).is_some_and(|c| matches!(c, '立' | '建' | '始' | '设' | '组')),
        _ => false,
    }
}

fn trimmed(label: &str) -> String {
    label.trim().trim_start_matches(['，', ',', '、', '；', ';', '：', ':']).trim().to_owned()
}

pub(super) fn is_change(key: &str) -> bool {
    const WORDS: [&str; 11] = ["增加", "减少", "增长", "下降", "上升", "降低", "减收", "增收", "减支", "增支", "压减"];
    let said = |(at, word): (usize, &str)| key.get(at + word.len()..).is_some_and(|rest| rest.starts_with('了'));
    WORDS.iter().any(|word| key.ends_with(word) || key.match_indices(word).any(said))
}

/// 「一般公共服务（类）」, 「……（款）行政运行（项）」: the innermost functional name.
fn functional_scope(text: &str) -> Option<String> {
    if !text.contains(['(', '（']) {
        return None;
    }
    let chars: Vec<char> = text.chars().map(fold_char).collect();
    let marker = |at: usize| {
        chars.get(at) == Some(&'(')
            && matches!(chars.get(at + 1), Some('类' | '款' | '项'))
            && chars.get(at + 2) == Some(&')')
    };
    let last = (0..chars.len()).rev().find(|at| marker(*at))?;
    let from = (0..last).rev().find(|at| marker(*at)).map_or_else(|| clause_start(&chars, last), |at| at + 3);
    let shown: Vec<char> = text.chars().collect();
    let name: String = shown.get(from..last)?.iter().collect();
    let name = name.trim().trim_start_matches(|c: char| c.is_ascii_digit() || "、.．，,：:".contains(c)).trim();
    (!name.is_empty() && name.chars().count() <= 40).then(|| name.to_owned())
}

fn clause_start(chars: &[char], end: usize) -> usize {
    (0..end).rev().find(|at| matches!(chars.get(*at), Some(',' | ';' | ':' | '。' | '\n'))).map_or(0, |at| at + 1)
}

/// Characters in front of a figure within which 评价……涉及 speaks of it.
const EVALUATION_REACH: usize = 160;

/// Remarks in parentheses that are longer say something about the words, not what the figure is called.
const REMARK: usize = 6;

/// The label without a remark: 「运维项目（2020-2023）支出」, 「涉密项目支出（名称不公开）」.
fn without_remark(label: &str) -> Cow<'_, str> {
    if !label.trim_end().ends_with([')', '）', '出']) || !label.contains(['(', '（']) {
        return Cow::Borrowed(label);
    }
    let folded: Vec<char> = label.trim_end().chars().map(fold_char).collect();
    let spent: Vec<char> = "支出".chars().collect();
    let close = match folded.last() {
        Some(')') => folded.len() - 1,
        _ if folded.ends_with(&spent) && folded.get(folded.len().saturating_sub(3)) == Some(&')') => folded.len() - 3,
        _ => return Cow::Borrowed(label),
    };
    let Some(open) = folded.iter().take(close).rposition(|c| *c == '(') else { return Cow::Borrowed(label) };
    let behind_project = open >= 2 && folded.get(open - 2..open).is_some_and(|word| word == ['项', '目']);
    if close - open <= REMARK && !behind_project {
        return Cow::Borrowed(label);
    }
    let kept = label.chars().enumerate().filter(|(at, _)| !(open..=close).contains(at));
    Cow::Owned(kept.map(|(_, c)| c).collect())
}

/// What stands in front of 项目支出.
enum Project {
    /// A project's name.
    Named(String),
    /// Words that are no name, but speak of one project among others.
    Unnamed,
}

/// 「档案库房改造项目支出9.09万元」: the name of a project in front of 项目支出.
fn project_scope(label: &str, reading: &LabelReading, context: &Context<'_>) -> Option<Project> {
    let concept = context.lexicon.concept(reading.concept?)?;
    if &*concept.id != "expenditure.project" {
        return None;
    }
    let shown = trimmed(label);
    let skip = enumerator(&fold(&shown)).map_or(0, |found| found.chars);
    let shown: String = shown.chars().skip(skip).collect();
    let name = project_name(&shown)?;
    let years = period::years(&fold(name));
    // 「2021年项目支出」 names a year, no project.
    if years.last().is_some_and(|year| year.end == name.chars().count())
        || GENERAL.iter().any(|word| name.ends_with(word))
    {
        return None;
    }
    match name.chars().count() {
        0 | 1 => None,
        2 => Some(Project::Unnamed),
        _ => Some(Project::Named(name.to_owned())),
    }
}

/// Up to 项目支出, or up to 支出 where a remark stands between 项目 and 支出.
fn project_name(label: &str) -> Option<&str> {
    let name = match label.split_once("项目支出") {
        Some((name, _)) => name,
        None => label.trim_end().strip_suffix("支出")?,
    };
    let name = name.trim();
    Some(["另外", "此外", "以及"].iter().find_map(|lead| name.strip_prefix(lead)).unwrap_or(name))
}

/// Words in front of 项目支出 that name no project.
const GENERAL: [&str; 23] = [
    "财政拨款",
    "一般公共预算",
    "单位",
    "部门",
    "本级",
    "全年",
    "年初",
    "预算",
    "其中",
    "政府性基金",
    "上级",
    "本年",
    "我局",
    "我单位",
    "一次性",
    "经常性",
    "半年",
    "季度",
    "其他",
    "专项",
    "与",
    "和",
    "及",
];

/// Parts of an entity: 局机关, a centre, an institute.
pub(super) fn is_unit_of_entity(prefix: &str) -> bool {
    const ENDINGS: [&str; 16] = [
        "机关",
        "中心",
        "大队",
        "支队",
        "学校",
        "医院",
        "本级",
        "站",
        "院",
        "馆",
        "所",
        "队",
        "分局",
        "二级机构",
        "下属单位",
        "园",
    ];
    const WHOLE: [&str; 6] = ["全区", "全县", "全市", "全省", "我局", "本单位"];
    (2..=24).contains(&prefix.chars().count())
        && ENDINGS.iter().any(|ending| prefix.ends_with(ending))
        && !WHOLE.contains(&prefix)
        && !prefix.contains("及")
}

/// The name in front of the first colon, when it comes before any figure and names something of its own.
fn block_scope(chars: &[char], shown: &[char], figures: &[Figure], context: &Context<'_>) -> Option<String> {
    let first = figures.first()?.number.start;
    let colon = chars.iter().position(|c| *c == ':').filter(|colon| *colon < first && (2..=64).contains(colon))?;
    let lead = chars.get(..colon)?;
    if lead.iter().any(|c| matches!(c, '。' | ';' | '\n')) {
        return None;
    }
    let skip = enumerator(lead).map_or(0, |found| found.chars);
    let name: String = shown.get(skip..colon)?.iter().collect();
    let reading = context.lexicon.read(&name);
    const NAMES: [&str; 20] = [
        "项目", "工程", "费", "经费", "资金", "专项", "计划", "平台", "系统", "工作", "服务", "活动", "中心", "类",
        "采购", "租赁", "补助", "建设", ")", "”",
    ];
    let named = NAMES
        .iter()
        .any(|ending| reading.key.ends_with(ending) || name.trim().ends_with(ending) || name.trim().ends_with('）'));
    let subject = reading.concept.is_some() && !reading.weak;
    let unit = is_unit_of_entity(name.trim());
    (unit || named && !subject && name.trim().chars().count() >= 4).then(|| name.trim().to_owned())
}
