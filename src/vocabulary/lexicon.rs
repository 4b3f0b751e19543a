//! The vocabulary made ready for reading labels.
//!
//! A label is read by containment of known names in its squeezed form, never by similarity. Chinese names have their head
//! at the end, so the name that ends furthest to the right wins, of those the longest.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::OnceLock;

use super::{Concept, PhaseWords, TableSort, Vocabulary};
use crate::normalize::{heading, key_chars, period};
use crate::record::Phase;

/// A vocabulary made ready once: the names of its concepts and stages, and those of each sort of table that has its own.
#[derive(Debug, Clone)]
pub struct Words {
    vocabulary: Vocabulary,
    strong: Names<usize>,
    general: Names<usize>,
    weak: Names<usize>,
    phases: Names<Phase>,
    weak_phases: Names<Phase>,
    masks: Names<()>,
    no_concepts: Names<()>,
    fillers: Names<()>,
    /// Words of titles as they are compared, with the sort of table that they name; the one that decides comes first.
    titles: Vec<(String, usize)>,
    /// Beside each sort of table of the vocabulary, made ready when a document has the first such table.
    tables: Vec<OnceLock<Words>>,
}

/// Words with the labels that were read in one document.
#[derive(Debug)]
pub struct Lexicon<'a> {
    words: &'a Words,
    /// Readings of labels that were asked for before: tables ask for the same headers cell by cell.
    known: RefCell<BTreeMap<String, Rc<LabelReading>>>,
}

/// Readings that are kept.
const KNOWN: usize = 4_096;

/// What a label says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelReading {
    /// The label without spaces, years, list number and 其中.
    pub key: String,
    /// Index of the concept in the vocabulary.
    pub concept: Option<usize>,
    /// The concept was named by a weak alias.
    pub weak: bool,
    /// The concept was named by a general alias.
    pub general: bool,
    /// Stage that is named outright.
    pub phase: Option<Phase>,
    /// Stage that a weak word suggests.
    pub weak_phase: Option<Phase>,
    /// Year that is named, the last one of several.
    pub year: Option<i32>,
    /// 其中 stands in front: a part of what was said before.
    pub of_which: bool,
    /// What stands before the concept's name.
    pub prefix: String,
    /// What is left when concept, stage and filler words are taken out.
    pub residue: String,
}

impl Words {
    /// Makes a vocabulary ready.
    #[must_use]
    pub fn new(vocabulary: Vocabulary) -> Self {
        let concepts = |aliases: fn(&Concept) -> &Vec<String>| {
            let all = vocabulary.concepts.iter().enumerate();
            Names::new(
                all.flat_map(|(index, concept)| aliases(concept).iter().map(move |alias| (squeeze(alias), index))),
            )
        };
        let phases = |words: fn(&PhaseWords) -> &Vec<String>| {
            Names::new(
                vocabulary.phases.iter().flat_map(|phase| words(phase).iter().map(|word| (squeeze(word), phase.id))),
            )
        };
        let plain = |names: &[String]| Names::new(names.iter().map(|name| (squeeze(name), ())));
        Self {
            strong: concepts(|concept| &concept.aliases),
            general: concepts(|concept| &concept.general),
            weak: concepts(|concept| &concept.weak),
            phases: phases(|phase| &phase.words),
            weak_phases: phases(|phase| &phase.weak),
            masks: plain(&vocabulary.masks),
            no_concepts: plain(&vocabulary.no_concepts),
            fillers: Names::new(FILLERS.iter().map(|filler| ((*filler).to_owned(), ()))),
            titles: vocabulary.table_titles(),
            tables: vocabulary.tables.iter().map(|_| OnceLock::new()).collect(),
            vocabulary,
        }
    }

    /// The vocabulary behind them.
    #[must_use]
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The sort of table that a title names, with the words that hold in it where it has its own.
    #[must_use]
    pub fn table(&self, title: &str) -> Option<(&TableSort, Option<&Self>)> {
        let (_, at) = self.titles.iter().find(|(word, _)| title.contains(word.as_str()))?;
        let sort = self.vocabulary.tables.get(*at)?;
        let own = self.tables.get(*at).filter(|_| !sort.concepts.is_empty());
        Some((sort, own.map(|own| own.get_or_init(|| Self::new(self.vocabulary.within(sort))))))
    }
}

impl<'a> Lexicon<'a> {
    /// For one document.
    #[must_use]
    pub fn new(words: &'a Words) -> Self {
        Self { words, known: RefCell::default() }
    }

