//! Cell formats of Excel packages, as far as they change how a number is shown.
//!
//! In: `styles.xml`. Out: the number format of each cell format. Wrong: what is wrong with the XML.
//!
//! Follows ECMA-376 Part 1, 18.8: a cell names one of `cellXfs`, that one a number format, by its id.

use std::collections::BTreeMap;

use super::biff::built_in;
use super::number_format::NumberFormat;
use crate::error::Result;
use crate::reader::xml::{Token, Xml};

/// Number formats by cell format.
#[derive(Default)]
pub(super) struct Styles {
    /// Per cell format: index among the formats; none for General.
    cells: Vec<Option<usize>>,
    formats: Vec<NumberFormat>,
}

impl Styles {
    /// Reads `styles.xml`.
    ///
    /// # Errors
    /// Those of [`Xml::next`].
    pub(super) fn read(xml: &mut Xml<'_>) -> Result<Self> {
        let mut codes: BTreeMap<u32, String> = BTreeMap::new();
        let mut ids: Vec<u32> = Vec::new();
        // Cell formats of named styles come in a list of their own.
        let mut of_cells = false;
        loop {
            match xml.next()? {
                Token::Start(_) => match xml.local() {
                    "numFmt" => {
                        if let (Some(id), Some(code)) = (xml.number("numFmtId"), xml.attr("formatCode")) {
                            codes.insert(id, code.into_owned());
                        }
                    }
                    "cellXfs" => of_cells = true,
                    "cellStyleXfs" | "cellStyles" => of_cells = false,
                    "xf" if of_cells => ids.push(xml.number("numFmtId").unwrap_or(0)),
                    // Formats of conditional formatting are not those of cells.
                    "dxfs" | "extLst" => xml.skip()?,
                    _ => {}
                },
                Token::Eof => break,
                _ => {}
            }
        }
        Ok(Self::new(&codes, &ids))
    }

    fn new(codes: &BTreeMap<u32, String>, ids: &[u32]) -> Self {
        let mut styles = Self::default();
        let mut known: BTreeMap<u32, Option<usize>> = BTreeMap::new();
        for id in ids {
            let index = *known.entry(*id).or_insert_with(|| {
                // Code 14 is shown in the order of the user's country, whatever a file says.
                let own = codes.get(id).filter(|_| *id != 14).map(String::as_str);
                let code = own.or_else(|| u16::try_from(*id).ok().and_then(built_in))?;
                if code.eq_ignore_ascii_case("general") {
                    return None;
                }
                styles.formats.push(NumberFormat::new(code));
                Some(styles.formats.len() - 1)
            });
            styles.cells.push(index);
        }
        styles
    }

    /// The number format of a cell format; nothing for General.
    pub(super) fn format(&self, style: usize) -> Option<&NumberFormat> {
        self.formats.get((*self.cells.get(style)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn cells_lead_to_their_number_formats() {
        let text = "<styleSheet><numFmts><numFmt numFmtId='164' formatCode='0!.0,&quot;万元&quot;'/></numFmts>\
                    <cellStyleXfs><xf numFmtId='9'/></cellStyleXfs><cellXfs><xf/><xf numFmtId='164'/><xf numFmtId='10'/>\
                    <xf numFmtId='31'/><xf numFmtId='14'/></cellXfs><dxfs><dxf><numFmt numFmtId='10' formatCode='x'/></dxf></dxfs></styleSheet>";
        let styles = Styles::read(&mut Xml::new(text, "styles", &Limits::default())).unwrap();
        let codes: Vec<_> = (0..6).map(|style| styles.format(style).map(|format| format.code.to_string())).collect();
        let expected =
            [None, Some("0!.0,\"万元\""), Some("0.00%"), Some("yyyy\"年\"m\"月\"d\"日\""), Some("yyyy/m/d"), None];
        assert_eq!(codes, expected.map(|code| code.map(str::to_owned)));
    }
}
