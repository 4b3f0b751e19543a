//! What a reader skipped, repaired or could not decide. The document is still read.

use super::Location;
use crate::error::Bilingual;

/// One kind of event at one place, with how often it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What happened.
    pub kind: WarningKind,
    /// Where, as exactly as is known.
    pub at: Location,
    /// How often.
    pub count: u32,
}

impl Warning {
    /// A single event.
    #[must_use]
    pub fn once(kind: WarningKind, at: Location) -> Self {
        Self { kind, at, count: 1 }
    }

    /// The stable code of its kind.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.parts().0
    }

    /// What happened, in both languages.
    #[must_use]
    pub fn message(&self) -> Bilingual {
        let (_, zh, en) = self.kind.parts();
        let detail = self.kind.detail();
        let mut message = Bilingual { zh: zh.to_owned(), en: en.to_owned() };
        if let Some(detail) = detail {
            message.zh.push_str(&format!("：{detail}"));
            message.en.push_str(&format!(": {detail}"));
        }
        if self.count > 1 {
            message.zh.push_str(&format!("（{} 次）", self.count));
            message.en.push_str(&format!(" ({} times)", self.count));
        }
        message
    }
}

/// The closed list of things readers report.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum WarningKind {
    /// The name's extension says another format than the content.
    ExtensionMismatch(String),
    /// The declared encoding is not the one the bytes are in.
    EncodingMismatch(String),
    /// Bytes without a character became U+FFFD.
    ReplacedBytes,
    /// The text looks like UTF-8 once decoded as GBK; no error is claimed from its figures.
    SuspectMojibake,
    /// A container part that should be there is missing (styles, numbering, relationships).
    MissingPart(String),
    /// A container part could not be read and was passed over.
    UnreadablePart(String),
    /// A construct that carries no text here was dropped; the detail names it.
    Dropped(String),
    /// Deleted or hidden text was left out.
    HiddenText,
    /// Cells overlapped; positions went to the first, later ones were cut or moved where the format has no overlaps.
    OverlappingCells,
    /// A row had more or fewer cells than its table's grid.
    IrregularRow,
    /// The end of the text is cut off; what was there was read.
    CutTail,
    /// The source was read, and there is no text in it.
    NoText,
    /// What is typed into fields and chosen from lists was read as text.
    FormFields,
    /// What this format's reader cannot give (number formats, merges, hidden marks); the detail names it.
    NotAvailable(String),
}

impl WarningKind {
    /// Every kind, without its detail.
    #[must_use]
    pub fn all() -> [Self; 14] {
        let detail = String::new;
        [
            Self::ExtensionMismatch(detail()),
            Self::EncodingMismatch(detail()),
            Self::ReplacedBytes,
            Self::SuspectMojibake,
            Self::MissingPart(detail()),
            Self::UnreadablePart(detail()),
            Self::Dropped(detail()),
            Self::HiddenText,
            Self::OverlappingCells,
            Self::IrregularRow,
            Self::CutTail,
            Self::NoText,
            Self::FormFields,
            Self::NotAvailable(detail()),
        ]
    }

    fn parts(&self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::ExtensionMismatch(_) => {
                ("extension-mismatch", "扩展名与内容不符", "the extension does not match the content")
            }
            Self::EncodingMismatch(_) => {
                ("encoding-mismatch", "声明的编码与内容不符", "the declared encoding is not the real one")
            }
            Self::ReplacedBytes => (
                "replaced-bytes",
                "有无法解码的字节，已用替换符代替",
                "bytes that stand for no character were replaced",
            ),
            Self::SuspectMojibake => (
                "suspect-mojibake",
                "文本疑似乱码，数字可能已损坏",
                "the text looks wrongly decoded; figures may be damaged",
            ),
            Self::MissingPart(_) => ("missing-part", "文件缺少部件", "a part of the file is missing"),
            Self::UnreadablePart(_) => {
                ("unreadable-part", "部件无法读取，已跳过", "a part could not be read and was skipped")
            }
            Self::Dropped(_) => ("dropped", "已略去的内容", "content was left out"),
            Self::HiddenText => ("hidden-text", "已略去删除或隐藏的文字", "deleted or hidden text was left out"),
            Self::OverlappingCells => ("overlapping-cells", "单元格重叠，已调整", "overlapping cells were adjusted"),
            Self::IrregularRow => ("irregular-row", "行的单元格数与表格不一致", "a row does not fit its table's grid"),
            Self::CutTail => ("cut-tail", "文本末尾被截断", "the end of the text is cut off"),
            Self::NoText => ("no-text", "文件中没有文字", "there is no text in the source"),
            Self::FormFields => {
                ("form-fields", "表单控件中的内容已按文字读取", "what fields and lists hold was read as text")
            }
            Self::NotAvailable(_) => ("not-available", "此格式无法提供的信息", "not available from this format"),
        }
    }

    fn detail(&self) -> Option<&str> {
        match self {
            Self::ExtensionMismatch(detail)
            | Self::EncodingMismatch(detail)
            | Self::MissingPart(detail)
            | Self::UnreadablePart(detail)
            | Self::Dropped(detail)
            | Self::NotAvailable(detail) => Some(detail),
            _ => None,
        }
    }
}
