//! What a configuration means, beyond its shape: paths made absolute, names unique, folders apart.
//!
//! In: [`ConfigFile`] and where it stood. Out: [`Config`], or every complaint at once, in the order of the file.

use std::num::NonZeroUsize;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use serde_saphyr::{Location, Spanned};

use super::catalog::{CatalogTexts, unknown_rule};
use super::error::{Complaint, ConfigError, place, suggest};
use super::file::{ConfigFile, InboxFile, KeepFile, Part, Places, RulesFile};
use super::glob::Pattern;
use super::{Config, Inbox, Keep, Retention};
use crate::limits::Limits;
use crate::pipeline::Catalog;
use crate::reconcile::RuleLevels;
use crate::sink::ReviewFormat;

/// Shortest time between two scans of everything.
const MIN_RESCAN: Duration = Duration::from_millis(100);
/// Below this a log file would hold hardly a line.
const MIN_ROTATE_BYTES: u64 = 4096;

/// Address space of a converting process that has not begun to work.
const MIN_MEMORY_BYTES: u64 = 256 << 20;

/// Turns a file's content into options.
pub(super) fn resolve(path: &Path, file: ConfigFile, places: &Places) -> Result<Config, ConfigError> {
    let base = base_folder(path)?;
    let folder = file.pipelines.as_ref().map(|folder| absolute(&base, &folder.value));
    if let (Some(folder), Some(written)) = (&folder, &file.pipelines) {
        can_be_listed(path, folder, written)?;
    }
    let catalog_texts = CatalogTexts::read(folder.as_deref())?;
    let catalog = catalog_texts.catalog()?;
    let mut check = Checker { file: path, places, complaints: Vec::new() };
    let levels = check.levels(&file.rules, &RuleLevels::new(), &catalog);
    let inboxes = check.inboxes(&base, &file.inboxes, &catalog, &levels);
    let folders = [
        ("output", &file.output),
        ("archive", &file.archive),
        ("quarantine", &file.quarantine),
        ("state", &file.state),
    ]
    .map(|(label, value)| Folder { label, path: check.folder(&base, label, value), at: value.referenced });
    check.apart(&inboxes, &folders);
    check.numbers(&file);
    if let Some(listen) = &file.listen {
        let message = format!("`listen` is part of `web` now; write `web: {{listen: {}}}`", listen.value);
        check.complain(listen.referenced, message);
    }
    let web = check.web(&base, &file);
    let zone_minutes = check.zone(&file.time_zone);
    let umask = file.umask.as_ref().and_then(|text| check.umask(text));
    let group = file.group.as_ref().and_then(|name| check.group(name));
    if !check.complaints.is_empty() {
        check.complaints.sort_by_key(|complaint| complaint.place);
        return Err(ConfigError::of(check.complaints));
    }
    let [output, archive, quarantine, state] = folders.map(|folder| folder.path);
    let workers = file.workers.map(|workers| workers.value as usize);
    Ok(Config {
        file: path.to_owned(),
        inboxes: inboxes.into_iter().map(|(inbox, _)| inbox).collect(),
        output,
        archive,
        quarantine,
        state,
        catalog,
        catalog_texts,
        limits: file.limits,
        workers: workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, NonZeroUsize::get)),
        quiet_window: file.quiet_window.value.0,
        network_quiet_window: file.network_quiet_window.value.0,
        leases: file.leases,
        rescan_interval: file.rescan_interval.value.0,
        queue_bytes: file.queue_bytes.value,
        min_free_bytes: file.min_free_bytes,
        language: file.language,
        web,
        log: file.log,
        rotate_bytes: file.reconciliation.rotate_bytes,
        zone_minutes,
        umask,
        group,
        retention: Retention {
            archive: keep(&file.retention.archive),
            quarantine: keep(&file.retention.quarantine),
            superseded: keep(&file.retention.superseded),
            reviews: keep(&file.retention.reviews),
            log: keep(&file.retention.log),
            every: file.retention.every.0,
        },
        levels,
    })
}

