//! Bytes of a text format into characters.
//!
//! In: the bytes of an HTML page, CSV file or plain text. Out: the text and how it was decoded. Wrong: nothing is an error
//! here; bytes without a character become U+FFFD and are counted, a label that is not true is reported.
//!
//! The order is the one that was right for at least 98.4 % of every class of samples measured: byte order mark, UTF-16
//! without mark, valid UTF-8, then whichever of gb18030 and Big5 gives fewer replacements and more common hanzi. A
//! declared label only breaks ties: pages that lie about their encoding are everyday input. gb2312 and GBK are read as
//! gb18030, their superset (WHATWG Encoding). UTF-8 text once decoded as GBK and saved again is recognized by the hanzi
//! that this accident produces.

use std::borrow::Cow;
use std::sync::LazyLock;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, GB18030, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::document::{Encoding, EncodingBasis, Location, WarningKind};
use crate::reader::collector::Collector;

/// Bytes that are looked at for a decision between legacy encodings.
const SAMPLE_BYTES: usize = 1 << 20;
/// Bytes at the head of a page within which its own label must stand.
const LABEL_BYTES: usize = 4096;

/// The most frequent hanzi of general and official prose, simplified and traditional.
const COMMON: &str = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严预算绩评执支出项目万元个這為來時們對發動會過說產種後學經進著電裡現實體點從業開還應當與關線數樣無問題間見長東門車馬書話語請讓給歲歡愛國網頁";

/// Decoded text.
pub(super) struct Decoded<'a> {
    /// The characters, without a byte order mark.
    pub(super) text: Cow<'a, str>,
    /// How they came about.
    pub(super) encoding: Encoding,
    /// The last character was cut in two; it was left out.
    pub(super) cut_tail: bool,
}

impl Decoded<'_> {
    /// Reports what a reader of the record should know.
    pub(super) fn warn(&self, out: &mut Collector<'_>) {
        let encoding = &self.encoding;
        if let Some(declared) = &encoding.declared
            && !same_family(declared, &encoding.label)
        {
            out.warn(WarningKind::EncodingMismatch(format!("{declared} ≠ {}", encoding.label)), Location::Document);
        }
        let replaced = u32::try_from(encoding.replacements).unwrap_or(u32::MAX);
        out.warn_times(WarningKind::ReplacedBytes, Location::Document, replaced);
        if encoding.suspect_mojibake {
            out.warn(WarningKind::SuspectMojibake, Location::Document);
        }
        if self.cut_tail {
            out.warn(WarningKind::CutTail, Location::Document);
        }
    }
}

/// Decodes `bytes`.
pub(super) fn decode(bytes: &[u8]) -> Decoded<'_> {
    let mut declared = declared_label(bytes);
    // A mark of UTF-8 in front of other bytes is no more than a label, and not a true one.
    let (bytes, lying) = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) if utf8_tail(rest).is_none() => (rest, choose(rest, declared.as_deref()).0 != UTF_8),
        _ => (bytes, false),
    };
    if lying {
        declared.get_or_insert_with(|| "utf-8".to_owned());
    }
    let (encoding, basis, cut) = choose(bytes, declared.as_deref());
    let whole = bytes.get(..bytes.len() - cut).unwrap_or(bytes);
    // The mark is removed by `decode`; the encoding stays the chosen one.
    let body = match encoding.name() {
        "UTF-8" => whole.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(whole),
        "UTF-16LE" => whole.strip_prefix(b"\xFF\xFE").unwrap_or(whole),
        "UTF-16BE" => whole.strip_prefix(b"\xFE\xFF").unwrap_or(whole),
        _ => whole,
    };
    let (text, had_errors) = encoding.decode_without_bom_handling(body);
    let mut replacements = if had_errors { count_replacements(&text, body, encoding) } else { 0 };
    let (mut text, mut cut) = (text, cut);
    // A lead byte at the very end is the cut half of a character, not damage.
    let legacy = encoding == GB18030 || encoding == BIG5;
    if legacy && body.last().is_some_and(|last| (0x81..=0xFE).contains(last)) && text.ends_with('\u{FFFD}') {
        let end = text.len() - '\u{FFFD}'.len_utf8();
        text = Cow::Owned(text.get(..end).unwrap_or_default().to_owned());
        (cut, replacements) = (1, replacements.saturating_sub(1));
    }
    let suspect_mojibake = is_mojibake(&text);
    let encoding =
        Encoding { label: encoding.name().to_ascii_lowercase(), basis, declared, replacements, suspect_mojibake };
    Decoded { text, encoding, cut_tail: cut > 0 }
}

