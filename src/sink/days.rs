//! Days of the calendar, for the names of log files.
//!
//! In: days since 1970, or a time as logs write it and a distance from UTC. Out: year, month and day in the proleptic
//! Gregorian calendar. Nothing can go wrong: a text that is no time gives its first ten characters.

/// Year, month and day of a day after 1970-01-01. Years begin in March here, so that the leap day is a year's last.
#[must_use]
pub fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// Days from 1970-01-01 to a day of 1970 or later.
fn days_of(year: u64, month: u64, day: u64) -> Option<u64> {
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day.checked_sub(1)?;
    let (era, of_era) = (year / 400, year % 400);
    (era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year).checked_sub(719_468)
}

/// The day, as `2026-01-02`, of an RFC 3339 time in UTC, where the day begins `minutes` earlier than in UTC.
#[must_use]
pub fn local_day(at: &str, minutes: i32) -> String {
    let shifted = shifted(at, minutes).map(|(day, _)| day);
    shifted.unwrap_or_else(|| at.get(..10).unwrap_or(at).to_owned())
}

/// The same with hour and minute, as `2026-01-02 15:04`.
#[must_use]
pub fn local_time(at: &str, minutes: i32) -> String {
    match shifted(at, minutes) {
        Some((day, minute)) => format!("{day} {:02}:{:02}", minute / 60, minute % 60),
        None => at.to_owned(),
    }
}

/// Day, and minutes of it.
fn shifted(at: &str, minutes: i32) -> Option<(String, u64)> {
    let number = |from: usize, to: usize| at.get(from..to)?.parse::<u64>().ok();
    let days = days_of(number(0, 4)?, number(5, 7)?, number(8, 10)?)?;
    let minute = i64::try_from(days * 1440 + number(11, 13)? * 60 + number(14, 16)?).ok()? + i64::from(minutes);
    let minute = u64::try_from(minute).ok()?;
    let (year, month, day) = civil(minute / 1440);
    Some((format!("{year:04}-{month:02}-{day:02}"), minute % 1440))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_come_back_as_they_were() {
        for days in (0..60_000).step_by(7) {
            let (year, month, day) = civil(days);
            assert_eq!(days_of(year, month, day), Some(days));
        }
    }

    #[test]
    fn days_begin_where_people_are() {
        for (at, minutes, day) in [
            ("2026-01-02T15:59:59.999Z", 480, "2026-01-02"),
            ("2026-01-02T16:00:00.000Z", 480, "2026-01-03"),
            ("2026-12-31T16:00:00Z", 480, "2027-01-01"),
            ("2026-03-01T02:00:00Z", -210, "2026-02-28"),
            ("2026-01-02T", 480, "2026-01-02"),
            ("1970-01-01T00:00:00Z", -60, "1970-01-01"),
        ] {
            assert_eq!(local_day(at, minutes), day, "{at}");
        }
        assert_eq!(local_time("2026-01-02T16:05:59.999Z", 480), "2026-01-03 00:05");
        assert_eq!(local_time("yesterday", 480), "yesterday");
    }
}
