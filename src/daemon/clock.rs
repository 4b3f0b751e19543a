//! The wall clock, as data only: waiting is done by the monotonic clock.
//!
//! In: nothing. Out: RFC 3339 times in UTC with milliseconds. A clock before 1970 reads as 1970.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::sink::civil;

/// The time now.
#[must_use]
pub fn now_utc() -> String {
    format_utc(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// A time after 1970-01-01 as RFC 3339 in UTC, cut to milliseconds.
fn format_utc(since_epoch: Duration) -> String {
    let seconds = since_epoch.as_secs();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}.{:03}Z",
        second % 60,
        since_epoch.subsec_millis()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_000, "2024-02-29T23:59:59.000Z"),
            (1_767_225_600_001, "2026-01-01T00:00:00.001Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(format_utc(Duration::from_millis(millis)), text);
        }
    }
}
