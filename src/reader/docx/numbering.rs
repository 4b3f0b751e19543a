//! Automatic paragraph numbers: the labels that Word prints and no run contains.
//!
//! In: `numbering.xml`, then one call per numbered paragraph in document order. Out: the label as printed ("一、", "（二）",
//! "1.2"), or nothing for bullets. Wrong: references to lists that are not there give no label; reference cycles between
//! list styles are cut.
//!
//! Follows ECMA-376 Part 1, 17.9: counters belong to the abstract list, an instance may override start values, deeper
//! levels restart when a higher one advances.

use std::collections::{BTreeMap, BTreeSet};

use super::numerals;
use crate::error::Result;
use crate::reader::xml::{Ns, Token, Xml};

/// Word has nine levels.
const LEVELS: usize = 9;

/// One level of a list.
#[derive(Debug, Clone)]
struct Level {
    start: i64,
    format: String,
    text: String,
    /// Nothing separates label and text.
    tight: bool,
    legal: bool,
    /// Level (counted from 1) whose advance restarts this one; 0 for never.
    restart: Option<u8>,
    style: Option<String>,
}

impl Default for Level {
    fn default() -> Self {
        Self {
            start: 1,
            format: "decimal".to_owned(),
            text: String::new(),
            tight: false,
            legal: false,
            restart: None,
            style: None,
        }
    }
}

#[derive(Debug, Default)]
struct Abstract {
    levels: BTreeMap<usize, Level>,
    /// This list takes its levels from the list style of this name.
    style_link: Option<String>,
    /// This list defines the list style of this name.
    defines_style: Option<String>,
}

#[derive(Debug, Default)]
struct Instance {
    abstract_id: String,
    starts: BTreeMap<usize, i64>,
    levels: BTreeMap<usize, Level>,
}

/// All lists of a document with their running counters.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    abstracts: BTreeMap<String, Abstract>,
    instances: BTreeMap<String, Instance>,
    counters: BTreeMap<String, [Option<i64>; LEVELS]>,
    /// Instance and level whose own start value has been used.
    started: BTreeSet<(String, usize)>,
}

impl Numbering {
    /// Reads `numbering.xml`.
    ///
    /// # Errors
    /// Those of [`Xml::next`].
    pub(super) fn read(xml: &mut Xml<'_>) -> Result<Self> {
        let mut numbering = Self::default();
        loop {
            match xml.next()? {
                Token::Start(Ns::W) => match xml.local() {
                    "abstractNum" => {
                        let id = xml.attr("abstractNumId").unwrap_or_default().into_owned();
                        let list = read_abstract(xml)?;
                        numbering.abstracts.insert(id, list);
                    }
                    "num" => {
                        let id = xml.attr("numId").unwrap_or_default().into_owned();
                        let instance = read_instance(xml)?;
                        numbering.instances.insert(id, instance);
                    }
                    _ => {}
                },
                Token::Eof => return Ok(numbering),
                _ => {}
            }
        }
    }

    /// The level that a paragraph style is tied to within a list.
    pub(super) fn level_of_style(&self, instance: &str, style: &str) -> Option<usize> {
        let list = self.list_of(instance)?.1;
        list.levels.iter().find(|(_, level)| level.style.as_deref() == Some(style)).map(|(index, _)| *index)
    }

    /// Advances the list and gives the label of this paragraph with what separates it from the text; `None` for bullets,
    /// unknown lists and levels without text.
    pub(super) fn label(&mut self, instance_id: &str, level: usize) -> Option<String> {
        let level = level.min(LEVELS - 1);
        let instance = self.instances.get(instance_id)?;
        let (list_id, list) = self.list_of(instance_id)?;
        let list_id = list_id.to_owned();
        let level_at = |index: usize| instance.levels.get(&index).or_else(|| list.levels.get(&index));
        let definition = level_at(level)?.clone();
        let mut counters = self.counters.get(&list_id).copied().unwrap_or_default();
        let own_start = instance.starts.get(&level).copied();
        let restarts = own_start.is_some() && !self.started.contains(&(instance_id.to_owned(), level));
        let start = own_start.unwrap_or(definition.start);
        if let Some(counter) = counters.get_mut(level) {
            *counter = Some(match *counter {
                Some(value) if !restarts => value.saturating_add(1),
                _ => start,
            });
        }
        // A level that is printed before it was ever used counts as used once.
        for (index, counter) in counters.iter_mut().enumerate().take(level) {
            if let Some(higher) = level_at(index) {
                counter.get_or_insert(higher.start);
            }
        }
        for (index, counter) in counters.iter_mut().enumerate().skip(level + 1) {
            let restart = level_at(index).and_then(|deeper| deeper.restart);
            if restart.is_none_or(|after| after != 0 && level < usize::from(after)) {
                *counter = None;
            }
        }
        let mut label = String::new();
        let mut letters = definition.text.chars().peekable();
        while let Some(letter) = letters.next() {
            let digit = if letter == '%' { letters.peek().and_then(|next| next.to_digit(10)) } else { None };
            match digit {
                Some(digit @ 1..=9) => {
                    letters.next();
                    let index = digit as usize - 1;
                    let shown = level_at(index);
                    let value = counters.get(index).copied().flatten();
                    let value = value.unwrap_or_else(|| shown.map_or(1, |level| level.start));
                    let format = shown.map_or("decimal", |level| level.format.as_str());
                    numerals::write(&mut label, value, if definition.legal { "decimal" } else { format });
                }
                _ => label.push(letter),
            }
        }
        self.counters.insert(list_id, counters);
        if restarts {
            self.started.insert((instance_id.to_owned(), level));
        }
        let silent = definition.format == "bullet" || label.trim().is_empty();
        (!silent).then(|| separated(label, definition.tight))
    }

