//! Sums of money that a text names.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use xinzheng_domain::Amount;

use crate::character::half_width;

/// What a decision's text says of a fine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compared {
    /// It names the fine, or the fine and what was confiscated together, or no sum at all.
    Named,
    /// It names this sum, ten thousand times the fine or a ten-thousandth of it, and not the fine.
    WrongUnit(Amount),
    /// It names sums, and none of them is the fine.
    Otherwise,
}

/// Compares a fine with the sums that the decision's text names.
///
/// A text with sums that are not read (伍仟元, 1万2千元) says nothing that could be held against the fine.
pub(crate) fn compared(text: &str, fine: Amount, confiscated: Option<Amount>) -> Compared {
    let fen = fine.fen();
    let together = confiscated.map(|confiscated| fen.saturating_add(confiscated.fen()));
    let (mut found, mut sum) = (Compared::Named, 0_i64);
    for named in amounts_in(text) {
        let Some(named) = named else { return Compared::Named };
        if named.fen() == fen || Some(named.fen()) == together {
            return Compared::Named;
        }
        sum = sum.saturating_add(named.fen());
        if named.fen().checked_mul(10_000) == Some(fen) || fen.checked_mul(10_000) == Some(named.fen()) {
            found = Compared::WrongUnit(named);
        } else if found == Compared::Named {
            found = Compared::Otherwise;
        }
    }
    // Two fines of one decision add up; so do a fine and what was confiscated.
    if found == Compared::Otherwise && (sum == fen || Some(sum) == together) { Compared::Named } else { found }
}

/// Digits in words, with which sums are written in decisions.
const NUMERALS: &str = "零〇一二三四五六七八九十百两壹贰叁肆伍陆柒捌玖拾佰仟";

/// Every sum of 元, 千元, 万元 or 万 that a text names in digits; `None` of one that is written in
/// words or in several parts.
fn amounts_in(text: &str) -> impl Iterator<Item = Option<Amount>> + '_ {
    static YUAN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("元".as_bytes()));
    static TEN_THOUSAND: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("万".as_bytes()));
    let yuan = YUAN.find_iter(text.as_bytes()).filter_map(|at| sum(text.get(..at)?));
    // 罚款1.25万, without 元 behind it.
    let alone = TEN_THOUSAND.find_iter(text.as_bytes()).filter_map(|at| {
        let behind = text.get(at..)?.strip_prefix('万')?;
        let goes_on =
            behind.starts_with(['元', '余', '多']) || behind.starts_with(|c: char| half_width(c).is_ascii_digit());
        if goes_on { None } else { sum(text.get(..at + "万".len())?) }
    });
    yuan.chain(alone)
}

/// The sum at the end of a text, in front of 元.
fn sum(text: &str) -> Option<Option<Amount>> {
    let before = text.trim_end();
    let (before, per) = match before.chars().next_back()? {
        '万' => (before.strip_suffix('万')?, 1_000_000.0),
        '千' => (before.strip_suffix('千')?, 100_000.0),
        _ => (before, 100.0),
    };
    let before = before.trim_end();
    if before.ends_with(|c| NUMERALS.contains(c)) {
        return Some(None);
    }
    let digit = |c: char| half_width(c).is_ascii_digit() || matches!(c, '.' | '．' | ',' | '，' | '\'' | '’');
    let start = before.char_indices().rev().take_while(|&(_, c)| digit(c)).last()?.0;
    // 1万2千元, 12 500元: in several parts.
    let front = before.get(..start)?;
    let goes_on = front.ends_with(['万', '千']) || front.trim_end().ends_with(|c: char| half_width(c).is_ascii_digit());
    if goes_on {
        return Some(None);
    }
    let number: String =
        before.get(start..)?.chars().map(half_width).filter(|c| !matches!(c, ',' | '\'' | '’')).collect();
    let number: f64 = number.trim_start_matches('.').parse().ok()?;
    let fen = (number * per).round();
    if fen < 9e15 { Amount::from_fen(fen as i64).map(Some) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_that_was_mistaken_is_seen() {
        let wrong = |sum: &str| Compared::WrongUnit(sum.parse().unwrap());
        for (text, fine, confiscated, expected) in [
            ("处以罚款5000元。", "5000", None, wrong("0.5")),
            ("处以罚款5,000.00元", "5000", None, wrong("0.5")),
            ("罚款人民币0.5万元", "5000", None, wrong("0.5")),
            ("罚款5000元", "0.5", None, Compared::Named),
            ("罚款5000元，没收违法所得3000元", "0.5", Some("0.3"), Compared::Named),
            ("罚没款共计8000元", "0.5", Some("0.3"), Compared::Named),
            ("对两项行为分别罚款2000元、3000元", "0.5", None, Compared::Named),
            ("罚款50000000元", "0.5", None, wrong("5000")),
            ("罚款3000元", "0.5", None, Compared::Otherwise),
            ("没收违法所得3000元", "0.5", Some("0.3"), Compared::Otherwise),
            ("罚款 5000 元", "5000", None, wrong("0.5")),
            ("罚款５０００元", "5000", None, wrong("0.5")),
            ("罚款5千元", "5000", None, wrong("0.5")),
            ("罚款1万2千元", "1.2", None, Compared::Named),
            ("罚款12 500元", "1.25", None, Compared::Named),
            ("罚款12’500元", "1.25", None, Compared::Named),
            ("没收违法所得500元，罚款伍仟元", "0.5", None, Compared::Named),
            ("对注册资本5000万元的当事人罚款伍仟元", "0.5", None, Compared::Named),
            ("货值金额500元，罚款1.25万", "1.25", None, Compared::Named),
            ("货值金额500元，罚款1.25万", "1.5", None, Compared::Otherwise),
            ("依据第五十条，罚款5000元", "5000", None, wrong("0.5")),
            ("警告", "0.5", None, Compared::Named),
            ("罚款元", "0.5", None, Compared::Named),
        ] {
            let confiscated = confiscated.map(|amount| amount.parse().unwrap());
            assert_eq!(compared(text, fine.parse().unwrap(), confiscated), expected, "{text}");
        }
    }
}
