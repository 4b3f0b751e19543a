//! Every text of the pages, in Chinese and English.
//!
//! In: a key. Out: its text in a language. A key that nobody wrote down reads as itself; a test finds those, and those
//! that nobody uses. What findings, errors and rules say is bilingual where it is made.

use crate::record::Message;
use crate::sink::Language as Reviews;

/// A language of the pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Language {
    /// Simplified Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Language {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// BCP 47.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The text of a key.
    pub(super) fn word(self, key: &str) -> &'static str {
        let Some((_, zh, en)) = TABLE.iter().find(|(each, _, _)| *each == key) else { return "?" };
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// The text of a key with a value in it.
    pub(super) fn told(self, key: &str, value: &str) -> String {
        self.word(key).replace("{}", value)
    }

    /// The language of the reviews that a page hands out.
    pub(super) fn of_reviews(self) -> Reviews {
        match self {
            Self::Zh => Reviews::Zh,
            Self::En => Reviews::En,
        }
    }

    /// A unit of figures as people call it.
    pub(super) fn unit(self, unit: &str) -> &str {
        match (unit, self) {
            ("CNY", Self::Zh) => "元",
            ("percent", _) => "%",
            ("permille", _) => "‰",
            ("point", Self::Zh) => "分",
            ("person", Self::Zh) => "人",
            ("item", Self::Zh) => "项",
            _ => unit,
        }
    }

    /// What is said in this language.
    pub(super) fn choose(self, message: &Message) -> &str {
        match self {
            Self::Zh => &message.zh,
            Self::En => &message.en,
        }
    }

    /// The same at the beginning of a line: English has a capital there.
    pub(super) fn begin(self, message: &Message) -> String {
        let mut chars = self.choose(message).chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
    }
}

impl From<Reviews> for Language {
    fn from(language: Reviews) -> Self {
        match language {
            Reviews::Zh => Self::Zh,
            Reviews::En => Self::En,
        }
    }
}

