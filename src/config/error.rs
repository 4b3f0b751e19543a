//! Complaints about configuration and pipeline files.
//!
//! In: what the YAML parser or a check objects to. Out: one line per complaint with file, line, column and, where a
//! known word is near, a suggestion. Nothing can go wrong here: a complaint without a place is still a complaint.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_saphyr::{Error as YamlError, Location};

use super::words;

/// Everything that is wrong with the configuration. The process ends with [`ConfigError::EXIT_CODE`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    complaints: Vec<Complaint>,
}

/// One thing that is wrong in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The file.
    pub file: PathBuf,
    /// Line and column, both from 1, where they are known.
    pub place: Option<(u64, u64)>,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl ConfigError {
    /// Exit code of a process that ends because of it.
    pub const EXIT_CODE: u8 = 3;

    /// The complaints, at least one, in the order of the file.
    #[must_use]
    pub fn complaints(&self) -> &[Complaint] {
        &self.complaints
    }

    pub(super) fn of(complaints: Vec<Complaint>) -> Self {
        Self { complaints }
    }

    /// A complaint about a file as a whole.
    pub(super) fn whole(file: &Path, message: impl Into<String>) -> Self {
        Self::of(vec![Complaint { file: file.to_owned(), place: None, message: message.into() }])
    }

    /// A complaint about one place of a file.
    pub(super) fn at(file: &Path, at: Location, message: impl Into<String>) -> Self {
        Self::of(vec![Complaint { file: file.to_owned(), place: place(at), message: message.into() }])
    }

    /// What the YAML parser said about a file.
    pub(super) fn yaml(file: &Path, yaml: &str, error: &YamlError) -> Self {
        let error = error.without_snippet();
        let message = words::message(error, yaml);
        let place = error.location().and_then(place);
        Self::of(vec![Complaint { file: file.to_owned(), place, message }])
    }
}

/// Line and column of a location, unless it is unknown.
pub(super) fn place(location: Location) -> Option<(u64, u64)> {
    (location != Location::UNKNOWN).then(|| (location.line(), location.column()))
}

/// `, did you mean ...` when a known word is near, else the list of known words.
pub(super) fn suggest<T: AsRef<str>>(word: &str, known: &[T]) -> String {
    let nearest = known.iter().map(AsRef::as_ref).map(|name| (distance(word, name), name)).min();
    match nearest {
        Some((steps, name)) if steps <= word.chars().count().max(3) / 3 => format!(", did you mean `{name}`?"),
        _ if known.is_empty() => String::new(),
        _ => {
            let names: Vec<_> = known.iter().map(|name| format!("`{}`", name.as_ref())).collect();
            format!("; known are {}", names.join(", "))
        }
    }
}

/// `, did you mean ...?` for a word that is not known, or nothing where none is near.
#[must_use]
pub fn suggestion<T: AsRef<str>>(word: &str, known: &[T]) -> String {
    Some(suggest(word, known)).filter(|text| text.contains("did you mean")).unwrap_or_default()
}

/// Edit distance (insert, delete, replace) over characters.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (index, a) in left.chars().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        let mut next = vec![before];
        for (b, above) in right.chars().zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(a != b);
            before = replaced.min(before + 1).min(above + 1);
            diagonal = *above;
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some((line, column)) = self.place {
            write!(f, "{line}:{column}:")?;
        }
        write!(f, " {}", self.message)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, complaint) in self.complaints.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{complaint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_suggested_and_far_ones_listed() {
        assert_eq!(suggest("inboxs", &["inboxes", "output"]), ", did you mean `inboxes`?");
        assert_eq!(suggest("kep", &["keep", "move"]), ", did you mean `keep`?");
        assert_eq!(suggest("whatever", &["keep", "move"]), "; known are `keep`, `move`");
    }

    #[test]
    fn distances() {
        for (left, right, steps) in
            [("", "", 0), ("a", "", 1), ("", "ab", 2), ("kitten", "sitting", 3), ("核对", "核", 1)]
        {
            assert_eq!(distance(left, right), steps, "{left} {right}");
        }
    }
}
