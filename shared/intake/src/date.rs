//! Dates as units write them.

use jiff::civil::{Date, date};

use crate::cell::{Normalisation, half_width};

/// Day 0 of spreadsheet serial numbers, chosen so that days from March 1900 on come out right.
const SERIAL_ZERO: Date = date(1899, 12, 30);
/// Serial numbers that are read as dates: 1970 to 2099.
const SERIALS: std::ops::RangeInclusive<i64> = 25569..=73050;

/// The date of a spreadsheet's serial number, between 1970 and 2099; a time of day is left out.
pub(crate) fn from_serial(serial: f64, note: &mut dyn FnMut(Normalisation)) -> Option<Date> {
    let days = serial.floor() as i64;
    if !SERIALS.contains(&days) {
        return None;
    }
    note(Normalisation::SerialDate);
    if serial.fract() != 0.0 {
        note(Normalisation::TimeOfDay);
    }
    SERIAL_ZERO.checked_add(jiff::Span::new().days(days)).ok()
}

/// Reads 2025-07-01, 2025/7/1, 2025.7.1, 2025年7月1日, 20250701, each also full-width and with a time behind it, or a
/// serial number. Day and month are never exchanged: the year stands first.
pub(crate) fn parse(text: &str, note: &mut dyn FnMut(Normalisation)) -> Option<Date> {
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
        Numbers::One(digits) if digits.len() == 5 => return from_serial(folded.parse().ok()?, note),
        Numbers::One(_) => return None,
    };
    let rest = rest.trim_start_matches(['T', ' ']);
    if !rest.is_empty() {
        if !is_time(rest) {
            return None;
        }
        note(Normalisation::TimeOfDay);
    }
    Some(date)
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
    let separator = match rest.chars().next() {
        None | Some(' ' | 'T') => return Some((Numbers::One(first), rest)),
        Some(c @ ('-' | '/' | '.' | '年')) => c,
        // 45839.5: a serial number with a time.
        Some(_) => return None,
    };
    if first.len() != 4 {
        return (separator == '.' && first.len() == 5).then_some((Numbers::One(first), rest));
    }
    let rest = rest.strip_prefix(separator)?;
    let (second, rest) = rest.split_at_checked(digits(rest))?;
    let between = if separator == '年' { '月' } else { separator };
    let rest = rest.trim_start().strip_prefix(between)?.trim_start();
    let (third, rest) = rest.split_at_checked(digits(rest))?;
    let rest = if separator == '年' { rest.strip_prefix('日').unwrap_or(rest) } else { rest };
    let part = |digits: &str| if digits.len() <= 2 { digits.parse().ok() } else { None };
    Some((Numbers::Three(first.parse().ok()?, part(second)?, part(third)?), rest))
}

/// `10:00`, `10:00:00`, `10:00:00.000`, with an offset or Z behind.
fn is_time(text: &str) -> bool {
    text.contains(':')
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'+' | b'Z' | b'-'))
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
            ("2025/7/1 8:30", vec![Normalisation::DateForm, Normalisation::TimeOfDay]),
        ] {
            let mut noted = vec![];
            assert_eq!(parse(text, &mut |n| noted.push(n)), Some(date(2025, 7, 1)), "{text}");
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
            "99999",
        ] {
            assert_eq!(parse(text, &mut |_| {}), None, "{text}");
        }
    }
}