    /// The words behind it.
    #[must_use]
    pub fn words(&self) -> &'a Words {
        self.words
    }

    /// The vocabulary behind it.
    #[must_use]
    pub fn vocabulary(&self) -> &'a Vocabulary {
        &self.words.vocabulary
    }

    /// A concept by its index.
    #[must_use]
    pub fn concept(&self, index: usize) -> Option<&'a Concept> {
        self.words.vocabulary.concepts.get(index)
    }

    /// A concept's index by its id.
    #[must_use]
    pub fn concept_named(&self, id: &str) -> Option<usize> {
        self.words.vocabulary.concepts.iter().position(|concept| *concept.id == *id)
    }

    /// Reads a label as printed.
    #[must_use]
    pub fn read(&self, label: &str) -> Rc<LabelReading> {
        if let Some(known) = self.known.borrow().get(label) {
            return Rc::clone(known);
        }
        let reading = Rc::new(self.read_anew(label));
        let mut known = self.known.borrow_mut();
        if known.len() < KNOWN {
            known.insert(label.to_owned(), Rc::clone(&reading));
        }
        reading
    }

    fn read_anew(&self, label: &str) -> LabelReading {
        let words = self.words;
        let (bare, year) = without_years(label);
        let squeezed = squeeze(&strip_lead(&bare));
        // Masks are as wide in bytes as what they cover, so that places stay what they are.
        let naming = words.no_concepts.replaced(&squeezed, Some('□'));
        // 其他工资福利支出 is not 工资福利支出.
        let others = |hit: &Hit<usize>| {
            naming.get(..hit.start).is_some_and(|lead| lead.ends_with("其他") || lead.ends_with("其它"))
        };
        let find = |names: &Names<usize>| names.last_in(&naming).filter(|hit| !others(hit));
        let strong = find(&words.strong);
        let (is_strong, found) = (strong.is_some(), strong.or_else(|| find(&words.general)));
        let (is_found, named) = (found.is_some(), found.or_else(|| find(&words.weak)));
        let masked = words.masks.replaced(&squeezed, Some('□'));
        let phase = words.phases.last_in(&masked);
        let weak_phase = words.weak_phases.last_in(&masked);
        let prefix = named.as_ref().and_then(|hit| squeezed.get(..hit.start)).unwrap_or_default().to_owned();
        let cuts = [named.as_ref().map(Hit::range), phase.as_ref().map(Hit::range)];
        let rest: String = squeezed
            .char_indices()
            .filter(|(at, c)| !cuts.iter().flatten().any(|(start, end)| (start..end).contains(&at)) && !is_mark(*c))
            .map(|(_, c)| c)
            .collect();
        LabelReading {
            concept: named.as_ref().map(|hit| hit.target),
            weak: !is_found && named.is_some(),
            general: is_found && !is_strong,
            phase: phase.map(|hit| hit.target),
            weak_phase: weak_phase.map(|hit| hit.target),
            year,
            of_which: bare.trim_start_matches([',', '，', ' ', '、', '；', '：', ':']).starts_with("其中"),
            prefix,
            residue: words.fillers.replaced(&rest, None),
            key: squeezed,
        }
    }
}

/// Punctuation that means nothing in a label.
fn is_mark(c: char) -> bool {
    matches!(c, ':' | ',' | ';' | '、' | '。' | '“' | '”' | '(' | ')')
}

/// Where a name was found (bytes of the squeezed label).
#[derive(Debug, Clone, Copy)]
struct Hit<T> {
    start: usize,
    end: usize,
    target: T,
}

impl<T> Hit<T> {
    fn range(&self) -> (usize, usize) {
        (self.start, self.end)
    }
}

/// Names with what they mean, by their first character.
#[derive(Debug, Clone)]
struct Names<T> {
    by_first: BTreeMap<char, Vec<(String, T)>>,
    /// A bit for each first character, by its code modulo [`BITS`]: few characters of a label begin a name.
    begins: Vec<u64>,
}

/// Bits by which first characters are told apart.
const BITS: u32 = 4_096;

/// Where the bit of a first character stands.
fn bit_of(first: char) -> (usize, u64) {
    let at = u32::from(first) % BITS;
    (usize::try_from(at / u64::BITS).unwrap_or_default(), 1 << (at % u64::BITS))
}

impl<T: Copy> Names<T> {
    fn new(names: impl IntoIterator<Item = (String, T)>) -> Self {
        let mut by_first: BTreeMap<char, Vec<(String, T)>> = BTreeMap::new();
        for (name, target) in names {
            if let Some(first) = name.chars().next() {
                by_first.entry(first).or_default().push((name, target));
            }
        }
        // The longest first; of equal ones that of the vocabulary's order.
        for list in by_first.values_mut() {
            list.sort_by_key(|(name, _)| Reverse(name.len()));
        }
        let mut begins = vec![0; usize::try_from(BITS / u64::BITS).unwrap_or_default()];
        for (word, bit) in by_first.keys().map(|first| bit_of(*first)) {
            if let Some(bits) = begins.get_mut(word) {
                *bits |= bit;
            }
        }
        Self { by_first, begins }
    }

