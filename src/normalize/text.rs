//! Text cleaning: what is changed in a copy before anything is recognized, and what never is.
//!
//! [`clean`] gives the text of a record: spaces of all sorts become one plain space, zero-width characters go, letters and
//! digits become half-width, Kangxi radicals and compatibility ideographs become the characters they stand for. Punctuation
//! stays as printed. [`fold`] maps the clean text character by character to half-width punctuation for matching, so that
//! offsets in both are the same. Not NFKC, which would turn ①②③ into 123 and 10⁴ into 104.

/// The characters that U+2F00..=U+2FD5 stand for, in order.
const KANGXI: &str = "\
    一丨丶丿乙亅二亠人儿入八冂冖冫几凵刀力勹匕匚匸十卜卩厂厶又口囗土士夂夊夕大女子宀寸小尢尸屮山巛工己巾干幺广廴廾弋弓彐彡彳心戈戶手支攴文斗斤方无日曰月木欠止歹殳毋\
    比毛氏气水火爪父爻爿片牙牛犬玄玉瓜瓦甘生用田疋疒癶白皮皿目矛矢石示禸禾穴立竹米糸缶网羊羽老而耒耳聿肉臣自至臼舌舛舟艮色艸虍虫血行衣襾見角言谷豆豕豸貝赤走足身車辛\
    辰辵邑酉釆里金長門阜隶隹雨靑非面革韋韭音頁風飛食首香馬骨高髟鬥鬯鬲鬼魚鳥鹵鹿麥麻黃黍黑黹黽鼎鼓鼠鼻齊齒龍龜龠";

/// The characters that U+F900..=U+FA6D stand for, in order.
const COMPATIBILITY: &str = "\
    豈更車賈滑串句龜龜契金喇奈懶癩羅蘿螺裸邏樂洛烙珞落酪駱亂卵欄爛蘭鸞嵐濫藍襤拉臘蠟廊朗浪狼郎來冷勞擄櫓爐盧老蘆虜路露魯鷺碌祿綠菉錄鹿論壟弄籠聾牢磊賂雷壘屢樓淚漏累\
    縷陋勒肋凜凌稜綾菱陵讀拏樂諾丹寧怒率異北磻便復不泌數索參塞省葉說殺辰沈拾若掠略亮兩凉梁糧良諒量勵呂女廬旅濾礪閭驪麗黎力曆歷轢年憐戀撚漣煉璉秊練聯輦蓮連鍊列劣咽烈\
    裂說廉念捻殮簾獵令囹寧嶺怜玲瑩羚聆鈴零靈領例禮醴隸惡了僚寮尿料樂燎療蓼遼龍暈阮劉杻柳流溜琉留硫紐類六戮陸倫崙淪輪律慄栗率隆利吏履易李梨泥理痢罹裏裡里離匿溺吝燐璘\
    藺隣鱗麟林淋臨立笠粒狀炙識什茶刺切度拓糖宅洞暴輻行降見廓兀嗀﨎﨏塚﨑晴﨓﨔凞猪益礼神祥福靖精羽﨟蘒﨡諸﨣﨤逸都﨧﨨﨩飯飼館鶴郞隷侮僧免勉勤卑喝嘆器塀墨層屮悔慨憎\
    懲敏既暑梅海渚漢煮爫琢碑社祉祈祐祖祝禍禎穀突節練縉繁署者臭艹艹著褐視謁謹賓贈辶逸難響頻恵𤋮舘";

/// The text as a record shows it. Lines are trimmed, empty lines dropped.
///
/// ```
/// assert_eq!(hedui::normalize::clean("　２２６４．４２\u{a0}万元 "), "2264．42 万元");
/// ```
#[must_use]
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut pending: Option<char> = None;
    for c in text.chars() {
        let Some(c) = clean_char(c) else { continue };
        if c == '\n' {
            pending = Some('\n');
        } else if c == ' ' {
            pending.get_or_insert(' ');
        } else {
            if let Some(space) = pending.take()
                && !out.is_empty()
            {
                out.push(space);
            }
            out.push(c);
        }
    }
    out
}

fn clean_char(c: char) -> Option<char> {
    match c {
        '\n' => Some('\n'),
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\u{180e}' | '\r' | '\u{fe0f}' => None,
        '\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' => half_width(c),
        '\u{2f00}'..='\u{2fd5}' => Some(nth(KANGXI, c, 0x2f00)),
        '\u{f900}'..='\u{fa6d}' => Some(nth(COMPATIBILITY, c, 0xf900)),
        c if c.is_whitespace() || c.is_control() => Some(' '),
        c => Some(c),
    }
}

fn half_width(c: char) -> Option<char> {
    char::from_u32(u32::from(c) - 0xfee0)
}

fn nth(table: &str, c: char, base: u32) -> char {
    usize::try_from(u32::from(c) - base).ok().and_then(|index| table.chars().nth(index)).unwrap_or(c)
}

/// The clean text, character by character, with half-width punctuation.
#[must_use]
pub fn fold(clean: &str) -> Vec<char> {
    clean.chars().map(fold_char).collect()
}

/// One character with half-width punctuation.
#[must_use]
pub fn fold_char(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => half_width(c).unwrap_or(c),
        '〔' | '【' => '[',
        '〕' | '】' => ']',
        '−' | '–' => '-',
        // Scales in traditional characters, beside the same 元.
        '萬' => '万',
        '億' => '亿',
        c => c,
    }
}

/// A label without white space, with half-width punctuation: the form in which labels are compared.
#[must_use]
pub fn key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    key.extend(key_chars(text));
    key
}

/// The characters of [`key`]. Cleaning leaves no white space but plain spaces and line ends.
pub(crate) fn key_chars(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter_map(clean_char).filter(|c| !matches!(c, ' ' | '\n')).map(fold_char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleaning_keeps_what_carries_meaning() {
        let check = |input: &str, expected: &str| assert_eq!(clean(input), expected, "{input:?}");
        check("　项   目 ", "项 目");
        check("2022\u{a0}年", "2022 年");
        check("①㎡10⁴", "①㎡10⁴");
        check("⼀般", "一般");
        check("a\u{200b}b", "ab");
        check("一\n\n 二\n", "一\n二");
        check("（１２）％", "（12）％");
    }

    #[test]
    fn folding_keeps_every_offset() {
        let text = clean("总额：127万元，其中（市）；〔2018〕26号");
        assert_eq!(fold(&text).len(), text.chars().count());
        assert_eq!(fold(&text).into_iter().collect::<String>(), "总额:127万元,其中(市);[2018]26号");
    }

    #[test]
    fn keys_are_clean_folded_texts_without_spaces() {
        for text in ["　预算数（ 万元 ）\u{a0}\n：２０２２\u{200b}年 ", "⼀\u{fa6c}\u{2028}Ａ\u{7}b", "", " \u{3000}"]
        {
            let long: String = fold(&clean(text)).into_iter().filter(|c| !c.is_whitespace()).collect();
            assert_eq!(key(text), long, "{text:?}");
        }
    }

    #[test]
    fn cleaning_twice_changes_nothing() {
        for text in ["　 ２０２２ 年 \u{a0}\n\n度", "⼀\u{f900}　", "a\tb\r\nc"] {
            let once = clean(text);
            assert_eq!(clean(&once), once);
        }
    }
}
