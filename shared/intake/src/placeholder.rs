//! Words that stand for nothing, and those that programs leave where a value should be.

use crate::character::half_width;

/// What stands in a cell instead of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placeholder {
    /// A word or sign for nothing: 无, NULL, /.
    Nothing,
    /// What a spreadsheet shows when a formula failed or a column is too narrow: #REF!, ########. The value is lost.
    Lost,
    /// A formula that was saved as its text instead of its value.
    Formula,
}

/// Tells words for nothing from values. The first byte settles it for nearly every value.
#[inline]
pub(crate) fn placeholder(text: &str) -> Option<Placeholder> {
    match text.as_bytes() {
        [b'0'..=b'9', ..] | [] => None,
        [b'#', ..] => lost(text).then_some(Placeholder::Lost),
        // From U+4000 on: ideographs, which are no signs.
        [0xe4..=0xe9, ..] if text.len() > LONGEST => None,
        [0xe4..=0xe9, ..] => is_word(text).then_some(Placeholder::Nothing),
        // A formula that was saved as its text.
        [b'=', b'A'..=b'Z' | b'a'..=b'z' | b'"' | b'(' | b'$', ..] => Some(Placeholder::Formula),
        [b'A'..=b'Z' | b'a'..=b'z' | b'(' | b'<' | b'[' | b'\\', ..] if text.len() <= LONGEST && is_name(text) => {
            Some(Placeholder::Nothing)
        }
        [b'A'..=b'Z' | b'a'..=b'z', ..] => None,
        // A sign in front: of longer texts a letter or an ideograph follows.
        _ if is_decorated(text) => Some(Placeholder::Nothing),
        _ if text.starts_with('＃') && lost(&text.chars().map(half_width).collect::<String>()) => {
            Some(Placeholder::Lost)
        }
        bytes if bytes.iter().any(|byte| byte.is_ascii_alphanumeric() || (0xe4..=0xe9).contains(byte)) => None,
        _ => (!text.chars().any(char::is_alphanumeric)).then_some(Placeholder::Nothing),
    }
}

/// The bytes of the longest word for nothing.
const LONGEST: usize = 9;

/// A word for nothing in brackets, quotes or full-width letters: （空）, “无”, ＮＵＬＬ.
fn is_decorated(text: &str) -> bool {
    let decoration = |c: char| "()[]<>{}（）［］【】《》〈〉\"'“”‘’".contains(c);
    let plain = text.trim_matches(decoration);
    if plain.len() != text.len() && (is_word(plain) || is_name(plain)) {
        return true;
    }
    // Full-width letters begin so, and so does full-width punctuation.
    text.len() <= 3 * LONGEST && text.starts_with(|c| ('Ａ'..='ｚ').contains(&c)) && {
        let narrow: String = text.chars().map(half_width).collect();
        is_name(&narrow)
    }
}

fn is_word(text: &str) -> bool {
    matches!(
        text,
        "无" | "无。"
            | "暂无"
            | "没有"
            | "不详"
            | "未知"
            | "不明"
            | "空"
            | "空白"
            | "空值"
            | "缺"
            | "缺失"
            | "不适用"
            | "待补"
            | "待补充"
            | "待定"
    )
}

/// What programs write for nothing.
fn is_name(text: &str) -> bool {
    let names = [
        "null",
        "(null)",
        "<null>",
        "[null]",
        "none",
        "nan",
        "nil",
        "undefined",
        "\\n",
        "n/a",
        "na",
        "nat",
        "n.a.",
        "blank",
        "-nan",
    ];
    names.iter().any(|name| name.eq_ignore_ascii_case(text))
}

/// What a spreadsheet shows instead of a value.
fn lost(text: &str) -> bool {
    let shown = [
        "#N/A",
        "#NA",
        "#REF!",
        "#NAME?",
        "#VALUE!",
        "#DIV/0!",
        "#NUM!",
        "#NULL!",
        "#SPILL!",
        "#CALC!",
        "#FIELD!",
        "#BLOCKED!",
        "#CONNECT!",
        "#BUSY!",
        "#UNKNOWN!",
    ];
    (text.len() > 1 && text.bytes().all(|byte| byte == b'#'))
        || shown.iter().any(|word| word.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_nothing_are_told_from_values() {
        for text in [
            "无",
            "/",
            "\\",
            "-",
            "--",
            "——",
            "－",
            "*",
            "NULL",
            "null",
            "(null)",
            "None",
            "nan",
            "NaN",
            "undefined",
            "\\N",
            "N/A",
            "不详",
            "空",
            "不适用",
            "无。",
            "…",
            "。",
        ] {
            assert_eq!(placeholder(text), Some(Placeholder::Nothing), "{text}");
        }
        for text in ["#N/A", "#REF!", "#name?", "########", "####################", "#DIV/0!", "＃REF!"] {
            assert_eq!(placeholder(text), Some(Placeholder::Lost), "{text}");
        }
        for text in ["=VLOOKUP(A2,B:C,2,0)", "=\"a\"&\"b\"", "=A2"] {
            assert_eq!(placeholder(text), Some(Placeholder::Formula), "{text}");
        }
        for text in ["见附件", "无证经营", "0", "是", "虚某", "A", "#1", "1-2", "无锡", "未知公司", "Na Li"]
        {
            assert_eq!(placeholder(text), None, "{text}");
        }
    }
}
