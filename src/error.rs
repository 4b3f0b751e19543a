//! What can go wrong with one source, and what to tell the person who dropped it.
//!
//! An [`Error`] means that no useful record comes out of this source. It is data for a quarantine entry: a stable
//! code that programs match on, a place, and one sentence each in Chinese and English that says what to do.
//! A document that contradicts itself is a finding, never an error; something a reader skipped is a
//! [`Warning`](crate::document::Warning).

use std::fmt;

/// Result of everything below the daemon.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a source gave no record: the kind, where in it, and the detail of this one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    place: Option<String>,
    detail: Bilingual,
}

/// A message in the two languages the project speaks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bilingual {
    /// Chinese text.
    pub zh: String,
    /// English text.
    pub en: String,
}

/// Chinese, then English.
impl From<(&str, &str)> for Bilingual {
    fn from((zh, en): (&str, &str)) -> Self {
        Self { zh: zh.to_owned(), en: en.to_owned() }
    }
}

/// A text that needs no translation: a name, or nothing.
impl From<&str> for Bilingual {
    fn from(text: &str) -> Self {
        Self::from((text, text))
    }
}

/// A text that comes from elsewhere, as the operating system's.
impl From<String> for Bilingual {
    fn from(text: String) -> Self {
        Self { zh: text.clone(), en: text }
    }
}

/// The closed list of reasons. Each has a code that never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The source has no bytes, or nothing but white space.
    Empty,
    /// The content is none of the formats that are read.
    UnknownFormat,
    /// A known format that is not read (pictures, presentations).
    UnsupportedFormat,
    /// Several files packed into one (ZIP, RAR, 7-Zip, gzip).
    Archive,
    /// The file ends before its structure does.
    Truncated,
    /// The structure contradicts the format's rules.
    Malformed,
    /// Protected by a password.
    Encrypted,
    /// Word 97-2003 or WPS binary text document.
    LegacyWord,
    /// Portable Document Format.
    Pdf,
    /// Rich Text Format.
    Rtf,
    /// A limit of `limits.rs` was reached; the detail names it.
    LimitExceeded,
    /// XML with a document type declaration, which Office formats forbid.
    Doctype,
    /// The operating system would not give the bytes; may pass.
    Unreadable,
    /// The named pipeline does not exist.
    UnknownPipeline,
    /// A panic or broken invariant in hedui itself.
    Internal,
}

