//! Which addresses a webhook may have.

use reqwest::Url;

/// The longest address.
const LONGEST: usize = 512;

/// An address as it is asked for. `on_loopback` lets `http://127.0.0.1` through, for the local stack.
///
/// # Errors
///
/// Why it is none, for people.
pub(crate) fn read(text: &str, on_loopback: bool) -> Result<Url, &'static str> {
    if text.len() > LONGEST {
        return Err("地址过长，最多 512 个字符");
    }
    let url = Url::parse(text.trim()).map_err(|_| "地址无法识别")?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err("地址不能含有用户名、密码或 # 之后的部分");
    }
    if on_loopback && url.scheme() == "http" && url.host_str() == Some("127.0.0.1") {
        return Ok(url);
    }
    if url.scheme() != "https" {
        return Err("地址应以 https:// 开头");
    }
    let Some(name) = url.domain() else { return Err("请使用域名，不能使用 IP 地址") };
    // What such names lead to is looked at when something is sent.
    if !name.trim_end_matches('.').contains('.') || name.ends_with(".localhost") {
        return Err("请使用公网域名");
    }
    match url.port_or_known_default() {
        Some(443 | 8443) => Ok(url),
        _ => Err("端口应为 443 或 8443"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_public_names_by_https() {
        for (text, expected) in [
            ("https://hooks.example.com/notices?of=credit", true),
            ("https://hooks.example.com:8443/", true),
            ("https://银行.example.com/", true),
            ("http://hooks.example.com/", false),
            ("ftp://hooks.example.com/", false),
            ("https://hooks.example.com:22/", false),
            ("https://user@hooks.example.com/", false),
            ("https://hooks.example.com/#part", false),
            ("https://127.0.0.1/", false),
            ("https://8.8.8.8/", false),
            ("https://2130706433/", false),
            ("https://0x7f.1/", false),
            ("https://[::1]/", false),
            ("https://localhost/", false),
            ("https://a.localhost/", false),
            ("https://intranet/", false),
            ("http://127.0.0.1:8080/", false),
            ("hooks.example.com", false),
            ("", false),
            (&format!("https://hooks.example.com/{}", "a".repeat(500)), false),
        ] {
            assert_eq!(read(text, false).is_ok(), expected, "{text}");
        }
        assert!(read("http://127.0.0.1:8080/", true).is_ok(), "on the local stack");
        assert!(read("http://127.0.0.2:8080/", true).is_err() && read("http://10.0.0.1/", true).is_err());
    }
}
