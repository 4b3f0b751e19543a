//! Office math in one line of text.
//!
//! In: the XML reader just after the start of `oMath`. Out: its text. Where figures would join one another, and where named
//! quantities stand in it, fractions are `a/b`, powers raised, roots and sums have their signs; algebra stays its letters.
//! The element is consumed to its end. Wrong: what is wrong with the XML.
//!
//! Follows ECMA-376 Part 1, 22.1. A structure holds arguments (`num`, `den`, `e`, `sup`, ...), an argument holds text and
//! structures: an explicit stack has one entry for each that is open.

use super::fields::operand;
use super::look::{Shift, small};
use crate::error::Result;
use crate::reader::xml::{Ns, Token, Xml};

/// What an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Holds text and structures.
    Argument(Role),
    Fraction,
    /// A base with what stands above and below it.
    Script,
    Radical,
    Delimiters,
    /// Sums, products, integrals.
    Nary,
    Function,
    Matrix,
    Lines,
    /// Groups only.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Base,
    Above,
    Below,
    Name,
}

#[derive(Debug)]
struct Open {
    kind: Kind,
    text: String,
    /// Its text ends with a fraction: a digit after it would join its denominator.
    fraction: bool,
    parts: Vec<(Role, String)>,
    /// Signs that its properties name: first, last, between.
    signs: [Option<String>; 3],
}

impl Open {
    fn new(kind: Kind) -> Self {
        Self { kind, text: String::new(), fraction: false, parts: Vec::new(), signs: [None, None, None] }
    }

    fn add(&mut self, text: &str, fraction: bool) {
        let joins = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
        if (fraction && joins(self.text.chars().next_back()) || self.fraction) && joins(text.chars().next()) {
            self.text.push(' ');
        }
        self.text.push_str(text);
        if !text.is_empty() {
            self.fraction = fraction;
        }
    }

    fn part(&self, role: Role) -> &str {
        self.parts.iter().find(|(found, _)| *found == role).map_or("", |(_, text)| text)
    }

    fn all(&self) -> Vec<&str> {
        self.parts.iter().map(|(_, text)| text.as_str()).collect()
    }

    fn sign<'a>(&'a self, at: usize, usual: &'a str) -> &'a str {
        self.signs.get(at).and_then(Option::as_deref).unwrap_or(usual)
    }
}

/// Reads the formula; `hidden` counts what tracked changes delete in it.
pub(super) fn read(xml: &mut Xml<'_>, hidden: &mut u32) -> Result<String> {
    let outside = xml.depth().saturating_sub(1);
    let (mut plain, mut joins) = (String::new(), false);
    let mut stack = vec![Open::new(Kind::Argument(Role::Base))];
    while xml.depth() > outside {
        match xml.next()? {
            Token::Start(Ns::Math) => {
                if xml.local() == "t" {
                    let text = xml.text()?;
                    let digit = |letter: char| letter.is_ascii_digit();
                    joins |= plain.ends_with(digit) && text.starts_with(digit);
                    plain.push_str(&text);
                    if let Some(open) = stack.last_mut() {
                        open.add(&text, false);
                    }
                    continue;
                }
                property(xml, &mut stack);
                stack.push(Open::new(kind_of(xml.local())));
            }
            Token::Start(Ns::W) if matches!(xml.local(), "del" | "moveFrom") => {
                *hidden += 1;
                xml.skip()?;
            }
            Token::Start(_) => stack.push(Open::new(Kind::Other)),
            Token::End if stack.len() > 1 => close(&mut stack),
            Token::Eof => break,
            _ => {}
        }
    }
    while stack.len() > 1 {
        close(&mut stack);
    }
    // Algebra is letters: only a formula of figures or of named quantities says something that its signs change.
    let named = plain.contains(|letter: char| letter == '%' || matches!(letter, '\u{3400}'..='\u{9FFF}'));
    Ok(stack.pop().filter(|_| joins || named).map_or(plain, |whole| whole.text))
}

fn kind_of(name: &str) -> Kind {
    match name {
        "e" => Kind::Argument(Role::Base),
        "num" | "sup" | "deg" => Kind::Argument(Role::Above),
        "den" | "sub" | "lim" => Kind::Argument(Role::Below),
        "fName" => Kind::Argument(Role::Name),
        "f" => Kind::Fraction,
        "sSup" | "sSub" | "sSubSup" | "sPre" | "limLow" | "limUpp" => Kind::Script,
        "rad" => Kind::Radical,
        "d" => Kind::Delimiters,
        "nary" => Kind::Nary,
        "func" => Kind::Function,
        "m" => Kind::Matrix,
        "eqArr" => Kind::Lines,
        _ => Kind::Other,
    }
}

/// Signs stand in the properties of the structure that is open.
fn property(xml: &Xml<'_>, stack: &mut [Open]) {
    let at = match xml.local() {
        "begChr" | "chr" => 0,
        "endChr" => 1,
        "sepChr" => 2,
        _ => return,
    };
    let structure = stack.iter_mut().rev().find(|open| matches!(open.kind, Kind::Delimiters | Kind::Nary));
    if let Some(sign) = structure.and_then(|open| open.signs.get_mut(at)) {
        *sign = Some(xml.attr("val").unwrap_or_default().into_owned());
    }
}

