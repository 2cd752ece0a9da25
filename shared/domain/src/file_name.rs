//! How a file is named to whoever saves it: after what it is, in Chinese.

use std::fmt::Write as _;

use crate::ReportNumber;

/// The value of `content-disposition` (RFC 6266) for a file of this name; `how` is `inline` or `attachment`. A name that is not
/// ASCII is told twice: for programs that read RFC 8187, and with its ASCII characters alone for others.
pub fn disposition(how: &str, name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._ ".contains(c);
    let fallback: String = name.chars().filter(|c| plain(*c)).collect();
    let fallback = fallback.trim_start_matches(['-', '.', ' ']);
    // What is left of a name without ASCII is its extension.
    let fallback = if name.chars().all(plain) || fallback.contains('.') {
        fallback.to_owned()
    } else {
        format!("file.{fallback}")
    };
    if name.chars().all(plain) {
        return format!("{how}; filename=\"{fallback}\"");
    }
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a text does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    format!("{how}; filename=\"{fallback}\"; filename*=UTF-8''{encoded}")
}

/// What a report's file is called where it is saved: `专项信用报告-CZXY-….pdf`.
pub fn of_report(number: &ReportNumber, extension: &str) -> String {
    format!("专项信用报告-{number}.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_as_the_standards_have_it() {
        for (name, expected) in [
            ("report.pdf", "attachment; filename=\"report.pdf\""),
            (
                "行政处罚-模板.xlsx",
                "attachment; filename=\"file.xlsx\"; filename*=UTF-8''%E8%A1%8C%E6%94%BF%E5%A4%84%E7%BD%9A-%E6%A8%A1%E6%9D%BF.xlsx",
            ),
            (
                "证据 \"1\"\r\n.pdf",
                "attachment; filename=\"1.pdf\"; filename*=UTF-8''%E8%AF%81%E6%8D%AE%20%221%22%0D%0A.pdf",
            ),
        ] {
            assert_eq!(disposition("attachment", name), expected, "{name}");
        }
    }
}
