//! Bodies of JSON: what one may cost, told before it is parsed, and no identity number in what people write.

use serde::de::DeserializeOwned;
use serde_json::Value;
use xinzheng_api::problem::{BODY_NOT_OBJECT, BODY_NOT_UNICODE, BODY_TOO_LARGE, BODY_UNREADABLE, Problem};
use xinzheng_domain::Uscc;
use xinzheng_domain::identity::citizen_id::{mask_within, mask_within_document};

/// The largest body that a request may have, in bytes.
const LARGEST: usize = 256 * 1024;
/// How deep it may be nested: what the contract takes is far less deep.
const DEEPEST: usize = 32;

/// U+FFFD: what the HTTP API puts in the place of bytes that are no UTF-8.
const LOST: char = char::REPLACEMENT_CHARACTER;

/// A problem when a body is too large or nested too deep to be looked at.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Problem> {
    if bytes.len() > LARGEST {
        return Err(BODY_TOO_LARGE.detail(format!("最多 {} KB", LARGEST / 1024)));
    }
    if depth(bytes) > DEEPEST {
        return Err(BODY_UNREADABLE.detail(format!("嵌套超过 {DEEPEST} 层")));
    }
    if !std::str::from_utf8(bytes).is_ok_and(|text| !text.contains(LOST)) {
        return Err(BODY_NOT_UNICODE.into());
    }
    Ok(())
}

/// Reads a body as an object of this shape, the middle of every identity number in its texts hidden (R19): no route but
/// [`read_as_sent`]'s takes one, and what people write is kept, shown and answered again.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    check(bytes)?;
    // A list in the place of an object would be read by the order of the fields.
    let is_object = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if !is_object && serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok() {
        return Err(BODY_NOT_OBJECT.detail("最外层是列表或单个的值"));
    }
    let body = serde_json::from_slice(bytes).map_err(unfit)?;
    let mut all: Value = serde_json::from_slice(bytes).map_err(unfit)?;
    if hide_in(&mut all, "") { serde_json::from_value(all).map_err(unfit) } else { Ok(body) }
}

/// Hides the middle of every identity number in the texts of a value that stands in this field; true when there was one.
fn hide_in(value: &mut Value, field: &str) -> bool {
    match value {
        Value::String(text) => {
            let hidden = match field {
                // A digest is no text, whatever digits it has, and neither is base64.
                "sha256" | "additions" => None,
                // By these records are told apart, and organisations known.
                "document" | "documents" => mask_within_document(text),
                "uscc" | "organisation" if Uscc::parse(text).is_ok() => None,
                _ => mask_within(text),
            };
            hidden.map(|hidden| *text = hidden).is_some()
        }
        // All of them: not only up to the first.
        Value::Array(items) => items.iter_mut().map(|item| hide_in(item, field)).filter(|found| *found).count() > 0,
        Value::Object(fields) => {
            fields.iter_mut().map(|(name, value)| hide_in(value, name)).filter(|found| *found).count() > 0
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Reads a body as an object of this shape as it was sent.
pub(crate) fn read_as_sent<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    check(bytes)?;
    serde_json::from_slice(bytes).map_err(unfit)
}

/// What a body that is not of the shape is answered. Serde's own text is in English and can quote values; the place is enough to
/// find the fault.
fn unfit(error: serde_json::Error) -> Problem {
    let place = format!("第{}行第{}列", error.line(), error.column());
    BODY_UNREADABLE.detail(format!("{place}附近与接口要求不符"))
}

/// True when an identity number stands in the texts of a body, whatever they are.
pub(crate) fn has_identity_number(bytes: &[u8]) -> bool {
    serde_json::from_slice(bytes).is_ok_and(|mut value| hide_in(&mut value, ""))
}

/// How deep lists and objects are nested at most, in what may or may not be JSON. Takes one look at each byte, and no memory.
fn depth(bytes: &[u8]) -> usize {
    let (mut now, mut most) = (0_usize, 0);
    let (mut in_text, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                now += 1;
                most = most.max(now);
            }
            b']' | b'}' if !in_text => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_texts_do_not_nest() {
        for (json, expected) in [
            ("", 0),
            ("1", 0),
            (r#"{"a":[1,[2]],"b":{}}"#, 3),
            (r#"{"a":"[[[[","b":"\"[[","c":"\\"}"#, 1),
            ("]]][", 1),
            ("[[[", 3),
        ] {
            assert_eq!(depth(json.as_bytes()), expected, "{json}");
        }
    }

    #[test]
    fn identity_numbers_are_hidden_wherever_they_are_written() {
        let body = r#"{"a":"身份证140403199003077816","b":[{"c":"\u0031404031990 0307 7816"}],"n":140403199003077816,
            "sha256":["aaaaaaaaaaaaaaaaaaaaaaa140403199003077816aaaaaaaaaaaaaaaaaaaaaaa"],"uscc":"91140403XN10000145",
            "documents":["140403-20250110-0016","140403199003077816"],"name":"140403199001052463","text":"140403199003077816aaaa"}"#;
        let read: Value = read(body.as_bytes()).unwrap();
        assert_eq!(read["a"], "身份证140403********7816");
        assert_eq!(read["b"][0]["c"], "140403**** **** 7816");
        assert_eq!(read["sha256"][0].as_str().map(|sha| sha.contains("140403199003077816")), Some(true));
        assert_eq!(read["documents"][0], "140403-20250110-0016");
        assert_eq!(read["documents"][1], "140403********7816");
        // It has the right check characters of both kinds of number.
        assert_eq!(read["name"], "140403********2463");
        assert_eq!(read["text"], "140403********7816aaaa");
        assert_eq!(read["uscc"], "91140403XN10000145");
    }

    #[test]
    fn what_is_too_large_too_deep_or_no_utf_8_is_not_looked_at() {
        let code = |json: String| check(json.as_bytes()).map_err(|problem| problem.code().to_owned());
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(code(nested(DEEPEST)), Ok(()));
        assert_eq!(code(nested(DEEPEST + 1)), Err("body-unreadable".to_owned()));
        assert_eq!(code("{\"a\":\"\u{fffd}\"}".to_owned()), Err("body-not-unicode".to_owned()));
        assert_eq!(
            check(b"{\"a\":\"\xd6\xd0\"}").map_err(|problem| problem.code().to_owned()),
            Err("body-not-unicode".to_owned())
        );
        assert_eq!(code(" ".repeat(LARGEST)), Ok(()));
        assert_eq!(code(nested(LARGEST)), Err("body-too-large".to_owned()));
    }
}
