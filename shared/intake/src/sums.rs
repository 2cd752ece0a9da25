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
pub(crate) fn compared(text: &str, fine: Amount, confiscated: Option<Amount>) -> Compared {
    let fen = fine.fen();
    let together = confiscated.map(|confiscated| fen.saturating_add(confiscated.fen()));
    let (mut found, mut sum) = (Compared::Named, 0_i64);
    for named in named(text) {
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

/// Every sum of 元 or 万元 that a text names in digits.
fn named(text: &str) -> impl Iterator<Item = Amount> + '_ {
    static YUAN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("元".as_bytes()));
    YUAN.find_iter(text.as_bytes()).filter_map(|at| {
        let before = text.get(..at)?.trim_end();
        let (before, per) = match before.chars().next_back()? {
            '万' => (before.strip_suffix('万')?, 1_000_000.0),
            '千' => (before.strip_suffix('千')?, 100_000.0),
            _ => (before, 100.0),
        };
        let before = before.trim_end();
        let digit = |c: char| half_width(c).is_ascii_digit() || matches!(c, '.' | '．' | ',' | '，');
        let start = before.char_indices().rev().take_while(|&(_, c)| digit(c)).last()?.0;
        let number: String = before.get(start..)?.chars().map(half_width).filter(|&c| c != ',').collect();
        let number: f64 = number.trim_start_matches('.').parse().ok()?;
        let fen = (number * per).round();
        if fen < 9e15 { Amount::from_fen(fen as i64) } else { None }
    })
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
            ("警告", "0.5", None, Compared::Named),
            ("罚款元", "0.5", None, Compared::Named),
        ] {
            let confiscated = confiscated.map(|amount| amount.parse().unwrap());
            assert_eq!(compared(text, fine.parse().unwrap(), confiscated), expected, "{text}");
        }
    }
}
