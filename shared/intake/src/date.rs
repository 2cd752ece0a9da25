//! Dates as units write them.

use jiff::civil::{Date, DateTime, Time, date};
use jiff::tz::Offset;

use crate::character::half_width;
use crate::normalisation::Normalisation;

/// The day from which a workbook counts days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Epoch {
    /// Day 0 is 1899-12-30, so that days from March 1900 on come out right.
    Y1900,
    /// Day 0 is 1904-01-01: workbooks of old versions of Excel for Mac, and those made from them.
    Y1904,
}

impl Epoch {
    const fn zero(self) -> Date {
        match self {
            Self::Y1900 => date(1899, 12, 30),
            Self::Y1904 => date(1904, 1, 1),
        }
    }
}

/// From here on a day has less than a minute left. Programs that count local midnights in the time zone of 1900, in which
/// Shanghai was 43 seconds off, write dates so; which day is meant cannot be told.
const LAST_MINUTE: f64 = 1439.0 / 1440.0;

/// True for a serial number, or what a spreadsheet shows of one, in the last minute of a day.
pub(crate) fn is_before_midnight(text: &str) -> bool {
    text.ends_with(" 23:59") || text.parse::<f64>().is_ok_and(|serial| serial > 0.0 && serial.fract() > LAST_MINUTE)
}

/// Years in which serial numbers are read as dates.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2099;

/// The date of a spreadsheet's serial number, between 1970 and 2099; a time of day is left out.
pub(crate) fn from_serial(serial: f64, epoch: Epoch, note: &mut dyn FnMut(Normalisation)) -> Option<Date> {
    // Days beyond any date are no days; the comparison is false of what is no number.
    if !(0.0..1e6).contains(&serial) {
        return None;
    }
    let days = serial.floor() as i64;
    if serial.fract() > LAST_MINUTE {
        return None;
    }
    let found = epoch.zero().checked_add(jiff::Span::new().days(days)).ok().filter(|d| YEARS.contains(&d.year()))?;
    note(Normalisation::SerialDate);
    if serial.fract() != 0.0 {
        note(Normalisation::TimeOfDay);
    }
    Some(found)
}

/// Reads 2025-07-01, 2025/7/1, 2025.7.1, 2025年7月1日, 20250701, each also full-width and with a time behind it, or a
/// serial number counted from `epoch`. Day and month are never exchanged: the year stands first. A time with an offset or Z
/// is a moment, whose date is that of China.
pub(crate) fn parse(text: &str, epoch: Epoch, note: &mut dyn FnMut(Normalisation)) -> Option<Date> {
    if let Some(date) = standard(text) {
        return Some(date);
    }
    let folded: String = text.chars().map(half_width).collect();
    let folded = folded.trim();
    let (numbers, rest) = leading_numbers(folded)?;
    let date = match numbers {
        Numbers::Three(year, month, day) => {
            note(Normalisation::DateForm);
            civil(year, month, day)?
        }
        Numbers::One(digits) if digits.len() == 8 => {
            note(Normalisation::DateForm);
            let part = |range| digits.get(range).and_then(|part: &str| part.parse().ok());
            civil(part(0..4)?, part(4..6)?, part(6..8)?)?
        }
        Numbers::One(digits) if digits.len() == 5 => return from_serial(folded.parse().ok()?, epoch, note),
        Numbers::One(_) => return None,
    };
    let rest = rest.trim_start_matches(['T', ' ']);
    if rest.is_empty() {
        return Some(date);
    }
    let (time, offset) = time(rest)?;
    note(Normalisation::TimeOfDay);
    let Some(offset) = offset else { return Some(date) };
    let moment = offset.to_timestamp(DateTime::from_parts(date, time)).ok()?;
    let in_china = xinzheng_domain::china_time::date(moment);
    if in_china != date {
        note(Normalisation::TimeZone);
    }
    Some(in_china)
}

/// `2025-07-01` and nothing else, without any detour.
fn standard(text: &str) -> Option<Date> {
    let &[a, b, c, d, b'-', e, f, b'-', g, h] = text.as_bytes() else { return None };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_i16, |sum, &c| c.is_ascii_digit().then(|| sum * 10 + i16::from(c - b'0')))
    };
    civil(number(&[a, b, c, d])?, number(&[e, f])?, number(&[g, h])?)
}

fn civil(year: i16, month: i16, day: i16) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok().filter(|date| date.year() >= 1900)
}

enum Numbers<'a> {
    Three(i16, i16, i16),
    One(&'a str),
}