/// The folder of pipelines is there.
fn can_be_listed(path: &Path, folder: &Path, written: &Spanned<String>) -> Result<(), ConfigError> {
    let unreadable = |error| {
        let (name, folder) = (&written.value, folder.display());
        let advice = "make it, or leave `pipelines` out for the built-in ones";
        let message = format!("the folder `{name}` cannot be read ({folder}: {error}); {advice}");
        ConfigError::at(path, written.referenced, message)
    };
    std::fs::read_dir(folder).map(drop).map_err(unreadable)
}

fn keep(file: &KeepFile) -> Keep {
    Keep { age: file.age.map(|age| age.0), bytes: file.bytes }
}

/// A folder the daemon writes to.
struct Folder {
    label: &'static str,
    path: PathBuf,
    at: Location,
}

/// Collects complaints about one file.
pub(super) struct Checker<'a> {
    file: &'a Path,
    places: &'a Places,
    complaints: Vec<Complaint>,
}

impl Checker<'_> {
    pub(super) fn complain(&mut self, at: Location, message: String) {
        self.complaints.push(Complaint { file: self.file.to_owned(), place: place(at), message });
    }

    fn inboxes(
        &mut self,
        base: &Path,
        list: &Spanned<Vec<Spanned<InboxFile>>>,
        catalog: &Catalog,
        levels: &RuleLevels,
    ) -> Vec<(Inbox, Location)> {
        if list.value.is_empty() {
            self.complain(list.referenced, "`inboxes` is empty; name at least one folder".to_owned());
        }
        let mut inboxes: Vec<(Inbox, Location)> = Vec::new();
        for entry in &list.value {
            let inbox = self.inbox(base, &entry.value, catalog, levels);
            let at = entry.value.path.referenced;
            let named = entry.value.name.as_ref().map_or(at, |name| name.referenced);
            for (other, _) in &inboxes {
                self.pair(&inbox, other, at, named);
            }
            inboxes.push((inbox, at));
        }
        inboxes
    }

    fn inbox(&mut self, base: &Path, file: &InboxFile, catalog: &Catalog, levels: &RuleLevels) -> Inbox {
        let path = self.folder(base, "path", &file.path);
        let folder_name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let named = file.name.as_ref().map(|name| name.value.clone());
        let name = named.or(folder_name).unwrap_or_else(|| "inbox".to_owned());
        if !is_component(&name) {
            let message = format!("the inbox name `{name}` must be usable as a folder's name: no `/`, no leading dot");
            self.complain(file.name.as_ref().map_or(file.path.referenced, |name| name.referenced), message);
        }
        let pipeline = (file.pipeline.value != "auto").then(|| file.pipeline.value.clone());
        let mut known: Vec<&str> = catalog.pipelines.iter().map(|pipeline| pipeline.name.as_str()).collect();
        if let Some(wanted) = pipeline.as_deref().filter(|wanted| !known.contains(wanted)) {
            known.push("auto");
            let message = format!("there is no pipeline `{wanted}`{}", suggest(wanted, &known));
            self.complain(file.pipeline.referenced, message);
        }
        let max_depth = file.max_depth.map(|depth| depth as usize);
        Inbox {
            name,
            path,
            pipeline,
            after: file.after,
            max_depth: if file.recursive { max_depth } else { Some(0) },
            include: self.patterns(&file.include),
            exclude: self.patterns(&file.exclude),
            review: file.review.as_ref().and_then(|format| self.review(format)),
            quiet_window: file.quiet_window.map(|window| window.0),
            leases: file.leases,
            levels: self.levels(&file.rules, levels, catalog),
        }
    }

    fn review(&mut self, value: &Spanned<String>) -> Option<ReviewFormat> {
        let format = ReviewFormat::named(&value.value);
        if format.is_none() {
            let known = ReviewFormat::ALL.map(ReviewFormat::label);
            let message = format!("there is no review as `{}`{}", value.value, suggest(&value.value, &known));
            self.complain(value.referenced, message);
        }
        format
    }

    /// Levels of an inbox over those for all.
    fn levels(&mut self, file: &RulesFile, common: &RuleLevels, catalog: &Catalog) -> RuleLevels {
        let mut levels = common.clone();
        for (rule, level) in file {
            if let Some(complaint) = unknown_rule(rule, catalog) {
                self.complain(level.referenced, complaint);
            }
            levels.insert(rule.clone(), level.value);
        }
        levels
    }

    fn patterns(&mut self, texts: &[Spanned<String>]) -> Vec<Pattern> {
        let mut patterns = Vec::new();
        for text in texts {
            match Pattern::parse(&text.value) {
                Ok(pattern) => patterns.push(pattern),
                Err(wrong) => self.complain(text.referenced, wrong.to_owned()),
            }
        }
        patterns
    }

    fn zone(&mut self, value: &Spanned<String>) -> i32 {
        parse_zone(&value.value).unwrap_or_else(|| {
            let message = format!("`{}` is no time zone; write it as UTC or +08:00", value.value);
            self.complain(value.referenced, message);
            0
        })
    }

    fn umask(&mut self, value: &Spanned<String>) -> Option<u32> {
        let mask = u32::from_str_radix(&value.value, 8).ok().filter(|mask| *mask <= 0o777);
        if mask.is_none() {
            let message = format!("`{}` is no umask; write it in octal and quoted, as \"0027\"", value.value);
            self.complain(value.referenced, message);
        } else if mask.is_some_and(|mask| mask & 0o700 != 0) {
            self.complain(value.referenced, "a `umask` that takes rights from the daemon itself".to_owned());
        }
        mask
    }

    fn group(&mut self, value: &Spanned<String>) -> Option<u32> {
        let found = value.value.parse().ok().or_else(|| group_of(&value.value));
        if found.is_none() {
            self.complain(
                value.referenced,
                format!("there is no group `{}` in /etc/group; name another, or its number", value.value),
            );
        }
        found
    }

    /// Two inboxes must differ in name and place.
    fn pair(&mut self, inbox: &Inbox, other: &Inbox, at: Location, named: Location) {
        if inbox.path == other.path {
            self.complain(at, format!("the inbox `{}` has the same path; remove one", other.name));
        } else if inbox.name == other.name {
            self.complain(named, format!("a second inbox is called `{}`; give it another `name`", inbox.name));
        } else if inbox.path.starts_with(&other.path) && other.is_recursive() {
            let message = format!("this folder lies in the inbox `{}`, which is recursive; move it out", other.name);
            self.complain(at, message);
        } else if other.path.starts_with(&inbox.path) && inbox.is_recursive() {
            let message = format!("the inbox `{}` lies in this folder, which is recursive; move it out", other.name);
            self.complain(at, message);
        }
    }

    fn folder(&mut self, base: &Path, label: &str, value: &Spanned<String>) -> PathBuf {
        if value.value.trim().is_empty() {
            self.complain(value.referenced, format!("`{label}` is empty; name a folder"));
        }
        absolute(base, &value.value)
    }

    /// What the daemon writes must not lie where it reads, and the kinds of output must not mix.
    fn apart(&mut self, inboxes: &[(Inbox, Location)], folders: &[Folder]) {
        for (inbox, at) in inboxes {
            for folder in folders {
                let label = folder.label;
                if folder.path.starts_with(&inbox.path) {
                    let at = if place(folder.at).is_some() { folder.at } else { *at };
                    let message = format!("`{label}` lies in the inbox `{}`; choose a folder outside", inbox.name);
                    self.complain(at, message);
                } else if inbox.path.starts_with(&folder.path) {
                    let message = format!("the inbox `{}` lies in `{label}`; choose a folder outside", inbox.name);
                    self.complain(*at, message);
                }
            }
        }
        for (index, folder) in folders.iter().enumerate() {
            for other in folders.iter().take(index).filter(|other| other.path == folder.path) {
                let message = format!("`{}` and `{}` are the same folder; choose two", other.label, folder.label);
                self.complain(if place(folder.at).is_some() { folder.at } else { other.at }, message);
            }
        }
        for inner in folders {
            // What is kept, swept or removed by age in the outer one would take the inner one's files with it.
            for outer in folders.iter().filter(|outer| inner.path != outer.path && inner.path.starts_with(&outer.path))
            {
                let message =
                    format!("`{}` lies in `{}`; choose a folder beside it, not inside", inner.label, outer.label);
                self.complain(if place(inner.at).is_some() { inner.at } else { outer.at }, message);
            }
        }
    }

    fn numbers(&mut self, file: &ConfigFile) {
        if let Some(workers) = file.workers.as_ref().filter(|workers| workers.value == 0 || workers.value > 256) {
            self.complain(
                workers.referenced,
                "`workers` must be 1 to 256; leave it out for one per processor".to_owned(),
            );
        }
        if file.queue_bytes.value == 0 {
            self.complain(file.queue_bytes.referenced, "`queue_bytes` must be at least 1".to_owned());
        }
        if file.retention.every.0 < MIN_RESCAN {
            self.complain_of(Part::Retention, "every", "must be at least 100ms");
        }
        if file.rescan_interval.value.0 < MIN_RESCAN {
            self.complain(file.rescan_interval.referenced, "`rescan_interval` must be at least 100ms".to_owned());
        }
        if file.reconciliation.rotate_bytes < MIN_ROTATE_BYTES {
            let message = format!("must be at least {MIN_ROTATE_BYTES}");
            self.complain_of(Part::Reconciliation, "rotate_bytes", &message);
        }
        self.limits(&file.limits);
    }

    /// Nothing could be read within a bound of nothing.
    fn limits(&mut self, limits: &Limits) {
        // Keys and numbers, which JSON has words for.
        let Ok(serde_json::Value::Object(limits)) = serde_json::to_value(limits) else { return };
        for (key, value) in limits {
            let least = if key == "memory_bytes" { MIN_MEMORY_BYTES } else { 1 };
            if value.as_u64().is_some_and(|value| value < least) {
                self.complain_of(Part::Limits, &key, &format!("must be at least {least}"));
            }
        }
    }

    /// A complaint about a number of a part.
    pub(super) fn complain_of(&mut self, part: Part, key: &str, what: &str) {
        self.complain(self.places.of(part, key), format!("`{}.{key}` {what}", part.label()));
    }
}

