//! Words that stand for nothing, and those that programs leave where a value should be.

/// What stands in a cell instead of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placeholder {
    /// A word or sign for nothing: 无, NULL, /.
    Nothing,
    /// What a spreadsheet shows when a formula failed or a column is too narrow: #REF!, ########. The value is lost.
    Lost,
}

/// Tells words for nothing from values.
pub(crate) fn placeholder(text: &str) -> Option<Placeholder> {
    // Every such word is short: longer texts, most of all, need no look.
    if text.len() > LONGEST {
        return text.bytes().all(|byte| byte == b'#').then_some(Placeholder::Lost);
    }
    if text.starts_with('#') {
        let lost = [
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
        let hashes = text.len() > 1 && text.bytes().all(|byte| byte == b'#');
        return (hashes || lost.iter().any(|word| word.eq_ignore_ascii_case(text))).then_some(Placeholder::Lost);
    }
    let words = ["null", "(null)", "<null>", "[null]", "none", "nan", "nil", "undefined", "\\n", "n/a", "na", "nat"];
    let nothing = [
        "无",
        "暂无",
        "没有",
        "不详",
        "未知",
        "不明",
        "空",
        "空白",
        "空值",
        "缺",
        "缺失",
        "不适用",
        "待补",
        "待补充",
        "待定",
        "无。",
    ];
    let is_nothing = words.iter().any(|word| word.eq_ignore_ascii_case(text))
        || nothing.contains(&text)
        || !text.chars().any(char::is_alphanumeric);
    is_nothing.then_some(Placeholder::Nothing)
}

/// The bytes of the longest word for nothing.
const LONGEST: usize = 15;

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
        for text in ["#N/A", "#REF!", "#name?", "########", "####################", "#DIV/0!"] {
            assert_eq!(placeholder(text), Some(Placeholder::Lost), "{text}");
        }
        for text in ["见附件", "无证经营", "0", "是", "虚某", "A", "#1", "1-2", "无锡", "未知公司", "Na Li"]
        {
            assert_eq!(placeholder(text), None, "{text}");
        }
    }
}
