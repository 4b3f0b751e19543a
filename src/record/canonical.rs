//! Canonical JSON (RFC 8785): members in the order of their keys, no white space, the shortest escapes.
//!
//! Keys are ASCII, so their byte order is the order the RFC asks for; numbers are integers. Members are written as they come
//! and put in order when their object is closed, in one buffer that the whole value shares.

use std::fmt::{self, Display, Write as _};

use serde::ser::{self, Serialize, Serializer};

use crate::error::{Error, ErrorKind, Result};

/// Canonical JSON of a value.
///
/// # Errors
/// `internal` when the value cannot be represented: floats, bytes, keys that are no text.
pub fn canonical_json<T: Serialize>(value: &T) -> Result<String> {
    let mut writer = Writer::default();
    writer.put(value)?;
    String::from_utf8(writer.bytes).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
}

/// Writes values one after the other into one buffer.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// What has been written.
    pub bytes: Vec<u8>,
    /// The members of the objects that are open, outermost object first.
    members: Vec<Member>,
    /// Members on their way into order.
    spare: Vec<u8>,
    /// The order of the members of each struct met so far.
    orders: Vec<Order>,
}

/// A member in the buffer.
#[derive(Debug, Clone, Copy)]
struct Member {
    /// Name of the struct's field; empty in maps, whose keys stand in the buffer in front of the value.
    field: &'static str,
    /// Where it begins.
    start: usize,
    /// Where its value begins.
    value: usize,
    /// Where it ends.
    end: usize,
}

/// In which order the fields of a struct are written.
#[derive(Debug)]
struct Order {
    /// Names of the fields as they come.
    fields: Vec<&'static str>,
    /// Their places, sorted by name, with what is written in front of the value.
    sorted: Vec<(usize, String)>,
}

impl Order {
    fn of(members: &[Member]) -> Self {
        let fields: Vec<&'static str> = members.iter().map(|member| member.field).collect();
        let mut sorted: Vec<(&'static str, usize)> = fields.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let comma = |at: usize| if at == 0 { "" } else { "," };
        let lead = |(at, (name, place)): (usize, &(&str, usize))| (*place, format!("{}\"{name}\":", comma(at)));
        Self { sorted: sorted.iter().enumerate().map(lead).collect(), fields }
    }

    /// The same fields. Names are compared by address first: those of one struct are the same static text each time.
    fn fits(&self, members: &[Member]) -> bool {
        let same = |(name, member): (&&'static str, &Member)| {
            std::ptr::eq::<str>(*name, member.field) || *name == member.field
        };
        self.fields.len() == members.len() && self.fields.iter().zip(members).all(same)
    }
}

impl Writer {
    /// Appends the canonical JSON of a value.
    pub(super) fn put<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
        value.serialize(&mut *self).map_err(|Refused(what)| Error::new(ErrorKind::Internal, what))
    }

    fn text(&mut self, text: &str) {
        self.bytes.push(b'"');
        self.escaped(text);
        self.bytes.push(b'"');
    }