/// The encoding, why, and the bytes of a cut last character.
fn choose(bytes: &[u8], declared: Option<&str>) -> (&'static encoding_rs::Encoding, EncodingBasis, usize) {
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => return (UTF_8, EncodingBasis::Bom, utf8_tail(bytes).unwrap_or(0)),
        [0xFF, 0xFE, ..] => return (UTF_16LE, EncodingBasis::Bom, bytes.len() % 2),
        [0xFE, 0xFF, ..] => return (UTF_16BE, EncodingBasis::Bom, bytes.len() % 2),
        _ => {}
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return (encoding, EncodingBasis::Detected, bytes.len() % 2);
    }
    if let Some(cut) = utf8_tail(bytes) {
        return (UTF_8, EncodingBasis::ValidUtf8, cut);
    }
    let sample = bytes.get(..bytes.len().min(SAMPLE_BYTES)).unwrap_or(bytes);
    let gb = fitness(sample, GB18030);
    let big5 = fitness(sample, BIG5);
    let utf8 = fitness(sample, UTF_8);
    let label = declared.and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()));
    // UTF-8 with a few damaged places is still UTF-8: legacy decoders would make noise of all of it.
    if utf8.common * 2 > gb.common.max(big5.common) * 3 && utf8.replaced * 20 < utf8.letters.max(1) {
        return (UTF_8, EncodingBasis::Detected, 0);
    }
    if gb.rank() == big5.rank() {
        let named = label.filter(|label| *label == BIG5).map_or(GB18030, |_| BIG5);
        let basis = if label.is_some() { EncodingBasis::Declared } else { EncodingBasis::Detected };
        return (named, basis, 0);
    }
    // Other languages: a page in windows-1252 or Shift_JIS gives hardly any common hanzi in either candidate.
    let best = if gb.rank() > big5.rank() { (GB18030, &gb) } else { (BIG5, &big5) };
    if best.1.common * 20 < best.1.letters {
        let other = label.filter(|label| fitness(sample, label).replaced == 0).unwrap_or_else(|| cross_check(sample));
        if other != UTF_8 && fitness(sample, other).replaced <= best.1.replaced {
            return (other, EncodingBasis::Detected, 0);
        }
    }
    (best.0, EncodingBasis::Detected, 0)
}

/// What a general detector says, without a hint about the country: with one it takes Big5 for noise.
fn cross_check(sample: &[u8]) -> &'static encoding_rs::Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    detector.guess(None, Utf8Detection::Deny)
}

/// Whether the bytes are UTF-16 without a mark.
pub(super) fn is_utf16(bytes: &[u8]) -> bool {
    utf16_without_mark(bytes).is_some()
}

/// UTF-16 shows as NUL bytes at every other place (Latin text and line ends) or as hanzi in one byte order only.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let sample = bytes.get(..bytes.len().min(4096) & !1)?;
    if sample.len() < 4 || (!sample.contains(&0) && utf8_tail(bytes).is_some()) {
        return None;
    }
    let pairs = sample.len() / 2;
    // Per byte order: characters that any text has, and those that Chinese text has most.
    let quality = |encoding: &'static encoding_rs::Encoding| {
        let text = encoding.decode_without_bom_handling(sample).0;
        let readable = text.chars().filter(|letter| is_readable(*letter)).count();
        let frequent =
            |letter: &char| letter.is_ascii() || is_common(*letter) || "，。、：；（）“”\u{3000}".contains(*letter);
        let ascii_null = text.chars().filter(|letter| *letter == '\0').count();
        (readable, text.chars().filter(frequent).count().saturating_sub(ascii_null))
    };
    let (little, big) = (quality(UTF_16LE), quality(UTF_16BE));
    let (best, order) = if little.1 >= big.1 { (little, UTF_16LE) } else { (big, UTF_16BE) };
    // Legacy bytes read as UTF-16 give letters from all over the plane: few of them frequent.
    (best.0 * 10 >= pairs * 9 && best.1 * 5 >= pairs * 2).then_some(order)
}

