//! The vocabulary and the pipelines: those compiled into the binary, and those of the configuration's folder.
//!
//! In: YAML texts. Out: a [`Catalog`], ordered by file name, `generic` last. What can go wrong: a file that is no YAML
//! of the expected shape, a name twice, a name that cannot stand in a record id; each is a complaint with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_saphyr::{Location, Spanned};

use super::error::{Complaint, ConfigError, suggest, suggestion};
use crate::pipeline::{Catalog, Pipeline};
use crate::reconcile::reference::BUILT_IN as BUILT_IN_RULES;
use crate::reconcile::{Rule, RuleLevels};
use crate::record::sha256_hex;
use crate::vocabulary::{ConceptNames, NAMED_CONCEPTS, Vocabulary};

/// File name of the vocabulary in a pipelines folder.
const VOCABULARY: &str = "vocabulary.yaml";
/// Name of the pipeline that takes what no other takes.
const LAST: &str = "generic";
/// The files compiled into the binary.
const BUILT_IN: [(&str, &str); 6] = [
    (VOCABULARY, include_str!("../../pipelines/vocabulary.yaml")),
    ("department-self-evaluation.yaml", include_str!("../../pipelines/department-self-evaluation.yaml")),
    ("department-final-account.yaml", include_str!("../../pipelines/department-final-account.yaml")),
    ("performance-base-data.yaml", include_str!("../../pipelines/performance-base-data.yaml")),
    ("project-self-evaluation.yaml", include_str!("../../pipelines/project-self-evaluation.yaml")),
    ("generic.yaml", include_str!("../../pipelines/generic.yaml")),
];

/// The files that a catalog is made of, by name: what a process without file access makes it from again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CatalogTexts(BTreeMap<String, Text>);

/// One YAML text with the path that complaints name.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Text {
    path: PathBuf,
    yaml: String,
}

impl Text {
    /// A complaint about a word, placed at its occurrence number `nth`, from 0, as a whole word.
    fn complaint(&self, word: &str, nth: usize, message: String) -> Complaint {
        let within = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
        let whole = |at: &usize| {
            let before = self.yaml.get(..*at).and_then(|text| text.chars().next_back());
            let after = self.yaml.get(at + word.len()..).and_then(|text| text.chars().next());
            !before.is_some_and(within) && !after.is_some_and(within)
        };
        let found = self.yaml.match_indices(word).map(|(at, _)| at).filter(whole).nth(nth);
        let place = found.and_then(|at| {
            let lead = self.yaml.get(..at)?;
            let line = lead.matches('\n').count() as u64 + 1;
            let column = lead.rsplit('\n').next().map_or(0, |text| text.chars().count()) as u64 + 1;
            Some((line, column))
        });
        Complaint { file: self.path.clone(), place, message }
    }
}

/// The built-in files, those of `folder` in their place where the name is the same and beside them where it is new.
///
/// # Errors
/// When the folder cannot be read or one of its files is not what it should be.
pub fn load_catalog(folder: Option<&Path>) -> Result<Catalog, ConfigError> {
    CatalogTexts::read(folder)?.catalog()
}

impl CatalogTexts {
    /// Reads the files; see [`load_catalog`].
    ///
    /// # Errors
    /// When the folder or a file in it cannot be read.
    pub fn read(folder: Option<&Path>) -> Result<Self, ConfigError> {
        let built_in = BUILT_IN.iter().map(|(name, yaml)| {
            let path = Path::new("pipelines").join(name);
            ((*name).to_owned(), Text { path, yaml: (*yaml).to_owned() })
        });
        let mut texts: BTreeMap<String, Text> = built_in.collect();
        if let Some(folder) = folder {
            texts.extend(read_folder(folder)?);
        }
        Ok(Self(texts))
    }

    /// What they say.
    ///
    /// # Errors
    /// When one of them is not what it should be.
    pub fn catalog(&self) -> Result<Catalog, ConfigError> {
        parse_catalog(&self.0)
    }
}

fn parse_catalog(texts: &BTreeMap<String, Text>) -> Result<Catalog, ConfigError> {
    let vocabulary: Vocabulary = match texts.get(VOCABULARY) {
        Some(text) => checked_vocabulary(text)?,
        None => return Err(ConfigError::whole(Path::new(VOCABULARY), "there is no vocabulary")),
    };
    let mut pipelines = Vec::new();
    let mut names = BTreeSet::new();
    for (_, text) in texts.iter().filter(|(name, _)| *name != VOCABULARY) {
        let pipeline: Pipeline = parse(text)?;
        check_name(&pipeline.name, text, &mut names)?;
        check_words(&pipeline, text, &vocabulary)?;
        pipelines.push(pipeline);
    }
    // Stable: the order by file stays but for the one that comes last.
    pipelines.sort_by_key(|pipeline| pipeline.name == LAST);
    if !names.contains(LAST) {
        return Err(ConfigError::whole(Path::new("pipelines"), format!("there is no pipeline `{LAST}`; add it")));
    }
    Ok(Catalog::new(vocabulary, pipelines))
}

