//! Names of subjects, compared as people mean them.

use crate::character::half_width;

/// A name without what sets two spellings of it apart: width, forms of brackets, spaces, case.
pub fn folded(name: &str) -> String {
    let narrow = |c: char| match half_width(c) {
        '[' | '〔' | '【' | '﹝' => '(',
        ']' | '〕' | '】' | '﹞' => ')',
        c => c,
    };
    name.chars().map(narrow).filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn names_are_the_same_in_any_width() {
        assert_eq!(folded("虚构（长治）商贸有限公司"), folded("虚构(长治)商贸 有限公司"));
        assert_eq!(folded("甲[分]ABC公司"), folded("甲［分］ａｂｃ公司"));
        assert_ne!(folded("虚构商贸有限公司"), folded("虚构贸易有限公司"));
    }
}