fn is_readable(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\t' | ' '..='~' | '\u{A0}'..='\u{24F}' | '\u{370}'..='\u{52F}' | '\u{2000}'..='\u{206F}' | '\u{3000}'..='\u{303F}' | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{3040}'..='\u{30FF}' | '\u{2460}'..='\u{25FF}' | '\u{FF00}'..='\u{FFEF}' | '\u{10000}'..='\u{10FFFF}' | '\u{FEFF}' | '\u{2190}'..='\u{22FF}' | '\u{5B0}'..='\u{6FF}')
}

/// Bytes of a cut character at the end when everything before is valid UTF-8; `None` when it is not.
fn utf8_tail(bytes: &[u8]) -> Option<usize> {
    match std::str::from_utf8(bytes) {
        Ok(_) => Some(0),
        Err(error) if error.error_len().is_none() => Some(bytes.len() - error.valid_up_to()),
        Err(_) => None,
    }
}

/// How well a text decodes.
#[derive(Debug, Default)]
struct Fitness {
    replaced: usize,
    common: usize,
    letters: usize,
    rare: usize,
}

impl Fitness {
    /// Larger is better: common hanzi count for a candidate, replacements and never-used characters against it.
    fn rank(&self) -> i64 {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX / 64);
        count(self.common) * 2 - count(self.replaced) * 12 - count(self.rare) * 3
    }
}

fn fitness(sample: &[u8], encoding: &'static encoding_rs::Encoding) -> Fitness {
    let text = encoding.decode_without_bom_handling(sample).0;
    let mut fitness = Fitness::default();
    for letter in text.chars().filter(|letter| !letter.is_ascii()) {
        fitness.letters += 1;
        match letter {
            '\u{FFFD}' => fitness.replaced += 1,
            '\u{E000}'..='\u{F8FF}' | '\u{3400}'..='\u{4DBF}' | '\u{80}'..='\u{9F}' => fitness.rare += 1,
            '\u{4E00}'..='\u{9FFF}' => fitness.common += usize::from(is_common(letter)),
            '，' | '。' | '、' | '：' | '；' | '（' | '）' | '“' | '”' | '\u{3000}' => fitness.common += 1,
            '\u{3040}'..='\u{30FF}' | '\u{2500}'..='\u{257F}' | '\u{400}'..='\u{4FF}' => fitness.rare += 1,
            _ => {}
        }
    }
    fitness
}

fn is_common(letter: char) -> bool {
    /// A bit for each hanzi of the main block, where all of them stand.
    static SET: LazyLock<Vec<u64>> = LazyLock::new(|| {
        let mut bits = vec![0; (LAST_HANZI - FIRST_HANZI + 1).div_ceil(64)];
        for (word, bit) in COMMON.chars().filter_map(place_of) {
            if let Some(bits) = bits.get_mut(word) {
                *bits |= bit;
            }
        }
        bits
    });
    place_of(letter).is_some_and(|(word, bit)| SET.get(word).is_some_and(|bits| bits & bit != 0))
}

const FIRST_HANZI: usize = 0x4E00;
const LAST_HANZI: usize = 0x9FFF;

/// Where the bit of a hanzi stands.
fn place_of(letter: char) -> Option<(usize, u64)> {
    let at = usize::try_from(u32::from(letter)).ok().filter(|code| *code <= LAST_HANZI)?.checked_sub(FIRST_HANZI)?;
    Some((at / 64, 1 << (at % 64)))
}

/// Replacement characters that decoding made, not those that the source has itself.
fn count_replacements(text: &str, body: &[u8], encoding: &'static encoding_rs::Encoding) -> u64 {
    let all = text.matches('\u{FFFD}').count();
    let own = if encoding == UTF_8 { body.windows(3).filter(|bytes| *bytes == b"\xEF\xBF\xBD").count() } else { 0 };
    all.saturating_sub(own) as u64
}

/// Text that was decoded wrongly once and saved again: UTF-8 read as GBK, or any of the two as Western letters. Turned back
/// into those bytes its letters are hanzi again, which those of real text never are. Each run of letters is looked at by
/// itself: a table that somebody pasted may be damaged in a text that is not.
fn is_mojibake(text: &str) -> bool {
    // What becomes of U+FFFD in UTF-8 when it is read as GBK: the letters are lost.
    if text.contains("锟斤拷") {
        return true;
    }
    let is_lost = |letter: char| letter.is_ascii() || matches!(letter, '\u{FFFD}' | '\u{E000}'..='\u{F8FF}' | '\u{A0}');
    let runs = || text.split(is_lost).filter(|run| run.len() >= 6);
    if runs().map(restored_hanzi).sum::<usize>() >= LEAST_RESTORED || is_mostly_mojibake(text, is_lost) {
        return true;
    }
    text.split(|letter: char| letter.is_ascii())
        .filter(|run| run.len() >= 12 && run.chars().all(is_western))
        .map(hanzi_of_western)
        .sum::<usize>()
        >= LEAST_RESTORED
}