/// A vocabulary in which each concept stands once and those that the program itself speaks of are there.
fn checked_vocabulary(text: &Text) -> Result<Vocabulary, ConfigError> {
    let vocabulary: Vocabulary = parse(text)?;
    let mut ids = BTreeSet::new();
    let mut complaints = Vec::new();
    for concept in &vocabulary.concepts {
        if !ids.insert(&*concept.id) {
            complaints.push(text.complaint(
                &concept.id,
                1,
                format!("a second concept is called `{}`; keep one", concept.id),
            ));
        }
    }
    for id in NAMED_CONCEPTS.iter().filter(|id| !ids.contains(*id)) {
        complaints.push(text.complaint(
            "concepts",
            0,
            format!("the concept `{id}` is missing; forms and sentences need it"),
        ));
    }
    let known: Vec<&str> = vocabulary.concepts.iter().map(|concept| &*concept.id).collect();
    for sort in &vocabulary.tables {
        check_names(&sort.concepts, text, &known, &mut complaints);
    }
    if complaints.is_empty() { Ok(vocabulary) } else { Err(ConfigError::of(complaints)) }
}

/// Names are given to known concepts, or the new one says what it is.
fn check_names(names: &[ConceptNames], text: &Text, known: &[&str], complaints: &mut Vec<Complaint>) {
    for added in names.iter().filter(|added| !known.contains(&&*added.id)) {
        if added.zh.is_none() || added.en.is_none() || added.kind.is_none() {
            let near = suggestion(&added.id, known);
            let message = format!("`{}` is no known concept{near}; a new one needs `zh`, `en` and `kind`", added.id);
            complaints.push(text.complaint(&added.id, 0, message));
        }
    }
}

/// Concepts and document kinds that a pipeline names are those of the vocabulary.
fn check_words(pipeline: &Pipeline, text: &Text, vocabulary: &Vocabulary) -> Result<(), ConfigError> {
    let mut complaints = Vec::new();
    let common: Vec<&str> = vocabulary.concepts.iter().map(|concept| &*concept.id).collect();
    check_names(&pipeline.concepts, text, &common, &mut complaints);
    let own = pipeline.vocabulary(vocabulary);
    let concepts: Vec<&str> = own.concepts.iter().map(|concept| &*concept.id).collect();
    for sort in &pipeline.tables {
        check_names(&sort.concepts, text, &concepts, &mut complaints);
    }
    let kinds: Vec<&str> = vocabulary.document_kinds.iter().map(|kind| kind.id.as_str()).collect();
    for kind in pipeline.select.kinds.iter().filter(|kind| !kinds.contains(&kind.as_str())) {
        complaints.push(text.complaint(kind, 0, format!("unknown document kind `{kind}`{}", suggest(kind, &kinds))));
    }
    let mut ids = BTreeSet::new();
    for rule in &pipeline.rules {
        if !ids.insert(rule.id.as_str()) {
            complaints.push(text.complaint(&rule.id, 1, format!("a second rule is called `{}`; rename one", rule.id)));
        }
        if let Some(complaint) = rule.complaint() {
            complaints.push(text.complaint(&rule.id, 0, format!("the rule `{}`: {complaint}", rule.id)));
        }
    }
    let named = pipeline.rules.iter().flat_map(Rule::concepts);
    for concept in named.filter(|concept| !concepts.contains(concept)) {
        complaints.push(text.complaint(
            concept,
            0,
            format!("unknown concept `{concept}`{}", suggestion(concept, &concepts)),
        ));
    }
    if complaints.is_empty() { Ok(()) } else { Err(ConfigError::of(complaints)) }
}

/// What is wrong with a rule's id: no built-in rule and no pipeline has it.
#[must_use]
pub fn unknown_rule(id: &str, catalog: &Catalog) -> Option<String> {
    let declared = catalog.pipelines.iter().flat_map(|pipeline| pipeline.rules.iter().map(|rule| rule.id.as_str()));
    let known: Vec<&str> = declared.chain(BUILT_IN_RULES.iter().map(|rule| rule.id)).collect();
    (!known.contains(&id)).then(|| format!("there is no rule `{id}`{}", suggestion(id, &known)))
}