    /// The longest name that begins at a byte of the text.
    fn at(&self, text: &str, start: usize, first: char) -> Option<Hit<T>> {
        let (word, bit) = bit_of(first);
        if self.begins.get(word)? & bit == 0 {
            return None;
        }
        let rest = text.get(start..)?;
        let (name, target) = self.by_first.get(&first)?.iter().find(|(name, _)| rest.starts_with(name.as_str()))?;
        Some(Hit { start, end: start + name.len(), target: *target })
    }

    /// The name that ends furthest to the right, of those the longest.
    fn last_in(&self, text: &str) -> Option<Hit<T>> {
        let mut best: Option<Hit<T>> = None;
        for (start, first) in text.char_indices() {
            if let Some(hit) = self.at(text, start, first)
                && best.as_ref().is_none_or(|best| hit.end > best.end)
            {
                best = Some(hit);
            }
        }
        best
    }

    /// The text with each name replaced, read from left to right.
    fn replaced(&self, text: &str, with: Option<char>) -> String {
        let mut out = String::with_capacity(text.len());
        let mut free = 0;
        for (start, first) in text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
            if start < free {
                continue;
            }
            match self.at(text, start, first) {
                Some(hit) => {
                    free = hit.end;
                    let width = text.get(hit.start..hit.end).map_or(0, |name| name.chars().count());
                    out.extend(with.into_iter().flat_map(|c| std::iter::repeat_n(c, width)));
                }
                None => out.push(first),
            }
        }
        out
    }
}

/// Quotation marks are printed or not as it happens, so names are compared without them.
fn squeeze(text: &str) -> String {
    let mut squeezed = String::with_capacity(text.len());
    squeezed.extend(key_chars(text).filter(|c| !matches!(c, '“' | '”' | '"' | '‘' | '’' | '「' | '」')));
    squeezed
}

/// The label without year expressions, and the last year that is not the base of a comparison, if there is one.
fn without_years(label: &str) -> (String, Option<i32>) {
    let chars: Vec<char> = label.chars().collect();
    let folded: Vec<char> = chars.iter().map(|c| crate::normalize::fold_char(*c)).collect();
    let years = period::years(&folded);
    let mut bare = String::new();
    let mut at = 0;
    for year in &years {
        bare.extend(chars.get(at..year.start).unwrap_or_default());
        at = year.end;
    }
    bare.extend(chars.get(at..).unwrap_or_default());
    let base = |year: &&period::YearMatch| {
        year.start.checked_sub(1).and_then(|at| folded.get(at)).is_some_and(|c| matches!(c, '比' | '较' | '与'))
    };
    let named = years.iter().rfind(|year| !base(year)).or(years.last());
    (bare, named.map(|year| year.year))
}

/// Without list numbers and 其中 in front.
fn strip_lead(label: &str) -> String {
    let mut text = label.trim();
    loop {
        let folded: Vec<char> = text.chars().map(crate::normalize::fold_char).collect();
        let skip = match heading::enumerator(&folded) {
            Some(found) => found.chars,
            None if text.starts_with("其中") => 2,
            None if text.starts_with(['：', ':', '，', ',', '、', '。', '；', ';', '的']) => 1,
            None => return text.to_owned(),
        };
        let next = text.char_indices().nth(skip).map_or("", |(at, _)| text.get(at..).unwrap_or_default());
        text = next.trim_start();
    }
}

/// Words that say nothing about what is meant.
const FILLERS: [&str; 56] = [
    "共计",
    "合计",
    "总计",
    "分别",
    "共有",
    "其中",
    "包括",
    "完成",
    "达到",
    "实现",
    "全年",
    "本年",
    "当年",
    "年度",
    "年末",
    "截至",
    "实际",
    "主要",
    "数额",
    "金额",
    "资金",
    "总额",
    "额度",
    "支出",
    "安排",
    "项目",
    "我局",
    "我单位",
    "我部门",
    "本单位",
    "本部门",
    "本局",
    "单位",
    "部门",
    "财政",
    "拨款",
    "经费",
    "为",
    "是",
    "共",
    "约",
    "达",
    "数",
    "的",
    "有",
    "了",
    "计",
    "各",
    "近",
    "超",
    "预算",
    "决算",
    "总",
    "也",
    "则",
    "即",
];