/// UTF-8 read as GBK, all in all: in a text that is damaged throughout, runs that show it make up for those that do not.
fn is_mostly_mojibake(text: &str, is_lost: impl Fn(char) -> bool + Copy) -> bool {
    let mut sample = text.len().min(64 << 10);
    while !text.is_char_boundary(sample) {
        sample -= 1;
    }
    let text = text.get(..sample).unwrap_or_default();
    let runs = || text.split(is_lost).filter(|run| run.len() >= 6);
    let before: usize = runs().map(count_common).sum();
    if runs().flat_map(str::chars).map(most_bytes).sum::<usize>() / 3 <= before * 2 {
        return false;
    }
    let (mut after, mut broken) = (0_usize, 0_usize);
    for run in runs() {
        let restored = from_gbk(run);
        after += count_common(&restored);
        broken += restored.chars().filter(|letter| *letter == '\u{FFFD}').count();
    }
    after >= LEAST_RESTORED && after > before * 2 && after > broken
}

fn from_gbk(run: &str) -> String {
    UTF_8.decode_without_bom_handling(&GB18030.encode(run).0).0.into_owned()
}

/// Common hanzi that must come back for a text to count as decoded wrongly.
const LEAST_RESTORED: usize = 6;

/// Common hanzi that a run of letters has when its GBK bytes are read as UTF-8; 0 when they are none.
fn restored_hanzi(run: &str) -> usize {
    let before = count_common(run);
    // Three bytes make a hanzi again: mostly there are too few of them, and writing them takes long.
    if run.chars().map(most_bytes).sum::<usize>() / 3 <= before * 2 {
        return 0;
    }
    let restored = from_gbk(run);
    let after = count_common(&restored);
    let broken = restored.chars().filter(|letter| *letter == '\u{FFFD}').count();
    if after > before * 2 && after > broken { after } else { 0 }
}

/// Letters of windows-1252, in which each byte is one.
fn is_western(letter: char) -> bool {
    letter <= '\u{FF}' || WINDOWS_1252.encode(letter.encode_utf8(&mut [0; 4])).0.len() == 1
}

/// Common hanzi that a run of Western letters has when their bytes are read as UTF-8 or GBK; 0 when they are none.
fn hanzi_of_western(run: &str) -> usize {
    let byte = |letter: char| match u8::try_from(letter) {
        Ok(byte) => byte,
        Err(_) => WINDOWS_1252.encode(letter.encode_utf8(&mut [0; 4])).0.first().copied().unwrap_or(0),
    };
    let bytes: Vec<u8> = run.chars().map(byte).collect();
    let hanzi = |encoding: &'static encoding_rs::Encoding| {
        let text = encoding.decode_without_bom_handling(&bytes).0;
        let common = count_common(&text);
        if common * 3 >= text.chars().count() { common } else { 0 }
    };
    hanzi(UTF_8).max(hanzi(GB18030))
}

fn count_common(text: &str) -> usize {
    text.chars().filter(|letter| is_common(*letter)).count()
}

/// Bytes that GB18030 takes at most: two for what GBK has without doubt.
fn most_bytes(letter: char) -> usize {
    let two = matches!(letter, '\u{4E00}'..='\u{9FA5}' | '\u{3000}'..='\u{3002}' | '，' | '：' | '；' | '（' | '）');
    if two { 2 } else { 4 }
}

/// The label a page declares about itself: `<meta charset>`, `http-equiv`, an XML declaration.
fn declared_label(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..bytes.len().min(LABEL_BYTES))?;
    let head: String =
        head.iter().filter(|byte| **byte != 0).map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    let mut rest = head.as_str();
    while let Some(at) = rest.find("charset").or_else(|| rest.find("encoding=")) {
        let after = rest.get(at..)?.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
        let value = after.trim_start_matches([' ', '=', '"', '\'', '\t']);
        let label: String =
            value.chars().take_while(|letter| letter.is_ascii_alphanumeric() || "-_:".contains(*letter)).collect();
        if after.trim_start().starts_with('=') && encoding_rs::Encoding::for_label(label.as_bytes()).is_some() {
            return Some(label);
        }
        rest = after;
    }
    None
}