    /// The abstract list behind an instance, list style links followed.
    fn list_of(&self, instance: &str) -> Option<(&str, &Abstract)> {
        let mut id = &self.instances.get(instance)?.abstract_id;
        for _ in 0..LEVELS {
            let list = self.abstracts.get(id)?;
            let Some(style) = &list.style_link else { return Some((id, list)) };
            match self.abstracts.iter().find(|(_, other)| other.defines_style.as_ref() == Some(style)) {
                Some((target, _)) => id = target,
                None => return Some((id, list)),
            }
        }
        None
    }
}

/// The label with a space after it where Word prints a gap that a reader of the plain text needs: between Latin
/// characters "1." and "2022年" would otherwise become a figure.
pub(super) fn separated(mut label: String, tight: bool) -> String {
    let closed = label.chars().next_back().is_some_and(|last| "、，。．）〕】》：".contains(last));
    if !closed && !tight && !label.ends_with(char::is_whitespace) {
        label.push(' ');
    }
    label
}

fn read_abstract(xml: &mut Xml<'_>) -> Result<Abstract> {
    let mut list = Abstract::default();
    let outside = xml.depth() - 1;
    while xml.depth() > outside {
        match xml.next()? {
            Token::Start(Ns::W) => match xml.local() {
                "lvl" => {
                    let index = xml.number("ilvl").unwrap_or(0);
                    let level = read_level(xml)?;
                    list.levels.insert(index, level);
                }
                "numStyleLink" => list.style_link = xml.attr("val").map(std::borrow::Cow::into_owned),
                "styleLink" => list.defines_style = xml.attr("val").map(std::borrow::Cow::into_owned),
                _ => {}
            },
            Token::Eof => break,
            _ => {}
        }
    }
    Ok(list)
}

fn read_instance(xml: &mut Xml<'_>) -> Result<Instance> {
    let mut instance = Instance::default();
    let mut overridden = 0;
    let outside = xml.depth() - 1;
    while xml.depth() > outside {
        match xml.next()? {
            Token::Start(Ns::W) => match xml.local() {
                "abstractNumId" => instance.abstract_id = xml.attr("val").unwrap_or_default().into_owned(),
                "lvlOverride" => overridden = xml.number("ilvl").unwrap_or(0),
                "startOverride" => {
                    if let Some(start) = xml.number("val") {
                        instance.starts.insert(overridden, start);
                    }
                }
                "lvl" => {
                    let level = read_level(xml)?;
                    instance.levels.insert(overridden, level);
                }
                _ => {}
            },
            Token::Eof => break,
            _ => {}
        }
    }
    Ok(instance)
}

fn read_level(xml: &mut Xml<'_>) -> Result<Level> {
    let mut level = Level::default();
    let outside = xml.depth() - 1;
    while xml.depth() > outside {
        match xml.next()? {
            Token::Start(Ns::W) => {
                if matches!(xml.local(), "rPr" | "pPr") {
                    xml.skip()?;
                } else {
                    level.set(xml);
                }
            }
            // Newer formats ("decimalZero" with more digits) come as AlternateContent; the choice is taken first.
            Token::Start(Ns::Mc) if xml.local() == "Fallback" => xml.skip()?,
            Token::Eof => break,
            _ => {}
        }
    }
    Ok(level)
}

impl Level {
    fn set(&mut self, xml: &Xml<'_>) {
        match xml.local() {
            "start" => self.start = xml.number("val").unwrap_or(1),
            "numFmt" => {
                let format = xml.attr("val").unwrap_or_default();
                self.format = match (format.as_ref(), xml.attr("format")) {
                    ("custom", Some(pattern)) => format!("custom {pattern}"),
                    _ => format.into_owned(),
                };
            }
            "lvlText" => self.text = xml.attr("val").unwrap_or_default().into_owned(),
            "suff" => self.tight = xml.attr("val").as_deref() == Some("nothing"),
            "isLgl" => self.legal = xml.switch(),
            "lvlRestart" => self.restart = xml.number("val"),
            "pStyle" => self.style = xml.attr("val").map(std::borrow::Cow::into_owned),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    const LISTS: &str = r#"<w:numbering xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
      <w:abstractNum w:abstractNumId="0">
        <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>
        <w:lvl w:ilvl="1"><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="（%2）"/></w:lvl>
        <w:lvl w:ilvl="2"><w:numFmt w:val="decimal"/><w:lvlText w:val="%3."/></w:lvl>
        <w:lvl w:ilvl="3"><w:numFmt w:val="bullet"/><w:lvlText w:val="-"/></w:lvl>
        <w:lvl w:ilvl="4"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%5"/><w:isLgl/></w:lvl>
      </w:abstractNum>
      <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
      <w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>
    </w:numbering>"#;

    #[test]
    fn labels_run_through_levels_and_instances() {
        let mut lists = Numbering::read(&mut Xml::new(LISTS, "numbering.xml", &Limits::default())).unwrap();
        let steps: [(&str, usize, Option<&str>); 11] = [
            ("1", 0, Some("一、")),
            ("1", 1, Some("（一）")),
            ("1", 2, Some("1. ")),
            ("1", 2, Some("2. ")),
            ("1", 1, Some("（二）")),
            ("1", 2, Some("1. ")),
            ("1", 3, None),
            ("1", 0, Some("二、")),
            ("2", 0, Some("五、")),
            ("2", 0, Some("六、")),
            ("1", 4, Some("6.1 ")),
        ];
        for (instance, level, expected) in steps {
            assert_eq!(lists.label(instance, level).as_deref(), expected);
        }
        assert_eq!(lists.label("9", 0), None);
    }
}