/// Minutes of `UTC`, `Z`, `+08:00` or `-0330`.
fn parse_zone(text: &str) -> Option<i32> {
    if matches!(text, "UTC" | "Z") {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':').or_else(|| rest.split_at_checked(2))?;
    let number = |text: &str| text.parse::<i32>().ok().filter(|_| text.len() == 2);
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// Number of a group of this machine, group(5).
fn group_of(name: &str) -> Option<u32> {
    let groups = std::fs::read_to_string("/etc/group").ok()?;
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok())?
    })
}

fn base_folder(path: &Path) -> Result<PathBuf, ConfigError> {
    let absolute = std::path::absolute(path).map_err(|error| ConfigError::whole(path, error.to_string()))?;
    Ok(absolute.parent().unwrap_or(Path::new("/")).to_owned())
}

/// The path from the root, without `.` and `..`, links resolved as far as it exists.
pub(super) fn absolute(base: &Path, text: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for component in base.join(text).components() {
        match component {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    let mut missing = Vec::new();
    let mut existing = path.as_path();
    loop {
        if let Ok(real) = existing.canonicalize() {
            return missing.iter().rev().fold(real, |real, name| real.join(name));
        }
        match (existing.parent(), existing.file_name()) {
            (Some(parent), Some(name)) => {
                missing.push(name);
                existing = parent;
            }
            _ => return path,
        }
    }
}

fn is_component(name: &str) -> bool {
    !name.is_empty() && name.len() <= 200 && !name.starts_with('.') && !name.contains(['/', '\0', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones() {
        for (text, minutes) in
            [("UTC", 0), ("Z", 0), ("+08:00", 480), ("+0800", 480), ("-03:30", -210), ("+14:00", 840)]
        {
            assert_eq!(parse_zone(text), Some(minutes), "{text}");
        }
        for text in ["", "Asia/Shanghai", "8", "+8", "+8:00", "+15:00", "+08:60", "+08:00:00", "08:00", "+é8:00"] {
            assert_eq!(parse_zone(text), None, "{text}");
        }
    }

    #[test]
    fn groups() {
        assert_eq!(group_of("root"), Some(0));
        assert_eq!(group_of("no such group"), None);
    }
}