    fn escaped(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        if is_plain(rest) {
            self.bytes.extend_from_slice(rest);
            return;
        }
        while let Some(at) = rest.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\')) {
            let (plain, special) = rest.split_at(at);
            self.bytes.extend_from_slice(plain);
            let Some((special, after)) = special.split_first() else { break };
            self.escape(*special);
            rest = after;
        }
        self.bytes.extend_from_slice(rest);
    }

    fn escape(&mut self, byte: u8) {
        let short = match byte {
            0x08 => b'b',
            b'\t' => b't',
            b'\n' => b'n',
            0x0c => b'f',
            b'\r' => b'r',
            b'"' | b'\\' => byte,
            _ => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or(b'0');
                self.bytes.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
                return;
            }
        };
        self.bytes.extend_from_slice(&[b'\\', short]);
    }

    fn digits(&mut self, value: u64) {
        if let Ok(small @ 0..=9) = u8::try_from(value) {
            self.bytes.push(b'0' + small);
            return;
        }
        // From the last digit to the first.
        let start = self.bytes.len();
        let mut rest = value;
        while rest > 0 {
            self.bytes.push(b'0' + u8::try_from(rest % 10).unwrap_or_default());
            rest /= 10;
        }
        if let Some(digits) = self.bytes.get_mut(start..) {
            digits.reverse();
        }
    }

    fn open_object(&mut self) -> Object<'_> {
        let first = self.members.len();
        Object { writer: self, first }
    }

    /// Writes the members from `first` on in the order of their fields' names.
    fn close_struct(&mut self, first: usize) {
        let Self { bytes, members, spare, orders } = self;
        let own = members.get(first..).unwrap_or_default();
        let known = orders.iter().position(|order| order.fits(own));
        let at = known.unwrap_or_else(|| {
            orders.push(Order::of(own));
            orders.len() - 1
        });
        spare.clear();
        for (place, lead) in orders.get(at).map(|order| order.sorted.as_slice()).unwrap_or_default() {
            let Some(member) = own.get(*place) else { continue };
            spare.extend_from_slice(lead.as_bytes());
            spare.extend_from_slice(bytes.get(member.value..member.end).unwrap_or_default());
        }
        self.replace_members(first);
    }

    /// Writes the members from `first` on in the order of their keys.
    fn close_map(&mut self, first: usize) {
        let Self { bytes, members, spare, .. } = self;
        let own = members.get_mut(first..).unwrap_or_default();
        let key = |member: &Member| bytes.get(member.start..member.value).unwrap_or_default();
        own.sort_unstable_by(|a, b| key(a).cmp(key(b)));
        spare.clear();
        for member in own.iter() {
            if !spare.is_empty() {
                spare.push(b',');
            }
            spare.extend_from_slice(bytes.get(member.start..member.end).unwrap_or_default());
        }
        self.replace_members(first);
    }

    /// Puts what is in `spare` in place of the members from `first` on.
    fn replace_members(&mut self, first: usize) {
        let own = self.members.get(first..).unwrap_or_default();
        if let Some(start) = own.iter().map(|member| member.start).min() {
            self.bytes.truncate(start);
        }
        self.members.truncate(first);
        self.bytes.push(b'{');
        self.bytes.extend_from_slice(&self.spare);
        self.bytes.push(b'}');
    }
}

/// True for bytes that need no escape in JSON, eight at a time.
fn is_plain(bytes: &[u8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
    // The high bit of a byte below `limit`, by the borrow of a subtraction; bytes above 0x7f are none.
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word & HIGHS;
    let is = |word: u64, byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let special = |word: u64| (below(word, 0x20) | is(word, b'"') | is(word, b'\\')) != 0;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut tail = [b' '; 8];
    for (slot, byte) in tail.iter_mut().zip(rest) {
        *slot = *byte;
    }
    !words.iter().any(|word| special(u64::from_ne_bytes(*word))) && !special(u64::from_ne_bytes(tail))
}

/// Text that may need escapes, into a writer.
struct Escaping<'a>(&'a mut Writer);

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.escaped(text);
        Ok(())
    }
}

/// Why a value has no canonical form.
#[derive(Debug)]
pub(super) struct Refused(String);

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type Written = std::result::Result<(), Refused>;

fn refused(what: &str) -> Refused {
    Refused(format!("canonical JSON has no {what}"))
}

/// A list that is being written.
pub(super) struct List<'w> {
    writer: &'w mut Writer,
    empty: bool,
}

impl List<'_> {
    fn item<T: ?Sized + Serialize>(&mut self, item: &T) -> Written {
        if !std::mem::replace(&mut self.empty, false) {
            self.writer.bytes.push(b',');
        }
        item.serialize(&mut *self.writer)
    }

    fn close(self) {
        self.writer.bytes.push(b']');
    }
}

/// An object that is being written.
pub(super) struct Object<'w> {
    writer: &'w mut Writer,
    /// Where its members begin among those of all open objects.
    first: usize,
}

impl Object<'_> {
    fn field<T: ?Sized + Serialize>(&mut self, field: &'static str, value: &T) -> Written {
        let start = self.writer.bytes.len();
        value.serialize(&mut *self.writer)?;
        let end = self.writer.bytes.len();
        self.writer.members.push(Member { field, start, value: start, end });
        Ok(())
    }
}

impl<'w> Serializer for &'w mut Writer {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = List<'w>;
    type SerializeTuple = List<'w>;
    type SerializeTupleStruct = List<'w>;
    type SerializeTupleVariant = ser::Impossible<(), Refused>;
    type SerializeMap = Object<'w>;
    type SerializeStruct = Object<'w>;
    type SerializeStructVariant = ser::Impossible<(), Refused>;