/// Key, Chinese, English.
const TABLE: &[(&str, &str, &str)] = &[
    ("brand.what", "绩效报告核对", "performance reports, checked"),
    ("skip", "跳到正文", "Skip to the content"),
    ("nav.label", "主导航", "Main"),
    ("nav.overview", "概览", "Overview"),
    ("nav.documents", "报告", "Documents"),
    ("nav.findings", "问题", "Findings"),
    ("nav.quarantine", "隔离区", "Quarantine"),
    ("nav.upload", "上传", "Upload"),
    ("nav.rules", "核对规则", "Rules"),
    ("nav.api", "接口说明", "API"),
    ("settings.language", "语言", "Language"),
    ("settings.theme", "配色", "Colours"),
    ("theme.auto", "自动", "Auto"),
    ("theme.light", "浅色", "Light"),
    ("theme.dark", "深色", "Dark"),
    ("live.updated", "页面已更新", "The page was updated"),
    (
        "live.newer",
        "有新内容；您正在操作的部分没有刷新。",
        "There is newer content; what you are working in was left as it is.",
    ),
    ("live.show", "刷新页面", "Show it"),
    ("live.lost", "与服务的连接已断开，正在重试", "Lost the connection; trying again"),
    ("sign_out", "退出", "Sign out"),
    ("yes", "是", "yes"),
    ("list.and", "；", "; "),
    ("paren.open", "（", " ("),
    ("paren.close", "）", ")"),
    ("none", "无", "none"),
    ("severity", "程度", "Severity"),
    ("severity.error", "错误", "Error"),
    ("severity.warning", "警告", "Warning"),
    ("severity.info", "提示", "Info"),
    ("severity.clean", "未发现问题", "No findings"),
    ("severity.unchecked", "无可核对内容", "Nothing to check"),
    ("severity.any", "有问题", "Any finding"),
    ("flag.wrong", "不符", "disagrees"),
    ("flag.suspect", "疑有误", "suspect"),
    ("table.sheet", "工作表", "Sheet"),
    ("table.hidden", "隐藏", "hidden"),
    ("table.unit", "单位：", "Unit:"),
    ("table.not_drawn", "行未显示", "rows not shown"),
    ("figure.unnamed", "该数据", "this figure"),
    ("equation.computed", "算得", "computed"),
    ("equation.delta", "相差", "Difference"),
    ("equation.more", "另有核对不符，见“全部核对”", "more checks disagree; see “All checks”"),
    ("relation.sum", "分项之和应等于合计", "Parts add up to the total"),
    ("relation.difference", "差额应等于两数相减", "A difference is one figure less the other"),
    ("relation.ratio", "比率应等于两数相除", "A rate is one figure divided by the other"),
    ("relation.change", "增减幅度应等于变动额除以基数", "A change is its amount divided by the base"),
    ("relation.score", "得分应等于分值乘比率", "Points are the weight times the rate"),
    ("relation.equal", "同一数据在各处应相同", "The same figure is the same everywhere"),
    ("relation.bound", "部分不应大于整体", "A part is at most its whole"),
    ("relation.share_sum", "各占比之和应为100%", "Shares add up to 100 %"),
    ("relation.weight_sum", "各分值之和应等于总分", "Weights add up to their total"),
    ("relation.score_sum", "各得分之和应等于总得分", "Points add up to their total"),
    ("cause.likely", "可能的原因", "Probable cause"),
    ("cause.others", "其他可能", "Other explanations"),
    ("cause.should_be", "应为", "should be"),
    ("cause.then", "；改正后另有", "; then "),
    ("cause.hold", "项核对成立", " more checks hold"),
    ("slip.digit", "一位数字写错", "one digit is wrong"),
    ("slip.transposition", "相邻两位数字颠倒", "two digits changed places"),
    ("slip.dropped_digit", "漏写一位数字", "a digit is missing"),
    ("slip.doubled_digit", "多写一位数字", "a digit stands there twice"),
    ("slip.decimal_shift", "小数点错位", "the decimal point is elsewhere"),
    ("slip.unit_slip", "元与万元混用", "元 and 万元 were mixed up"),
    ("slip.sign", "正负号写错", "the sign is wrong"),
    ("slip.neighbour_copy", "误抄相邻数据", "copied from a neighbouring figure"),
    ("slip.stale", "沿用了旧数据", "left over from another version"),
    ("slip.missing_term", "漏列一项", "a part is not listed"),
    ("slip.recomputed", "计算错误", "calculated wrongly"),
    ("status.consistent", "成立", "holds"),
    ("status.rounding", "四舍五入内成立", "holds within rounding"),
    ("status.truncation", "截断而非四舍五入", "cut off, not rounded"),
    ("status.explained", "差额另有说明", "explained elsewhere"),
    ("status.inconsistent", "不成立", "does not hold"),
    ("status.not_checkable", "无法核对", "cannot be checked"),
    ("reason.note", "差额与正文说明所列数据相符", "the text accounts for the difference"),
    ("reason.absent_value", "缺少数据", "a figure is missing"),
    ("reason.unit_unclear", "计量单位不明", "the unit is unclear"),
    ("reason.zero_base", "基数为零", "the base is zero"),
    ("reason.base_not_positive", "基数不是正数", "the base is not above zero"),
    (
        "reason.rate_over_100",
        "完成率超过100%，评分办法未说明",
        "the rate is above 100 %, and how it is scored is not stated",
    ),
    ("reason.score_formula_not_stated", "评分办法未说明", "how it is scored is not stated"),
    ("reason.other", "原因未列明", "no reason is given"),
    ("field.entity", "单位", "Unit"),
    ("field.region", "地区", "Region"),
    ("field.year", "年度", "Year"),
    ("field.kind", "报告类型", "Kind"),
    ("field.period", "期间", "Period"),
    ("field.published", "公布日期", "Published"),
    ("field.source", "来源文件", "Source file"),
    ("field.received", "收到时间", "Received"),
    ("field.size", "大小", "Size"),
    ("field.sha256", "SHA-256", "SHA-256"),
    ("field.pipeline", "处理流程", "Pipeline"),
    ("field.supersedes", "取代的记录", "Replaces"),
    ("field.title", "标题", "Title"),
    ("field.sort", "问题种类", "Sort of finding"),
    ("normalized", "读取与规范化", "How it was read"),
    ("normalized.format", "文件格式", "Format"),
    ("normalized.extension", "与扩展名不符", "its extension says otherwise"),
    ("normalized.encoding", "文字编码", "Encoding"),
    ("normalized.replaced", "无法解码的字节", "Bytes that are no text"),
    ("normalized.mojibake", "疑似乱码", "Looks wrongly decoded"),
    ("normalized.container", "压缩包", "Archive"),
    ("normalized.hidden", "含隐藏行、列或工作表的表", "Tables with hidden rows, columns or sheets"),
    ("normalized.text", "文字", "Text"),
    (
        "normalized.text.what",
        "空格与全角、半角统一；所印数据未改动",
        "spaces and letter widths made the same; figures as printed",
    ),
    ("encoding.bom", "据字节序标记", "by its byte order mark"),
    ("encoding.valid-utf8", "全部字节为有效UTF-8", "every byte is valid UTF-8"),
    ("encoding.declared", "据文件声明", "as the file declares"),
    ("encoding.detected", "据内容推断", "found from the content"),
    ("encoding.container", "由文件格式规定", "as the format prescribes"),
    ("warnings", "跳过或修复的内容", "Skipped or repaired"),
    ("document.identity", "报告信息", "What it is"),
    ("document.findings", "发现的问题", "What does not add up"),
    ("document.clean", "未发现数据不符。", "No figures disagree."),
    (
        "document.unchecked",
        "本报告内没有可以相互核对的数据；这不表示数据无误，请人工查看。",
        "Within this document nothing could be checked. That does not say that its figures are right; look at them yourself.",
    ),
    ("coverage.no_figures", "报告中没有读到数据。", "No figures were read in the document."),
    (
        "coverage.alone",
        "读到{}个数据，没有能相互验算的。",
        "{} figures were read; none of them can be computed from others.",
    ),
    (
        "coverage.open",
        "读到{}个数据，{}项核对因数据缺失或含义不明而无法判断，见“全部核对”。",
        "{} figures were read; {} checks could not be decided because figures are missing or unclear; see “All checks”.",
    ),
    ("coverage.checked", "共核对{}项，涉及{}个数据（共读到{}个）。", "{} checks, of {} figures ({} were read)."),
    (
        "coverage.checked_but",
        "共核对{}项，涉及{}个数据（共读到{}个）；另有{open}项无法判断。",
        "{} checks, of {} figures ({} were read); {open} more could not be decided.",
    ),
    ("document.superseded", "此记录已被更新的文件取代。", "A newer file has replaced this record."),
    ("document.story", "报告正文", "The document"),
    (
        "document.cut",
        "报告很长，未全部显示；可下载记录查看。",
        "The document is long and not shown in full; download the record.",
    ),
    ("document.checks", "全部核对", "All checks"),
    ("document.check", "核对", "Check"),
    ("document.verdict", "结论", "Verdict"),
    ("document.download", "下载", "Download"),
    ("document.original", "原文件", "Original file"),
    ("document.record", "记录（JSON）", "Record (JSON)"),
    ("document.light", "在正文中标出", "Show in the document"),
    ("document.resolved", "上一版的问题，本版已改正", "Findings of the last version that are gone"),
    ("document.revisions", "同一报告的其他版本", "Other versions of this report"),
    ("document.across", "与其他报告不一致", "What differs from other reports"),
    ("unit.all", "查看全部报告", "See all documents"),
    ("unit.resolved", "已改正的问题", "Findings that were corrected"),
    ("review.one", "发给单位", "For the unit"),
    ("review.docx", "核对函（Word）", "Letter (Word)"),
    ("review.xlsx", "问题清单（Excel）", "Findings (Excel)"),
    ("review.html", "核对结果（网页）", "Page (HTML)"),
    ("review.annotated", "批注副本（Word）", "Annotated copy (Word)"),
    ("export", "导出", "Export"),
    ("export.csv", "CSV", "CSV"),
    ("export.xlsx", "Excel", "Excel"),
    ("problem.invalid", "请求有误", "That is not a valid request"),
    ("problem.unauthorized", "需要访问口令", "The access token is needed"),
    ("problem.cross_origin", "拒绝来自其他网站的操作", "Changes from other sites are refused"),
    ("problem.not_found", "找不到该内容", "There is no such thing here"),
    ("problem.not_allowed", "此处不支持该操作", "That is not done here"),
    ("problem.conflict", "目前无法执行", "That cannot be done as things are"),
    ("problem.too_large", "内容过大", "That is too large"),
    (
        "problem.too_many_rows",
        "结果行数过多，请缩小筛选范围后再导出",
        "Too many rows to export; filter for fewer of them",
    ),
    ("problem.wrong_host", "请用本机地址或已许可的名称访问", "Ask by this machine's address or a name that is allowed"),
    ("problem.busy", "请求过多，请稍后再试", "Busy; try again in a moment"),
    ("problem.not_ready", "服务正在启动，请稍后再试", "Starting; try again in a moment"),
    ("problem.internal", "内部错误", "Something went wrong inside"),
    ("problem.too_long", "网址过长", "The address is too long"),
    (
        "told.after",
        "翻页位置无效，请从第一页重新开始。",
        "The place in the list is not known; begin at the first page.",
    ),
    ("told.annotated_one", "批注副本只针对一份报告。", "An annotated copy is of one document."),
    ("told.annotated_word", "只有Word报告才有批注副本。", "Only a Word document has an annotated copy."),
    ("told.broken_off", "上传中断或格式有误，请重新上传。", "The upload broke off or is malformed; send it again."),
    ("told.crowded", "同时进行的操作过多，请稍后再试。", "Too much is asked at the same time; try again in a moment."),
    (
        "told.entry",
        "隔离区中没有这个文件，可能已经处理。",
        "No such entry is in quarantine; it may have been dealt with.",
    ),
    (
        "told.finding_gone",
        "该问题已不在列表中，报告可能已更新。",
        "The finding is not listed any more; the report may have been filed again.",
    ),
    (
        "told.hosts",
        "请管理员把该名称加入 web.allowed_hosts。",
        "The administrator adds the name to `web.allowed_hosts`.",
    ),
    ("told.inbox", "没有这个收件文件夹。", "There is no inbox of this name."),
    (
        "told.journal",
        "暂时无法读取数据库，详见服务日志。",
        "The journal could not be read; the log of the service says why.",
    ),
    ("told.json", "请求内容须为 application/json。", "The body is application/json."),
    ("told.limit", "每页行数须为1至{}。", "`limit` is 1 to {}."),
    ("told.long_address", "筛选条件或网址不能超过{}个字节。", "Filters and address have at most {} bytes."),
    ("told.long_text", "每个筛选条件最多{}个字。", "A filter has at most {} characters."),
    ("told.name", "文件须有名称。", "The file needs a name."),
    (
        "told.no_room",
        "磁盘空间不足，暂不能接收文件，请联系管理员。",
        "Too little room is left on the disk; tell the administrator.",
    ),
    ("told.note_long", "说明最多{}个字。", "`note` has at most {} characters."),
    ("told.note_missing", "选择“有合理原因”时，请在“说明”中写明原因。", "An explanation needs a `note` that says why."),
    ("told.one_of", "参数只能取以下值：{}。", "The value is one of: {}."),
    (
        "told.original_gone",
        "原文件已不在原处：可能已被同名新文件覆盖、到期清理或移走。",
        "The original is no longer where it was: a newer file took its place, or it was removed or moved.",
    ),
    ("told.passed_over", "这类文件不会被处理：{}。", "Files of this name are passed over: {}."),
    ("told.put_back_before", "该文件已经放回，正在重新处理。", "It was put back already and is being tried again."),
    ("told.record", "没有这份报告，可能已被清理。", "There is no such record; it may have been removed."),
    ("told.record_large", "记录过大，无法显示，请下载查看。", "The record is too large to be shown; download it."),
    ("told.rows", "结果超过{}行。", "There are more than {} rows."),
    ("told.see_log", "操作未完成，详见服务日志。", "It could not be done; the log of the service says why."),
    ("told.slow", "处理时间过长，已中止。", "It took too long and was given up."),
    ("told.too_many_bytes", "每个文件最大{}。", "A file has at most {}."),
    ("told.unit", "没有该单位的现行报告。", "No current report is of this unit."),
    (
        "told.unit_large",
        "该单位报告过多，请用命令 hedui report --unit 生成。",
        "The unit has too many reports; `hedui report --unit` makes it.",
    ),
    (
        "told.unwritten",
        "文件未能写入收件文件夹，详见服务日志。",
        "The file could not be written; the log of the service says why.",
    ),
    ("told.verdict", "没有这种处理结论。", "There is no such verdict."),
    (
        "told.waits_for_disk",
        "磁盘暂时无法写入，恢复后会自动完成。",
        "Delivery waits for a disk; it is done once there is room.",
    ),
    ("told.who", "请填写姓名（最多{}个字）。", "`who` must be 1 to {} characters."),
    ("told.year", "年度须为数字，如2022。", "The year is a number, such as 2022."),
    ("problem.back", "返回概览", "Back to the overview"),
    ("filter.text", "标题、单位或文件名", "Title, unit or file"),
    ("filter.all", "全部", "All"),
    ("filter.apply", "筛选", "Filter"),
    ("filter.clear", "清除筛选", "Clear"),
    ("list.empty", "没有符合条件的内容。", "Nothing here."),
    ("list.next", "下一页", "Next page"),
    ("tile.documents", "份报告", "documents"),
    ("tile.errors", "份有错误", "with errors"),
    ("tile.warnings", "份有警告", "with warnings"),
    ("tile.clean", "份未发现问题", "without findings"),
    ("tile.unchecked", "份无可核对内容", "not checkable"),
    ("tile.open", "个问题待处理", "open findings"),
    ("tile.quarantined", "份在隔离区", "in quarantine"),
    ("overview.units", "各单位", "By unit"),
    (
        "overview.empty",
        "还没有报告。请把文件放进收件文件夹，或在网页上传。",
        "No reports yet. Drop files into an inbox, or upload them.",
    ),
    ("overview.latest", "最近待处理的问题", "Latest open findings"),
    ("overview.all", "查看全部", "See all"),
    ("overview.degraded", "服务受阻：", "The service does not get on:"),
    ("overview.technical", "请把以下信息告知管理员：", "For the administrator:"),
    (
        "trouble.delivery",
        "结果暂时无法保存，文件不会丢失，恢复后自动继续。",
        "results cannot be saved for now. Nothing is lost; it goes on by itself.",
    ),
    (
        "trouble.room",
        "磁盘空间不足，暂停接收新文件，腾出空间后自动继续。",
        "a disk is nearly full. No new files are taken in until there is room.",
    ),
    (
        "trouble.shelf",
        "处理完的文件暂时无法移走，结果不受影响。",
        "files that are done cannot be put away. Their results are there all the same.",
    ),
    ("trouble.folder", "一个必需的文件夹不存在或无法访问。", "a folder that is needed is gone or cannot be reached."),
    ("plot.days", "近30天收到的报告", "Received in the last 30 days"),
    ("plot.records", "收到", "received"),
    ("plot.flagged", "有错误", "with errors"),
    ("plot.quarantined", "隔离", "quarantined"),
    ("plot.table", "以表格查看", "As a table"),
    ("plot.day", "日期", "Day"),
    ("state.open", "待处理", "Open"),
    ("state.accepted", "确认有误", "Accepted"),
    ("state.explained", "已说明", "Explained"),
    ("state.fixed", "已改正", "Fixed"),
    ("state.reopened", "重新打开", "Reopened"),
    ("findings.empty", "没有这样的问题。", "No such findings."),
    ("findings.other", "另一份报告", "the other report"),
    ("decide", "处理", "Decide"),
    ("decide.who", "姓名", "Your name"),
    ("decide.note", "说明", "Note"),
    ("decide.accept", "确认有误", "Accept: it is a mistake"),
    ("decide.explain", "有合理原因", "Explain: there is a reason"),
    ("decide.fix", "已改正", "Fixed"),
    ("decide.reopen", "重新打开", "Reopen"),
    (
        "quarantine.what",
        "这些文件无法转换成记录。按建议处理后可重试；更正后的同名文件会自动取代它们。",
        "These files gave no record. Do as advised and retry; a corrected file of the same name replaces them by itself.",
    ),
    ("quarantine.empty", "隔离区是空的。", "Quarantine is empty."),
    ("quarantine.reason", "原因", "Reason"),
    ("quarantine.advice", "建议", "Advice"),
    ("quarantine.retry", "重试", "Retry"),
    ("quarantine.again", "已重新处理：", "Tried again:"),
    ("quarantine.not", "无法重试：", "Cannot be tried again:"),
    (
        "retry.put_back",
        "已放回收件文件夹，几秒后给出结果。",
        "put back into the inbox; the result follows within seconds.",
    ),
    ("retry.where_it_lies", "文件仍在收件文件夹，正在重新读取。", "it lies in its inbox and is read again."),
    ("retry.with_bundle", "将随所在压缩包一起重新处理。", "it is tried again with its ZIP file."),
    (
        "retry.name_taken",
        "收件文件夹中已有同名文件，请先移走该文件。",
        "a file of this name lies in the inbox; take it away first.",
    ),
    (
        "retry.no_inbox",
        "它的收件文件夹已不在配置中，请重新投放该文件。",
        "its inbox is not configured any more; drop the file anew.",
    ),
    (
        "retry.other_content",
        "该位置现在是另一份内容，请重新投放原文件。",
        "its place has another content by now; drop the file anew.",
    ),
    ("retry.bundle_gone", "它所在的压缩包已不在，请重新投放。", "its ZIP file is gone; drop it anew."),
    ("retry.source_gone", "原文件已不在收件文件夹，请重新投放。", "its source is gone; drop it anew."),
    ("upload.hint", "把文件拖到这里，或选择文件", "Drop files here, or choose them"),
    ("upload.formats", "Word、Excel、网页、文本或ZIP压缩包", "Word, Excel, web pages, text or ZIP"),
    ("upload.most", "每个文件最大", "each at most"),
    ("upload.inbox", "收件文件夹", "Inbox"),
    ("upload.files", "文件", "Files"),
    ("upload.sending", "上传中", "sending"),
    ("upload.sent", "已收到", "received"),
    ("upload.failed", "未收到", "not received"),
    (
        "upload.what",
        "几秒后即可在报告列表中看到核对结果。更正后的同名文件会自动取代原来的报告；原文件仍在收件文件夹中时，两份都会保留。",
        "The result is in the list of documents within seconds. A corrected file of the same name takes the place of the old report; while the old file still lies in the inbox, both stay.",
    ),
    ("upload.then", "查看报告列表", "See the list of documents"),
    (
        "rules.what",
        "每份报告都按这些规则核对。所印数据之间的差异在四舍五入范围内不算错误。",
        "Every report is checked by these rules. A difference within rounding is no mistake.",
    ),
    ("rules.codes", "问题的种类", "Sorts of findings"),
    ("rules.all", "适用于所有报告", "In every report"),
    ("login", "登录", "Sign in"),
    ("login.token", "访问口令", "Access token"),
    (
        "login.hint",
        "口令由管理员设定，见配置中的 web.token_file。",
        "The administrator set it; see web.token_file in the configuration.",
    ),
    ("login.wrong", "口令不正确。", "That is not the token."),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Texts of templates and sources of the dashboard.
    fn texts(folder: &Path) -> Vec<String> {
        let mut texts = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                texts.extend(self::texts(&path));
            } else if path.extension().is_some_and(|end| end == "rs" || end == "html") && !path.ends_with("words.rs") {
                texts.push(fs::read_to_string(path).unwrap());
            }
        }
        texts
    }

    #[test]
    fn every_key_is_in_both_languages_and_once() {
        let keys: BTreeSet<&str> = TABLE.iter().map(|(key, _, _)| *key).collect();
        assert_eq!(keys.len(), TABLE.len(), "a key stands twice");
        for (key, zh, en) in TABLE {
            assert!(!zh.is_empty() && !en.is_empty(), "{key}");
            let han = |text: &str| text.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count();
            assert!(han(en) == 0 || en.contains("万元"), "{key} is not English: {en}");
            assert!(han(zh) > 0 || zh.chars().all(|c| !c.is_alphabetic()) || zh == en, "{key} is not Chinese: {zh}");
        }
    }

    #[test]
    fn keys_that_are_asked_for_are_there_and_no_others() {
        let texts = texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/daemon/web")).join("\n");
        let asked = texts.split(".w(\"").skip(1).chain(texts.split(".word(\"").skip(1));
        let asked = asked.chain(texts.split(".told(\"").skip(1)).chain(texts.split(".told_of(\"").skip(1));
        let asked: BTreeSet<&str> = asked.filter_map(|rest| rest.split('"').next()).collect();
        let known: BTreeSet<&str> = TABLE.iter().map(|(key, _, _)| *key).collect();
        let missing: Vec<_> = asked.difference(&known).collect();
        assert!(missing.is_empty(), "{missing:?}");
        // Keys that are put together from a part and a value.
        let made = ["severity.", "encoding.", "theme."];
        let unused: Vec<_> = known
            .iter()
            .filter(|key| !texts.contains(&format!("\"{key}\"")) && !made.iter().any(|part| key.starts_with(part)))
            .collect();
        assert!(unused.is_empty(), "{unused:?}");
    }
}
