//! Bytes as hexadecimal text, without an allocation.

/// `N` characters: a prefix and lower-case hexadecimal digits.
#[derive(Clone, Copy)]
pub(crate) struct HexText<const N: usize>([u8; N]);

impl<const N: usize> HexText<N> {
    /// The prefix, then two digits for each byte. What does not fit into `N` is cut off.
    pub(crate) fn of(prefix: &str, bytes: &[u8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or(b'0');
        let digits = bytes.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)]);
        let mut text = [b'0'; N];
        for (to, from) in text.iter_mut().zip(prefix.bytes().chain(digits)) {
            *to = from;
        }
        Self(text)
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_digits() {
        assert_eq!(HexText::<6>::of("P-", &[0x0f, 0xa5]).as_str(), "P-0fa5");
    }
}