/// Splits `2025年7月1日 10:00` into its numbers and what stands behind them.
fn leading_numbers(text: &str) -> Option<(Numbers<'_>, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (first, rest) = text.split_at_checked(digits(text))?;
    let separator = match rest.trim_start().chars().next() {
        Some('年') => '年',
        _ => match rest.chars().next() {
            None | Some(' ' | 'T') => return Some((Numbers::One(first), rest)),
            Some(c @ ('-' | '/' | '.')) => c,
            // 45839.5: a serial number with a time.
            Some(_) => return None,
        },
    };
    if first.len() != 4 {
        return (separator == '.' && first.len() == 5).then_some((Numbers::One(first), rest));
    }
    let rest = rest.trim_start().strip_prefix(separator)?.trim_start();
    let (second, rest) = rest.split_at_checked(digits(rest))?;
    let between = if separator == '年' { '月' } else { separator };
    let rest = rest.trim_start().strip_prefix(between)?.trim_start();
    let (third, rest) = rest.split_at_checked(digits(rest))?;
    let rest = if separator == '年' { rest.trim_start().strip_prefix('日').unwrap_or(rest) } else { rest };
    let part = |digits: &str| if digits.len() <= 2 { digits.parse().ok() } else { None };
    Some((Numbers::Three(first.parse().ok()?, part(second)?, part(third)?), rest))
}

/// `10:00`, `10:00:00`, `10:00:00.000`, with an offset or Z behind.
fn time(text: &str) -> Option<(Time, Option<Offset>)> {
    let clock = text.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.')).count();
    let (clock, zone) = text.split_at_checked(clock)?;
    let (seconds, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = seconds.split(':');
    let mut part = || parts.next().filter(|digits| (1..=2).contains(&digits.len()))?.parse::<i8>().ok();
    let (hour, minute) = (part()?, part()?);
    let second = if seconds.matches(':').count() == 2 { part()? } else { 0 };
    if seconds.matches(':').count() > 2 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let time = Time::new(hour, minute, second, 0).ok()?;
    let offset = match zone.trim() {
        "" => None,
        "Z" | "z" => Some(Offset::UTC),
        zone => Some(offset(zone)?),
    };
    Some((time, offset))
}

/// `+08:00`, `+0800`, `+8`.
fn offset(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    let number = |digits: &str| digits.parse::<i32>().ok().filter(|_| (1..=2).contains(&digits.len()));
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours <= 14 && minutes < 60).then(|| Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_same_day() {
        for (text, notes) in [
            ("2025-07-01", vec![]),
            ("2025/7/1", vec![Normalisation::DateForm]),
            ("2025-7-1", vec![Normalisation::DateForm]),
            ("2025.7.1", vec![Normalisation::DateForm]),
            ("2025年7月1日", vec![Normalisation::DateForm]),
            ("2025年07月01日", vec![Normalisation::DateForm]),
            ("20250701", vec![Normalisation::DateForm]),
            ("２０２５－０７－０１", vec![Normalisation::DateForm]),
            ("45839", vec![Normalisation::SerialDate]),
            ("45839.5", vec![Normalisation::SerialDate, Normalisation::TimeOfDay]),
            ("2025-07-01 00:00:00", vec![Normalisation::DateForm, Normalisation::TimeOfDay]),
            ("2025-07-01T08:30:00.000+08:00", vec![Normalisation::DateForm, Normalisation::TimeOfDay]),
            ("2025 年 7 月 1 日", vec![Normalisation::DateForm]),
            (
                "2025-06-30T16:00:00.000Z",
                vec![Normalisation::DateForm, Normalisation::TimeOfDay, Normalisation::TimeZone],
            ),
            ("2025-07-01T00:00:00Z", vec![Normalisation::DateForm, Normalisation::TimeOfDay]),
            (
                "2025-06-30 23:30:00 +0700",
                vec![Normalisation::DateForm, Normalisation::TimeOfDay, Normalisation::TimeZone],
            ),
            ("2025-07-01T23:59:59+08:00", vec![Normalisation::DateForm, Normalisation::TimeOfDay]),
            ("2025/7/1 8:30", vec![Normalisation::DateForm, Normalisation::TimeOfDay]),
        ] {
            let mut noted = vec![];
            assert_eq!(parse(text, Epoch::Y1900, &mut |n| noted.push(n)), Some(date(2025, 7, 1)), "{text}");
            assert_eq!(noted, notes, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_not_guessed() {
        for text in [
            "",
            "7/1/2025",
            "2025-13-01",
            "2025-02-30",
            "01072025",
            "2025",
            "2025-07",
            "20250732",
            "明天",
            "25-07-01",
            "2025-07-01abc",
            "12345678901",
            "2025-007-01",
            "2025-07-01 25:99",
            "2025-07-01 10:00:00+99:00",
            "2025-07-01T10:00:00+08:00Z",
            "2025-07-01 10",
            "99999",
        ] {
            assert_eq!(parse(text, Epoch::Y1900, &mut |_| {}), None, "{text}");
        }
    }

    #[test]
    fn serial_numbers_are_counted_from_the_workbooks_day() {
        for (serial, epoch, expected) in [
            (45839.0, Epoch::Y1900, Some(date(2025, 7, 1))),
            (44377.0, Epoch::Y1904, Some(date(2025, 7, 1))),
            (0.5, Epoch::Y1900, None),
            (45838.9995, Epoch::Y1900, None),
            (-1.0, Epoch::Y1904, None),
            (2_958_466.0, Epoch::Y1900, None),
            (f64::NAN, Epoch::Y1900, None),
        ] {
            assert_eq!(from_serial(serial, epoch, &mut |_| {}), expected, "{serial}");
        }
        assert_eq!(parse("44377", Epoch::Y1904, &mut |_| {}), Some(date(2025, 7, 1)));
    }
}
