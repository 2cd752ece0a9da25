//! What a body of JSON may cost, told before it is parsed.

use xinzheng_api::problem::{BODY_TOO_LARGE, BODY_UNREADABLE, Problem};

/// The largest body that a request may have, in bytes.
const LARGEST: usize = 256 * 1024;
/// How deep it may be nested: what the contract takes is far less deep.
const DEEPEST: usize = 32;

/// A problem when a body is too large or nested too deep to be looked at.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Problem> {
    if bytes.len() > LARGEST {
        return Err(BODY_TOO_LARGE.detail(format!("最多 {} KB", LARGEST / 1024)));
    }
    if depth(bytes) > DEEPEST {
        return Err(BODY_UNREADABLE.detail(format!("嵌套超过 {DEEPEST} 层")));
    }
    Ok(())
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
    fn what_is_too_large_or_too_deep_is_not_looked_at() {
        let code = |json: String| check(json.as_bytes()).map_err(|problem| problem.code().to_owned());
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(code(nested(DEEPEST)), Ok(()));
        assert_eq!(code(nested(DEEPEST + 1)), Err("body-unreadable".to_owned()));
        assert_eq!(code(" ".repeat(LARGEST)), Ok(()));
        assert_eq!(code(nested(LARGEST)), Err("body-too-large".to_owned()));
    }
}