/// Closes the innermost element: its text goes into the one around it.
fn close(stack: &mut Vec<Open>) {
    let Some(inner) = stack.pop() else { return };
    let Some(outer) = stack.last_mut() else { return };
    match inner.kind {
        Kind::Argument(role) => outer.parts.push((role, inner.text)),
        Kind::Other => {
            // A frame around one argument, as a box or a bar, or a row of a matrix.
            let parts = inner.all().join(",");
            outer.add(&parts, inner.fraction && parts.is_empty());
            outer.add(&inner.text, inner.fraction);
        }
        _ => outer.add(&composed(&inner), inner.kind == Kind::Fraction),
    }
}

fn composed(open: &Open) -> String {
    let (base, above, below) = (open.part(Role::Base), open.part(Role::Above), open.part(Role::Below));
    match open.kind {
        Kind::Fraction => format!("{}/{}", operand(above), operand(below)),
        Kind::Script => format!("{base}{}{}", script(below, Shift::Down), script(above, Shift::Up)),
        Kind::Radical => format!("{}√{}", script(above, Shift::Up).trim_start_matches('^'), operand(base)),
        Kind::Delimiters => {
            format!("{}{}{}", open.sign(0, "("), open.all().join(open.sign(2, "|")), open.sign(1, ")"))
        }
        Kind::Nary => {
            let sign = open.sign(0, "∫");
            format!("{sign}{}{} {base}", script(below, Shift::Down), script(above, Shift::Up))
        }
        Kind::Function => format!("{}({base})", open.part(Role::Name)),
        Kind::Matrix => format!("[{}]", open.text),
        Kind::Lines => open.all().join("\n"),
        Kind::Argument(_) | Kind::Other => open.text.clone(),
    }
}

fn script(text: &str, shift: Shift) -> String {
    if text.is_empty() {
        return String::new();
    }
    let sign = if shift == Shift::Down { '_' } else { '^' };
    small(text, shift).unwrap_or_else(|| format!("{sign}{}", operand(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn shown(content: &str) -> String {
        let text = format!(
            "<m:oMath xmlns:m='http://schemas.openxmlformats.org/officeDocument/2006/math' \
             xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'>{content}</m:oMath>"
        );
        let limits = Limits::default();
        let mut xml = Xml::new(&text, "part", &limits);
        assert_eq!(xml.next().unwrap(), Token::Start(Ns::Math));
        read(&mut xml, &mut 0).unwrap()
    }

    #[test]
    fn formulas_are_one_line() {
        let check = |content: &str, expected: &str| assert_eq!(shown(content), expected, "{content}");
        let t = |text: &str| format!("<m:r><w:rPr/><m:t>{text}</m:t></m:r>");
        let f = |above: &str, below: &str| format!("<m:f><m:fPr/><m:num>{above}</m:num><m:den>{below}</m:den></m:f>");
        check(&(t("执行率=") + &f(&t("12"), &t("34")) + &t("×100%")), "执行率=12/34×100%");
        check(&f(&t("甲+乙"), &f(&t("1"), &t("2"))), "(甲+乙)/(1/2)");
        check(&(t("1") + &f(&t("1"), &t("2")) + &t("5")), "1 1/2 5");
        let power = |above: &str| format!("<m:sSup><m:e>{}</m:e><m:sup>{above}</m:sup></m:sSup>", t("10"));
        check(&power(&t("4")), "10⁴");
        check(&power(&t("甲")), "10^甲");
        check(&format!("<m:sSub><m:e>{}</m:e><m:sub>{}</m:sub></m:sSub>", t("x"), t("1")), "x1");
        check(&f(&t("a"), &t("2b")), "a2b");
        check(&format!("<m:sSub><m:e>{}</m:e><m:sub>{}</m:sub></m:sSub>", t("值"), t("1")), "值₁");
        check(&format!("<m:rad><m:deg/><m:e>{}</m:e></m:rad>", t("9%")), "√9%");
        check(
            &format!("<m:d><m:dPr><m:begChr m:val='['/><m:endChr m:val=']'/></m:dPr><m:e>{}</m:e></m:d>", t("甲")),
            "[甲]",
        );
        check(&format!("<m:d><m:e>{}</m:e></m:d>", t("甲-b")), "(甲-b)");
        let sum = format!(
            "<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr><m:sub>{}</m:sub><m:sup>{}</m:sup><m:e>{}</m:e></m:nary>",
            t("i=1"),
            t("n"),
            t("值")
        );
        check(&sum, "∑_(i=1)ⁿ 值");
        check(&format!("<m:borderBox><m:e>{}</m:e></m:borderBox><w:del>{}</w:del>", t("甲"), t("b")), "甲");
        check(&format!("<m:eqArr><m:e>{}</m:e><m:e>{}</m:e></m:eqArr>", t("甲"), t("b")), "甲\nb");
    }

    #[test]
    fn depth_is_no_matter() {
        let deep = format!("{}<m:r><m:t>1</m:t></m:r>{}", "<m:box><m:e>".repeat(400), "</m:e></m:box>".repeat(400));
        assert_eq!(shown(&deep), "1");
    }
}
