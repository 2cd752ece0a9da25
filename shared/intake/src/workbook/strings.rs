//! Texts that cells share, in one piece of memory: each costs its bytes and a number, however many are empty.

use crate::refusal::FileRefusal;
use crate::workbook::package::damaged;

pub(crate) struct Strings {
    text: String,
    ends: Vec<u32>,
    most_bytes: usize,
    most_texts: usize,
}

/// The most characters of a cell: a limit of the formats.
const LONGEST: usize = 32_767;

impl Strings {
    /// For the texts of a file of so many bytes. Texts that are no repetition pack to a tenth or so, and each takes a byte at
    /// the very least: a file whose texts are far more than it is has them for their number.
    pub(crate) const fn of_file(bytes: usize) -> Self {
        let most_texts = if bytes < 2_000_000 { 65_536 + 16 * bytes } else { 32 << 20 };
        Self { text: String::new(), ends: vec![], most_bytes: (1 << 20) + 64 * bytes, most_texts }
    }

    /// Adds a text behind the others.
    pub(crate) fn push(&mut self, text: &str) -> Result<(), FileRefusal> {
        if text.len() > LONGEST && text.chars().count() > LONGEST {
            return Err(damaged(format!("有一处文字超过{LONGEST}字")));
        }
        if self.ends.len() >= self.most_texts || self.text.len() + text.len() > self.most_bytes {
            return Err(damaged("共享文字过多，与文件的大小不相称"));
        }
        self.text.push_str(text);
        let end = u32::try_from(self.text.len()).map_err(|_| damaged("共享文字过长"))?;
        self.ends.push(end);
        Ok(())
    }

    pub(crate) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |&end| end as usize);
        self.text.get(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_again() {
        let mut strings = Strings::of_file(1000);
        for text in ["", "长治", "", "a"] {
            strings.push(text).unwrap();
        }
        assert_eq!([0, 1, 2, 3].map(|index| strings.get(index)), [Some(""), Some("长治"), Some(""), Some("a")]);
        assert_eq!(strings.get(4), None);
    }

    #[test]
    fn more_texts_than_a_file_can_have_are_refused() {
        let mut strings = Strings::of_file(100);
        let pushed = (0..1_000_000).take_while(|_| strings.push("").is_ok()).count();
        assert_eq!(pushed, 65_536 + 1_600);
        let mut strings = Strings::of_file(100);
        assert!(strings.push(&"长".repeat(LONGEST + 1)).is_err());
        let pushed = (0..1_000).take_while(|_| strings.push(&"a".repeat(30_000)).is_ok()).count();
        assert_eq!(pushed, ((1 << 20) + 6_400) / 30_000);
    }
}