impl ErrorKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::Empty,
        Self::UnknownFormat,
        Self::UnsupportedFormat,
        Self::Archive,
        Self::Truncated,
        Self::Malformed,
        Self::Encrypted,
        Self::LegacyWord,
        Self::Pdf,
        Self::Rtf,
        Self::LimitExceeded,
        Self::Doctype,
        Self::Unreadable,
        Self::UnknownPipeline,
        Self::Internal,
    ];

    /// The stable code, as it stands in quarantine reasons, logs and on standard error.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty-file",
            Self::UnknownFormat => "unknown-format",
            Self::UnsupportedFormat => "unsupported-format",
            Self::Archive => "archive",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
            Self::Encrypted => "encrypted",
            Self::LegacyWord => "legacy-word",
            Self::Pdf => "pdf",
            Self::Rtf => "rtf",
            Self::LimitExceeded => "limit-exceeded",
            Self::Doctype => "doctype-forbidden",
            Self::Unreadable => "unreadable",
            Self::UnknownPipeline => "unknown-pipeline",
            Self::Internal => "internal",
        }
    }

    /// What is wrong, without the detail.
    fn summary(self) -> (&'static str, &'static str) {
        match self {
            Self::Empty => ("文件是空的", "the file is empty"),
            Self::UnknownFormat => ("无法识别的文件格式", "not a known document format"),
            Self::UnsupportedFormat => ("不支持的文件格式", "this format is not supported"),
            Self::Archive => ("压缩包，不是文档", "an archive, not a document"),
            Self::Truncated => ("文件不完整，可能被截断", "the file is truncated"),
            Self::Malformed => ("文件内容已损坏", "the file is damaged"),
            Self::Encrypted => ("文件已加密", "the file is encrypted"),
            Self::LegacyWord => ("旧版 Word 或 WPS 文字（.doc/.wps）", "a legacy binary Word or WPS document"),
            Self::Pdf => ("PDF 文件", "a PDF file"),
            Self::Rtf => ("RTF 文件", "an RTF file"),
            Self::LimitExceeded => ("超过处理上限", "a processing limit was exceeded"),
            Self::Doctype => ("XML 中含有被禁止的 DOCTYPE", "the XML has a forbidden DOCTYPE"),
            Self::Unreadable => ("无法读取文件", "the file cannot be read"),
            Self::UnknownPipeline => ("没有这个处理流程", "there is no such pipeline"),
            Self::Internal => ("程序内部错误", "an internal error of hedui"),
        }
    }

    /// What the person who dropped the file can do.
    fn advice(self) -> (&'static str, &'static str) {
        match self {
            Self::Empty => ("请重新导出或重新上传该文件", "export or upload the file again"),
            Self::UnknownFormat | Self::UnsupportedFormat => (
                "请另存为 .docx、.xlsx、.html 或 .txt 后重新放入",
                "save it as .docx, .xlsx, .html or .txt and drop it again",
            ),
            Self::Archive => ("请解压后逐个放入其中的文件", "unpack it and drop the files in it one by one"),
            Self::Truncated | Self::Malformed => (
                "请在原程序中打开并重新保存，或重新下载",
                "open and save it again in its program, or download it again",
            ),
            Self::Encrypted => ("请去掉密码后重新放入", "remove the password and drop it again"),
            Self::LegacyWord | Self::Rtf => {
                ("请用 Word 或 WPS 另存为 .docx 后重新放入", "save it as .docx in Word or WPS and drop it again")
            }
            Self::Pdf => (
                "请放入生成该 PDF 的 Word 或 Excel 原件",
                "drop the Word or Excel original from which the PDF was made",
            ),
            Self::LimitExceeded => (
                "请拆分文件，或在 config.yaml 的 limits 中调高该上限",
                "split the file, or raise that limit under `limits` in config.yaml",
            ),
            Self::Doctype => ("请在原程序中重新保存该文件", "save the file again in its program"),
            Self::Unreadable => ("请检查文件权限和磁盘后重试", "check the permissions and the disk, then retry"),
            Self::UnknownPipeline => (
                "请检查 config.yaml 或命令行中的流程名称",
                "check the pipeline's name in config.yaml or on the command line",
            ),
            Self::Internal => {
                ("原件已保留，请将其与本条信息一并反馈", "the source is kept; please report it with this message")
            }
        }
    }
}

impl Error {
    /// An error of `kind`; `detail` says what this one case was about, in Chinese and English (no full stop, may be empty).
    #[must_use]
    pub fn new(kind: ErrorKind, detail: impl Into<Bilingual>) -> Self {
        Self { kind, place: None, detail: detail.into() }
    }

    /// A limit of [`Limits`](crate::limits::Limits) was reached: `name` is its field, `value` what was allowed.
    #[must_use]
    pub fn limit(name: &str, value: impl fmt::Display) -> Self {
        let detail = Bilingual { zh: format!("上限 {name} = {value}"), en: format!("limit {name} = {value}") };
        Self::new(ErrorKind::LimitExceeded, detail)
    }

    /// The same error with the part or place where it was met.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place.get_or_insert(place.into());
        self
    }

    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The stable code of its kind.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// Where it was met: a part's name, a sheet, or nothing.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }

    /// What this one case was about.
    #[must_use]
    pub fn detail(&self) -> &Bilingual {
        &self.detail
    }

    /// True when the same bytes may well be read later without any change.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.kind == ErrorKind::Unreadable
    }

    /// What is wrong, with detail and place.
    #[must_use]
    pub fn message(&self) -> Bilingual {
        let (zh, en) = self.kind.summary();
        let mut message = Bilingual { zh: zh.to_owned(), en: en.to_owned() };
        if !self.detail.en.is_empty() {
            message.zh.push_str(&format!("（{}）", self.detail.zh));
            message.en.push_str(&format!(" ({})", self.detail.en));
        }
        if let Some(place) = &self.place {
            message.zh.push_str(&format!("，位置：{place}"));
            message.en.push_str(&format!(" in {place}"));
        }
        message
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> Bilingual {
        let (zh, en) = self.kind.advice();
        Bilingual { zh: zh.to_owned(), en: en.to_owned() }
    }
}

/// `code: what is wrong; what to do`, the line that follows a file's name on standard error.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.code(), self.message().en, self.advice().en)
    }
}

impl std::error::Error for Error {}
