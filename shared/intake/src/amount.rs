//! Amounts as units write them.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use xinzheng_domain::Amount;
use xinzheng_domain::record::amount::AmountError;

use crate::character::half_width;
use crate::normalisation::Normalisation;

/// The unit that a column's header states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AmountUnit {
    /// 元.
    Yuan,
    /// 万元, the standard's.
    TenThousandYuan,
}

/// Reads `1.25`, `12,500元`, `1.25万元`, `￥12500.00元`, each also full-width. A unit behind the number wins over the
/// header's.
pub(crate) fn parse(
    text: &str,
    header: AmountUnit,
    note: &mut dyn FnMut(Normalisation),
) -> Result<Amount, AmountFault> {
    if header == AmountUnit::TenThousandYuan
        && let Ok(amount) = text.parse()
    {
        return Ok(amount);
    }
    let folded: String = text.chars().map(half_width).collect();
    // Two numbers in one cell are not one.
    if folded.split_whitespace().filter(|part| part.contains(|c: char| c.is_ascii_digit())).count() > 1 {
        return Err(AmountError::NotANumber.into());
    }
    let folded: String = folded.split_whitespace().collect();
    if folded.len() != text.len() {
        note(Normalisation::FullWidth);
    }
    let signless = folded.strip_prefix("人民币").unwrap_or(&folded).trim_start_matches(['¥', '￥']);
    let has_sign = signless.len() != folded.len();
    let number = signless.strip_suffix('整').filter(|number| number.ends_with('元')).unwrap_or(signless);
    let (number, unit) = if let Some(number) = number.strip_suffix("万元") {
        note(Normalisation::AmountUnit);
        (number, AmountUnit::TenThousandYuan)
    } else if let Some(number) = number.strip_suffix("万") {
        note(Normalisation::AmountUnit);
        (number, AmountUnit::TenThousandYuan)
    } else if let Some(number) = number.strip_suffix('元') {
        (number, AmountUnit::Yuan)
    } else if has_sign && header == AmountUnit::TenThousandYuan {
        // ¥5000 is 元 as a rule; the header says 万元.
        return Err(AmountFault::UnitUnclear);
    } else {
        (number, header)
    };
    let plain = without_thousands(number, note)?;
    let parsed = match unit {
        AmountUnit::TenThousandYuan => plain.parse(),
        AmountUnit::Yuan => {
            note(Normalisation::AmountUnit);
            let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
            if whole.is_empty() || plain.ends_with('.') {
                return Err(AmountError::NotANumber.into());
            }
            // 12500.5 元 is 1.25005 万元: the point moves by four places.
            let digits = format!("{whole:0>5}");
            let (high, low) = digits.split_at_checked(digits.len() - 4).ok_or(AmountError::NotANumber)?;
            format!("{high}.{low}{fraction}").parse()
        }
    };
    match parsed {
        // 0.30000000000000004: what a program makes of 0.1 + 0.2.
        Err(AmountError::TooFine) if plain.bytes().filter(u8::is_ascii_digit).count() >= 16 => {
            from_number(plain.parse().map_err(|_| AmountError::NotANumber)?, unit, note).map_err(AmountFault::from)
        }
        parsed => Ok(parsed?),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum AmountFault {
    #[error(transparent)]
    Not(#[from] AmountError),
    /// It is in 元 by its sign or the cell's format, perhaps, and in 万元 by the header.
    #[error("单位不明：显示为货币（¥），表头却是万元")]
    UnitUnclear,
    /// The cell's format shows a percentage, another currency, or a unit that amounts are not reported in.
    #[error("单元格显示的不是以元或万元为单位的金额")]
    OtherUnit,
}

/// A number of a workbook, in the header's unit, rounded to the fen when it is within a float's error of it.
pub(crate) fn from_number(
    number: f64,
    header: AmountUnit,
    note: &mut dyn FnMut(Normalisation),
) -> Result<Amount, AmountError> {
    let fen = match header {
        AmountUnit::Yuan => {
            note(Normalisation::AmountUnit);
            number * 100.0
        }
        AmountUnit::TenThousandYuan => number * 1_000_000.0,
    };
    if !fen.is_finite() || fen < 0.0 {
        return Err(AmountError::NotANumber);
    }
    let rounded = fen.round();
    if (fen - rounded).abs() > 1e-3_f64.max(fen * 1e-12) {
        return Err(AmountError::TooFine);
    }
    Amount::from_fen(rounded as i64).ok_or(AmountError::TooLarge)
}

/// Leaves out commas that stand at thousands; a comma anywhere else is no number.
fn without_thousands(number: &str, note: &mut dyn FnMut(Normalisation)) -> Result<String, AmountError> {
    if !number.contains(',') {
        return Ok(number.to_owned());
    }
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, part)| (whole, Some(part)));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let well_formed = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    if !well_formed || fraction.is_some_and(|part| part.contains(',')) {
        return Err(AmountError::NotANumber);
    }
    note(Normalisation::Thousands);
    Ok(number.replace(',', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_sum_in_every_form() {
        let (yuan, wan) = (AmountUnit::Yuan, AmountUnit::TenThousandYuan);
        for (text, header, expected) in [
            ("1.25", wan, "1.25"),
            ("１．２５", wan, "1.25"),
            ("1.25万元", wan, "1.25"),
            ("1.25 万", wan, "1.25"),
            ("12500元", wan, "1.25"),
            ("12,500元", wan, "1.25"),
            ("￥12,500.00", yuan, "1.25"),
            ("12500", yuan, "1.25"),
            ("1.25万元", yuan, "1.25"),
            ("0.01元", wan, "0.000001"),
            ("5元", wan, "0.0005"),
            ("0", wan, "0"),
            ("5000元整", wan, "0.5"),
            ("人民币5,000元", wan, "0.5"),
            ("¥5000", yuan, "0.5"),
            ("0.30000000000000004", wan, "0.3"),
            ("3000.0000000000005", yuan, "0.3"),
        ] {
            assert_eq!(parse(text, header, &mut |_| {}).map(|a| a.to_string()).as_deref(), Ok(expected), "{text}");
        }
        for (text, expected) in [
            ("5 3", AmountError::NotANumber),
            ("5\n3", AmountError::NotANumber),
            ("一万", AmountError::NotANumber),
            ("1,25", AmountError::NotANumber),
            ("-3", AmountError::NotANumber),
            ("0.001元", AmountError::TooFine),
            ("元", AmountError::NotANumber),
            ("", AmountError::NotANumber),
        ] {
            assert_eq!(parse(text, wan, &mut |_| {}), Err(expected.into()), "{text}");
        }
    }

    #[test]
    fn a_sign_against_the_header_is_unclear() {
        let wan = AmountUnit::TenThousandYuan;
        assert_eq!(parse("¥5000", wan, &mut |_| {}), Err(AmountFault::UnitUnclear));
        assert_eq!(parse("￥0.5万元", wan, &mut |_| {}).unwrap().to_string(), "0.5");
    }

    #[test]
    fn workbook_numbers_are_exact_to_the_fen() {
        let amount = |number| from_number(number, AmountUnit::TenThousandYuan, &mut |_| {}).map(|a| a.to_string());
        assert_eq!(amount(1.1).as_deref(), Ok("1.1"));
        assert_eq!(amount(0.000_001).as_deref(), Ok("0.000001"));
        assert_eq!(amount(0.000_000_4), Err(AmountError::TooFine));
        assert_eq!(amount(f64::NAN), Err(AmountError::NotANumber));
        assert_eq!(from_number(12500.5, AmountUnit::Yuan, &mut |_| {}).unwrap().to_string(), "1.25005");
    }
}
