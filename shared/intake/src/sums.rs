//! Sums of money that a text names.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use xinzheng_domain::Amount;

use crate::character::half_width;

/// The sum that a decision's text names when it is ten thousand times the amount, or a ten-thousandth of it, and no sum in
/// the text is the amount itself.
pub(crate) fn contradicting(text: &str, amount: Amount) -> Option<Amount> {
    let fen = amount.fen();
    let mut contradicting = None;
    for sum in named(text) {
        if sum.fen() == fen {
            return None;
        }
        if sum.fen().checked_mul(10_000) == Some(fen) || fen.checked_mul(10_000) == Some(sum.fen()) {
            contradicting = Some(sum);
        }
    }
    contradicting
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
        for (text, amount, expected) in [
            ("处以罚款5000元。", "5000", Some("0.5")),
            ("处以罚款5,000.00元", "5000", Some("0.5")),
            ("罚款人民币0.5万元", "5000", Some("0.5")),
            ("罚款5000元", "0.5", None),
            ("罚款5000元，没收违法所得3000元", "0.5", None),
            ("罚款50000000元", "0.5", Some("5000")),
            ("罚款3000元", "0.5", None),
            ("罚款 5000 元", "5000", Some("0.5")),
            ("罚款５０００元", "5000", Some("0.5")),
            ("罚款5千元", "5000", Some("0.5")),
            ("警告", "0.5", None),
            ("罚款元", "0.5", None),
        ] {
            let found = contradicting(text, amount.parse().unwrap()).map(|sum| sum.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