/// What makes two conversions of the same bytes the same: the versions of the pipelines that could be chosen, and how loud
/// their rules may be.
#[must_use]
pub fn conversion_key(catalog: &Catalog, pipeline: Option<&str>, levels: &RuleLevels) -> String {
    let mut text = format!("vocabulary@{}", catalog.vocabulary.version);
    for candidate in catalog.pipelines.iter().filter(|each| pipeline.is_none_or(|name| name == each.name)) {
        text.push_str(&format!("\n{}@{}", candidate.name, candidate.version));
    }
    for (rule, level) in levels {
        text.push_str(&format!("\n{rule}={level:?}"));
    }
    let digest = sha256_hex(text.as_bytes());
    format!("{}@{}", pipeline.unwrap_or("auto"), digest.get(..16).unwrap_or_default())
}

fn read_folder(folder: &Path) -> Result<BTreeMap<String, Text>, ConfigError> {
    let unreadable = |path: &Path, error: std::io::Error| ConfigError::whole(path, format!("cannot be read: {error}"));
    let mut texts = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let path = entry.map_err(|error| unreadable(folder, error))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if name.starts_with('.') || !(name.ends_with(".yaml") || name.ends_with(".yml")) {
            continue;
        }
        let name = name.to_owned();
        let yaml = fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
        texts.insert(name, Text { path, yaml });
    }
    Ok(texts)
}

fn parse<T: DeserializeOwned>(text: &Text) -> Result<T, ConfigError> {
    serde_saphyr::from_str(&text.yaml).map_err(|error| ConfigError::yaml(&text.path, &text.yaml, &error))
}

/// A pipeline's name stands in record ids and so in file names: lower case letters, digits and hyphens only.
fn check_name(name: &str, text: &Text, names: &mut BTreeSet<String>) -> Result<(), ConfigError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 64 || name.starts_with('-') || !name.chars().all(plain) {
        let message = format!("the name `{name}` must be 1 to 64 lower case letters, digits and hyphens");
        return Err(ConfigError::at(&text.path, name_place(text), message));
    }
    if !names.insert(name.to_owned()) {
        let message = format!("a second pipeline is called `{name}`; rename one");
        return Err(ConfigError::at(&text.path, name_place(text), message));
    }
    Ok(())
}

/// Where a pipeline's name stands.
fn name_place(text: &Text) -> Location {
    #[derive(Deserialize)]
    struct Named {
        name: Spanned<String>,
    }
    serde_saphyr::from_str(&text.yaml).map_or(Location::UNKNOWN, |named: Named| named.name.referenced)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconcile::RuleLevel;

    fn key(catalog: &Catalog, pipeline: Option<&str>) -> String {
        conversion_key(catalog, pipeline, &RuleLevels::new())
    }

    #[test]
    fn built_ins_load_with_generic_last() {
        let catalog = load_catalog(None).unwrap();
        assert_eq!(catalog.pipelines.last().unwrap().name, "generic");
        assert_eq!(catalog.pipelines.len(), 5);
    }

    #[test]
    fn a_folder_adds_and_complains_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine.yaml"), "name: mine\nversion: \"7\"\nzh: 我的\nen: mine\n").unwrap();
        let catalog = load_catalog(Some(folder.path())).unwrap();
        assert_eq!(catalog.pipelines.len(), 6);
        assert_eq!(catalog.pipelines.last().unwrap().name, "generic");
        assert_ne!(key(&catalog, Some("mine")), key(&catalog, None));

        fs::write(folder.path().join("mine.yaml"), "name: mine\nversoin: \"7\"\nzh: 我的\nen: mine\n").unwrap();
        let error = load_catalog(Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains("mine.yaml:2:1: unknown field `versoin`, did you mean `version`?"), "{error}");
        let unknown = "name: mine\nversion: \"7\"\nzh: 我的\nen: mine\nselect:\n  kinds: [department_budgett]\n";
        fs::write(folder.path().join("mine.yaml"), unknown).unwrap();
        let error = load_catalog(Some(folder.path())).unwrap_err().to_string();
        assert!(
            error.contains(
                "mine.yaml:6:11: unknown document kind `department_budgett`, did you mean `department_budget`?"
            ),
            "{error}"
        );
        fs::write(folder.path().join("mine.yaml"), "name: ../x\nversion: \"7\"\n").unwrap();
        assert!(load_catalog(Some(folder.path())).is_err());
    }

    #[test]
    fn the_key_follows_versions() {
        let mut catalog = load_catalog(None).unwrap();
        let before = key(&catalog, None);
        assert_eq!(before, key(&catalog.clone(), None));
        let quiet = RuleLevels::from([("sum.of_which".to_owned(), RuleLevel::Off)]);
        assert_ne!(before, conversion_key(&catalog, None, &quiet));
        catalog.pipelines[0].version = "99".to_owned();
        assert_ne!(before, key(&catalog, None));
    }
}
