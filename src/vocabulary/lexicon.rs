//! The vocabulary made ready for reading labels.
//!
//! A label is read by containment of known names in its squeezed form, never by similarity. Chinese names have their head
//! at the end, so the name that ends furthest to the right wins, of those the longest.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::{Concept, Vocabulary};
use crate::normalize::{heading, key, period};
use crate::record::Phase;

/// Compiled vocabulary.
#[derive(Debug)]
pub struct Lexicon<'a> {
    vocabulary: &'a Vocabulary,
    /// (squeezed name, concept index), longest first.
    strong: Vec<(String, usize)>,
    general: Vec<(String, usize)>,
    weak: Vec<(String, usize)>,
    phases: Vec<(String, Phase)>,
    weak_phases: Vec<(String, Phase)>,
    masks: Vec<String>,
    /// Readings of labels that were asked for before: tables ask for the same headers cell by cell.
    known: RefCell<BTreeMap<String, LabelReading>>,
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
    /// What stands before the concept's name.
    pub prefix: String,
    /// What is left when concept, stage and filler words are taken out.
    pub residue: String,
}

impl<'a> Lexicon<'a> {
    /// Compiles a vocabulary.
    #[must_use]
    pub fn new(vocabulary: &'a Vocabulary) -> Self {
        let mut strong = Vec::new();
        let mut general = Vec::new();
        let mut weak = Vec::new();
        for (index, concept) in vocabulary.concepts.iter().enumerate() {
            strong.extend(concept.aliases.iter().map(|alias| (squeeze(alias), index)));
            general.extend(concept.general.iter().map(|alias| (squeeze(alias), index)));
            weak.extend(concept.weak.iter().map(|alias| (squeeze(alias), index)));
        }
        let mut phases = Vec::new();
        let mut weak_phases = Vec::new();
        for phase in &vocabulary.phases {
            phases.extend(phase.words.iter().map(|word| (squeeze(word), phase.id)));
            weak_phases.extend(phase.weak.iter().map(|word| (squeeze(word), phase.id)));
        }
        for list in [&mut strong, &mut general, &mut weak] {
            longest_first(list);
        }
        for list in [&mut phases, &mut weak_phases] {
            longest_first(list);
        }
        let masks = vocabulary.masks.iter().map(|mask| squeeze(mask)).collect();
        Self { vocabulary, strong, general, weak, phases, weak_phases, masks, known: RefCell::default() }
    }

    /// The vocabulary behind it.
    #[must_use]
    pub fn vocabulary(&self) -> &'a Vocabulary {
        self.vocabulary
    }

    /// A concept by its index.
    #[must_use]
    pub fn concept(&self, index: usize) -> Option<&'a Concept> {
        self.vocabulary.concepts.get(index)
    }

    /// A concept's index by its id.
    #[must_use]
    pub fn concept_named(&self, id: &str) -> Option<usize> {
        self.vocabulary.concepts.iter().position(|concept| concept.id == id)
    }

    /// Reads a label as printed.
    #[must_use]
    pub fn read(&self, label: &str) -> LabelReading {
        if let Some(known) = self.known.borrow().get(label) {
            return known.clone();
        }
        let reading = self.read_anew(label);
        let mut known = self.known.borrow_mut();
        if known.len() < KNOWN {
            known.insert(label.to_owned(), reading.clone());
        }
        reading
    }

    fn read_anew(&self, label: &str) -> LabelReading {
        let (bare, year) = without_years(label);
        let squeezed = squeeze(&strip_lead(&bare));
        let strong = find_last(&self.strong, &squeezed);
        let found = strong.or_else(|| find_last(&self.general, &squeezed));
        let named = found.or_else(|| find_last(&self.weak, &squeezed));
        let mut masked = squeezed.clone();
        for mask in &self.masks {
            masked = masked.replace(mask.as_str(), &"□".repeat(mask.chars().count()));
        }
        let phase = find_last(&self.phases, &masked);
        let weak_phase = find_last(&self.weak_phases, &masked);
        let prefix = named.and_then(|hit| squeezed.get(..hit.start)).unwrap_or_default().to_owned();
        let mut rest = squeezed.clone();
        let mut cuts: Vec<(usize, usize)> =
            [named.map(Hit::range), phase.map(Hit::range)].into_iter().flatten().collect();
        cuts.sort_unstable();
        for (start, end) in cuts.into_iter().rev() {
            let from = start.min(rest.len());
            let to = end.min(rest.len());
            if rest.is_char_boundary(from) && rest.is_char_boundary(to) {
                rest.replace_range(from..to, "");
            }
        }
        LabelReading {
            concept: named.map(|hit| hit.index),
            weak: found.is_none() && named.is_some(),
            general: strong.is_none() && found.is_some(),
            phase: phase.and_then(|hit| self.phases.get(hit.entry)).map(|(_, phase)| *phase),
            weak_phase: weak_phase.and_then(|hit| self.weak_phases.get(hit.entry)).map(|(_, phase)| *phase),
            year,
            prefix,
            residue: strip_fillers(&rest),
            key: squeezed,
        }
    }
}

/// Where a name was found (bytes of the squeezed label).
#[derive(Debug, Clone, Copy)]
struct Hit {
    start: usize,
    end: usize,
    /// Index in the list searched.
    entry: usize,
    /// Index of the concept, for lists of concepts.
    index: usize,
}

impl Hit {
    fn range(self) -> (usize, usize) {
        (self.start, self.end)
    }
}

trait Target: Copy {
    fn index(self) -> usize;
}

impl Target for usize {
    fn index(self) -> usize {
        self
    }
}

impl Target for Phase {
    fn index(self) -> usize {
        0
    }
}

/// The name that ends last; lists are sorted longest first, so equal ends go to the longest.
fn find_last<T: Target>(names: &[(String, T)], text: &str) -> Option<Hit> {
    let mut best: Option<Hit> = None;
    for (entry, (name, target)) in names.iter().enumerate() {
        if let Some(start) = text.rfind(name.as_str()) {
            let end = start + name.len();
            if best.is_none_or(|hit| end > hit.end) {
                best = Some(Hit { start, end, entry, index: target.index() });
            }
        }
    }
    best
}

fn longest_first<T>(list: &mut [(String, T)]) {
    list.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
}

/// Quotation marks are printed or not as it happens, so names are compared without them.
fn squeeze(text: &str) -> String {
    key(text).chars().filter(|c| !matches!(c, '“' | '”' | '"' | '‘' | '’' | '「' | '」')).collect()
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
const FILLERS: [&str; 40] = [
    "共计", "合计", "总计", "分别", "共有", "其中", "包括", "完成", "达到", "实现", "全年", "本年", "当年", "年度",
    "年末", "截至", "实际", "主要", "数额", "金额", "资金", "总额", "额度", "支出", "安排", "为", "是", "共", "约",
    "达", "数", "的", "有", "了", "计", "各", "近", "超", "(", ")",
];

fn strip_fillers(text: &str) -> String {
    let mut rest: String =
        text.chars().filter(|c| !matches!(c, ':' | ',' | ';' | '、' | '。' | '“' | '”' | '(' | ')')).collect();
    for filler in FILLERS {
        rest = rest.replace(filler, "");
    }
    rest
}