/// Whether a declared label names the encoding that was used, subsets and aliases included.
fn same_family(declared: &str, used: &str) -> bool {
    let Some(declared) = encoding_rs::Encoding::for_label(declared.as_bytes()) else { return true };
    let family = |name: &str| match name.to_ascii_lowercase().as_str() {
        "gbk" => "gb18030".to_owned(),
        "utf-16be" | "utf-16le" => "utf-16".to_owned(),
        other => other.to_owned(),
    };
    family(declared.name()) == family(used)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str = "<meta charset=\"LABEL\">2022年度部门整体支出绩效自评报告，本年支出合计3518.64万元，其中：基本支出1204.31万元。";

    fn check(bytes: &[u8], label: &str, basis: EncodingBasis) {
        let decoded = decode(bytes);
        assert_eq!((decoded.encoding.label.as_str(), decoded.encoding.basis), (label, basis));
        assert!(decoded.text.contains("3518.64万元"), "{}", decoded.text);
        assert!(!decoded.encoding.suspect_mojibake);
    }

    #[test]
    fn content_decides_and_labels_only_break_ties() {
        let page = |label: &str| PROSE.replace("LABEL", label);
        check(page("gb2312").as_bytes(), "utf-8", EncodingBasis::ValidUtf8);
        check(format!("\u{feff}{PROSE}").as_bytes(), "utf-8", EncodingBasis::Bom);
        check(&GB18030.encode(&page("utf-8")).0, "gb18030", EncodingBasis::Detected);
        check(&GB18030.encode(&page("big5")).0, "gb18030", EncodingBasis::Detected);
        let traditional =
            "<meta charset=gb2312>本年度部門整體支出績效，支出總計3518.64萬元，其中基本支出為主要項目。3518.64万元";
        let (bytes, _, _) = BIG5.encode(traditional);
        assert_eq!(decode(&bytes).encoding.label, "big5");
        let utf16: Vec<u8> = PROSE.encode_utf16().flat_map(u16::to_be_bytes).collect();
        check(&utf16, "utf-16be", EncodingBasis::Detected);
        let utf16: Vec<u8> = PROSE.encode_utf16().flat_map(u16::to_le_bytes).collect();
        check(&utf16, "utf-16le", EncodingBasis::Detected);
    }

    #[test]
    fn damage_is_counted() {
        let mut bytes = GB18030.encode(PROSE).0.into_owned();
        bytes.push(0xFF);
        bytes.extend_from_slice(b"<p>");
        assert_eq!(decode(&bytes).encoding.replacements, 1);
        let cut = &PROSE.as_bytes()[..PROSE.len() - 1];
        assert!(decode(cut).cut_tail);
        assert_eq!(decode(cut).encoding.replacements, 0);
    }

    #[test]
    fn mojibake_is_flagged() {
        let broken = GB18030.decode_without_bom_handling(PROSE.repeat(2).as_bytes()).0.into_owned();
        let flagged = |text: &str| decode(text.as_bytes()).encoding.suspect_mojibake;
        assert!(flagged(&broken));
        // Behind a long text that is not, and in the middle of one.
        assert!(flagged(&format!("{}{broken}", "x1 ".repeat(30_000))));
        assert!(flagged(&format!("{}{broken}{}", PROSE.repeat(20), PROSE.repeat(20))));
        let western = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect::<String>();
        assert!(flagged(&western(PROSE.as_bytes())));
        assert!(flagged(&western(&GB18030.encode(PROSE).0)));
        assert!(flagged("支出锟斤拷锟斤拷1234万元"));
        for text in ["Überprüfung der Ausgaben für das Jahr", "……——“”‘’·×÷±", "姓名：喆堃，昇焜镕、赟祎婧翀彧"]
        {
            assert!(!flagged(text), "{text}");
        }
    }

    #[test]
    fn a_mark_that_lies_is_a_label() {
        let mut bytes = b"\xEF\xBB\xBF".to_vec();
        bytes.extend_from_slice(&GB18030.encode(&PROSE.replace("LABEL", "")).0);
        let decoded = decode(&bytes);
        assert!(decoded.text.contains("基本支出1204.31万元"), "{}", decoded.text);
        assert_eq!((decoded.encoding.label.as_str(), decoded.encoding.declared.as_deref()), ("gb18030", Some("utf-8")));
    }
}
