//! Excel workbooks (.xlsx and its relatives): the parts of the package and how they lead to one another.
//!
//! In: the package. Out: one table per used sheet, values as shown. Wrong: damaged workbook, texts, formats and sheets are
//! errors; a sheet whose part is missing is passed over with a warning, and so are sheets without cells (charts, macros,
//! dialogs).
//!
//! Follows ECMA-376 Part 1, 12.3 and 18.2: parts are found through relationships; where a workbook does not name its texts
//! and formats, the names that Excel itself uses are tried.

use super::around;
use super::cells::{self, Book};
use super::strings;
use super::styles::Styles;
use crate::document::{Location, WarningKind};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::reader::collector::Collector;
use crate::reader::package::{Package, relationships_of, resolve};
use crate::reader::relationships::{self, Relationship};
use crate::reader::xml::{Token, Xml};

/// Reads the workbook whose main part is `main`.
///
/// # Errors
/// `truncated`, `malformed`, `encrypted`, `doctype-forbidden`, `limit-exceeded`.
pub(super) fn read(package: &mut Package<'_>, main: &str, out: &mut Collector<'_>) -> Result<()> {
    let relationships = targets(package, main, out.limits)?;
    let (sheets, date_1904) = read_sheets(package, main, out)?;
    let limits = out.limits;
    let strings = side_part(package, main, &relationships, "sharedStrings", limits, strings::read_shared)?;
    out.warn_times(WarningKind::HiddenText, Location::Part("sharedStrings".to_owned()), strings.struck);
    let book = Book {
        strings: strings.all,
        styles: side_part(package, main, &relationships, "styles", limits, Styles::read)?,
        date_1904,
    };
    for listed in sheets {
        let found = relationships.iter().find(|part| part.id == listed.id);
        if found.is_some_and(|part| !is_worksheet(part)) {
            out.warn(WarningKind::Dropped(format!("sheet {}", listed.name)), Location::Part(listed.name));
            continue;
        }
        let part = found.map(|part| part.target.as_str()).unwrap_or_default();
        let bytes = package.declared_size(part);
        let Some(stream) = package.part(part)? else {
            out.warn(WarningKind::MissingPart(part.to_owned()), Location::Part(listed.name));
            continue;
        };
        let mut xml = Xml::of_part(stream, part, out.limits)?;
        let mut sheet = cells::read(&mut xml, &listed.name, bytes, &book, out).map_err(|error| xml.cause(error))?;
        drop(xml);
        (sheet.name, sheet.hidden) = (listed.name, listed.hidden);
        let name = sheet.name.clone();
        sheet.emit(out)?;
        around::read(package, part, &name, out)?;
    }
    Ok(())
}

/// The relationships of the part `main`.
///
/// # Errors
/// Those of [`Package::part`] and [`Xml::next`].
pub(super) fn targets(package: &mut Package<'_>, main: &str, limits: &Limits) -> Result<Vec<Relationship>> {
    let part = relationships_of(main);
    let Some(stream) = package.part(&part)? else { return Ok(Vec::new()) };
    relationships::read(&mut Xml::of_part(stream, &part, limits)?, main)
}

/// Sheets with cells; where a program has given a kind of its own, its folder tells.
fn is_worksheet(part: &Relationship) -> bool {
    const OTHERS: [&str; 5] = ["chartsheet", "dialogsheet", "macrosheet", "xlMacrosheet", "xlIntlMacrosheet"];
    part.kind == "worksheet" || (!OTHERS.contains(&part.kind.as_str()) && part.target.contains("worksheets/"))
}

/// A sheet as the workbook lists it.
struct Listed {
    name: String,
    /// Of its relationship.
    id: String,
    hidden: bool,
}

/// The list of sheets, and whether days count from 1904.
fn read_sheets(package: &mut Package<'_>, main: &str, out: &Collector<'_>) -> Result<(Vec<Listed>, bool)> {
    let missing = || Error::new(ErrorKind::Malformed, ("缺少工作簿部件", "the workbook part is missing")).at(main);
    let mut xml = Xml::of_part(package.part(main)?.ok_or_else(missing)?, main, out.limits)?;
    let (mut sheets, mut date_1904) = (Vec::new(), false);
    loop {
        match xml.next()? {
            Token::Start(_) => match xml.local() {
                "sheet" => {
                    if let (Some(name), Some(id)) = (xml.attr("name"), xml.prefixed_attr("id")) {
                        let hidden = xml.attr("state").is_some_and(|state| state != "visible");
                        sheets.push(Listed { name: name.into_owned(), id: id.into_owned(), hidden });
                    }
                }
                "workbookPr" => {
                    date_1904 = xml.attr("date1904").is_some_and(|value| matches!(&*value, "1" | "true" | "on"));
                }
                "extLst" => xml.skip()?,
                _ => {}
            },
            Token::Eof => return Ok((sheets, date_1904)),
            _ => {}
        }
    }
}

/// Reads a part that all sheets share; without one there is nothing of its kind.
fn side_part<T: Default>(
    package: &mut Package<'_>,
    main: &str,
    relationships: &[Relationship],
    kind: &str,
    limits: &Limits,
    read: impl FnOnce(&mut Xml<'_>) -> Result<T>,
) -> Result<T> {
    let usual = || resolve(main, &format!("{kind}.xml"));
    let part = relationships.iter().find(|part| part.kind == kind).map_or_else(usual, |part| part.target.clone());
    let Some(stream) = package.part(&part)? else { return Ok(T::default()) };
    let mut xml = Xml::of_part(stream, &part, limits)?;
    if xml.is_empty() {
        return Ok(T::default());
    }
    read(&mut xml).map_err(|error| xml.cause(error))
}