    fn serialize_bool(self, value: bool) -> Written {
        self.bytes.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Written {
        if value < 0 {
            self.bytes.push(b'-');
        }
        self.digits(value.unsigned_abs());
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Written {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Written {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Written {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Written {
        self.digits(value);
        Ok(())
    }

    fn serialize_f32(self, _: f32) -> Written {
        Err(refused("binary fractions"))
    }

    fn serialize_f64(self, _: f64) -> Written {
        Err(refused("binary fractions"))
    }

    fn serialize_char(self, value: char) -> Written {
        self.text(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Written {
        self.text(value);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Written {
        Err(refused("bytes"))
    }

    fn serialize_none(self) -> Written {
        self.serialize_unit()
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        self.bytes.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        let mut object = self.open_object();
        object.field(variant, value)?;
        ser::SerializeStruct::end(object)
    }

    fn serialize_seq(self, _: Option<usize>) -> std::result::Result<List<'w>, Refused> {
        self.bytes.push(b'[');
        Ok(List { writer: self, empty: true })
    }

    fn serialize_tuple(self, length: usize) -> std::result::Result<List<'w>, Refused> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> std::result::Result<List<'w>, Refused> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> std::result::Result<Self::SerializeTupleVariant, Refused> {
        Err(refused(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> std::result::Result<Object<'w>, Refused> {
        Ok(self.open_object())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> std::result::Result<Object<'w>, Refused> {
        Ok(self.open_object())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> std::result::Result<Self::SerializeStructVariant, Refused> {
        Err(refused(variant))
    }

    fn collect_str<T: ?Sized + Display>(self, value: &T) -> Written {
        self.bytes.push(b'"');
        // Writing to a buffer cannot fail.
        let _ = write!(Escaping(self), "{value}");
        self.bytes.push(b'"');
        Ok(())
    }
}

impl ser::SerializeSeq for List<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, item: &T) -> Written {
        self.item(item)
    }

    fn end(self) -> Written {
        self.close();
        Ok(())
    }
}

impl ser::SerializeTuple for List<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, item: &T) -> Written {
        self.item(item)
    }

    fn end(self) -> Written {
        self.close();
        Ok(())
    }
}

impl ser::SerializeTupleStruct for List<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, item: &T) -> Written {
        self.item(item)
    }

    fn end(self) -> Written {
        self.close();
        Ok(())
    }
}

impl ser::SerializeStruct for Object<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, key: &'static str, value: &T) -> Written {
        self.field(key, value)
    }

    fn end(self) -> Written {
        self.writer.close_struct(self.first);
        Ok(())
    }
}

impl ser::SerializeMap for Object<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Written {
        let start = self.writer.bytes.len();
        key.serialize(&mut *self.writer)?;
        if self.writer.bytes.get(start) != Some(&b'"') {
            return Err(refused("keys that are no text"));
        }
        self.writer.bytes.push(b':');
        let value = self.writer.bytes.len();
        self.writer.members.push(Member { field: "", start, value, end: value });
        Ok(())
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Written {
        value.serialize(&mut *self.writer)?;
        // Members of objects within the value are gone by now.
        let end = self.writer.bytes.len();
        if let Some(member) = self.writer.members.last_mut() {
            member.end = end;
        }
        Ok(())
    }

    fn end(self) -> Written {
        self.writer.close_map(self.first);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn members_stand_in_the_order_of_their_keys_at_every_depth() {
        let value = json!({"b": [{"y": null, "x": true}, []], "a": {"d": -1, "c": {"z": 1, "e": "文"}}});
        assert_eq!(
            canonical_json(&value).unwrap(),
            r#"{"a":{"c":{"e":"文","z":1},"d":-1},"b":[{"x":true,"y":null},[]]}"#
        );
    }

    #[test]
    fn integers_are_written_in_full() {
        for value in [0, 7, 10, 99, 100, -1, -10, i64::MAX, i64::MIN] {
            assert_eq!(canonical_json(&value).unwrap(), value.to_string());
        }
        assert_eq!(canonical_json(&u64::MAX).unwrap(), u64::MAX.to_string());
    }

    #[test]
    fn escapes_are_the_shortest() {
        let text = "\u{8}\t\n\u{c}\r\"\\/\u{1}\u{1f}\u{7f}é";
        assert_eq!(canonical_json(&text).unwrap(), "\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0001\\u001f\u{7f}é\"");
        let back: Value = serde_json::from_str(&canonical_json(&text).unwrap()).unwrap();
        assert_eq!(back, json!(text));
    }

    #[test]
    fn binary_fractions_are_refused() {
        assert!(canonical_json(&json!([1.5])).is_err());
    }
}
