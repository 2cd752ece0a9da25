//! Texts that cells share, in one piece of memory: each costs its bytes and a number, however many are empty.

use crate::refusal::FileRefusal;
use crate::workbook::package::damaged;

/// The shared texts of a workbook.
#[derive(Default)]
pub(crate) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    /// Adds a text behind the others.
    pub(crate) fn push(&mut self, text: &str) -> Result<(), FileRefusal> {
        self.text.push_str(text);
        let end = u32::try_from(self.text.len()).map_err(|_| damaged("共享文字过长"))?;
        self.ends.push(end);
        Ok(())
    }

    /// The text at an index.
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
        let mut strings = Strings::default();
        for text in ["", "长治", "", "a"] {
            strings.push(text).unwrap();
        }
        assert_eq!([0, 1, 2, 3].map(|index| strings.get(index)), [Some(""), Some("长治"), Some(""), Some("a")]);
        assert_eq!(strings.get(4), None);
    }
}
