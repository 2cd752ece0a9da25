//! What the API says of its parameters and fields, in the words of the pages: nobody who filled in a form knows those names.

use xinzheng_runtime::Problem;

/// Problems whose title or hint name what a page has no such name for: code, title, hint.
const SAID: [(&str, Option<&str>, Option<&str>); 29] = [
    ("flag-unreadable", Some("页面地址有误"), Some("请从页面上的链接重新进入")),
    ("purpose-unknown", None, Some("请从列表中选择用途")),
    ("return-reason-unknown", None, Some("请从回执或统计页面进入")),
    ("idempotency-key-reused", Some("这份内容已经提交过，后来的改动没有保存"), Some("请重新打开页面填写")),
    ("code-is-living", None, Some("请直接扫描信用码")),
    ("request-running", None, Some("请稍候再试，或重新打开此页查看结果")),
    ("version-missing", Some("页面内容已过时"), Some("请重新打开此页后再提交")),
    ("parameters-contradict", Some("主体和单位不能同时填写"), Some("请只填写其中一个")),
    ("cursor-unreadable", Some("翻页的位置已失效"), Some("请从第一页重新查看")),
    ("body-unreadable", Some("有内容没有填写，或者格式不对"), Some("请检查日期、文号、数字等内容")),
    ("body-not-object", Some("有内容没有填写，或者格式不对"), Some("请检查日期、文号、数字等内容")),
    ("parameter-missing", Some("有内容没有填写"), Some("请补充后再提交")),
    ("parameter-twice", Some("同一内容出现多次"), Some("请重新打开此页")),
    ("late-unreadable", Some("页面地址有误"), Some("请从时效页面重新进入")),
    ("format-unknown", None, Some("请从页面上的按钮下载")),
    ("unit-missing", Some("没有指明单位"), Some("请从单位页面进入")),
    ("subject-unreadable", Some("主体代码有误"), Some("请核对 18 位统一社会信用代码")),
    ("look-reason-unknown", Some("没有选择查看的事由"), Some("请选择查看的事由")),
    ("look-reason-missing", Some("没有选择查看的事由"), Some("请选择查看的事由")),
    ("subject-not-named", Some("没有填写要查看的主体"), Some("统一社会信用代码、报告编号、身份证号码中填写一项")),
    ("identity-document-unknown", None, Some("居民身份证请填写身份证号码")),
    ("digest-unreadable", Some("文件摘要有误"), Some("请重新选择文件")),
    ("digest-missing", Some("没有填写核验码"), Some("请输入核验码，或选择 PDF 文件")),
    ("confirmation-unknown", Some("勾选的声明无法识别"), Some("请重新打开此页")),
    ("correction-unfit", None, Some("只能更正所列的内容；文号或主体有误的，请撤销后重新报送")),
    ("domain-not-open", None, Some("请从列表中选择领域")),
    ("calendar-invalid", None, Some("放假的只列周一至周五，上班的只列周六、周日，都应属于这一年")),
    ("months-too-many", None, Some("请检查起止月份，或缩短期间")),
    ("template-invalid", None, Some("请按提示修改后重新保存")),
];

/// The same problem, in the words of the pages.
pub(crate) fn said(problem: Problem) -> Problem {
    let Some((_, title, hint)) = SAID.iter().find(|(code, ..)| *code == problem.code()) else { return problem };
    let problem = match title {
        Some(title) => problem.titled(*title),
        None => problem,
    };
    match hint {
        Some(hint) => problem.hint(*hint),
        None => problem,
    }
}

/// What a receipt says of how to mend a file, without the words that programs declare the same by: pages have boxes for it.
pub(crate) fn of_hint(hint: &str) -> String {
    ["（columns）", "（origin）"].iter().fold(hint.to_owned(), |hint, word| hint.replace(word, ""))
}

#[cfg(test)]
mod tests {
    use xinzheng_api::{page_problem, problem};

    use super::*;

    /// What people know although it is written in Latin letters.
    const KNOWN: [&str; 26] = [
        "PDF", "JPEG", "PNG", "JSON", "CSV", "Excel", "XLSX", "XLS", "SHA-256", "ASCII", "UUID", "URL", "HTTPS",
        "JSONL", "TSV", "UTF-8", "GB", "MB", "KB", "MiB", "KiB", "WEBP", "QR", "Ctrl", "F5", "No",
    ];
    /// Problems that no page can meet: they are about headers, batches, files of the log and what programs alone send.
    const OF_PROGRAMS: [&str; 8] = [
        "api-version-unknown",
        "problem-unknown",
        "webhook-address",
        "idempotency-key-unreadable",
        "batch-size",
        "copy-unreadable",
        "log-path-unknown",
        "route-unknown",
    ];

    #[test]
    fn no_page_says_what_only_programs_know() {
        let mut found = vec![];
        for fault in problem::ALL.iter().chain(page_problem::ALL).filter(|fault| !OF_PROGRAMS.contains(&fault.code)) {
            let problem = said((*fault).into());
            for text in [Some(problem.title()), problem.hint_text()].into_iter().flatten() {
                let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_/?{}=.".contains(c)));
                let strange =
                    words.filter(|word| word.chars().any(|c| c.is_ascii_alphabetic()) && !KNOWN.contains(word));
                found.extend(strange.map(|word| format!("{}: {word} in {text}", fault.code)));
            }
        }
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn each_of_the_words_is_of_a_problem_that_there_is() {
        for code in SAID.iter().map(|(code, ..)| *code).chain(OF_PROGRAMS) {
            let known = problem::ALL.iter().chain(page_problem::ALL).any(|fault| fault.code == code);
            assert!(known, "{code}");
        }
    }
}
