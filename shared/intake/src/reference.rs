//! References to the places of a worksheet, such as `B7`, and how far they go.

/// Rows and columns that a worksheet has at most (ECMA-376 part 1, 18.3.1.73 and 18.3.1.4).
pub(crate) const ROWS: u64 = 1_048_576;
pub(crate) const COLUMNS: usize = 16_384;

/// `B7` as row 7 and column 1; `None` when no worksheet has such a cell.
pub(crate) fn place(reference: &str) -> Option<(u64, usize)> {
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (letters, digits) = reference.split_at_checked(letters)?;
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let column = letters.bytes().fold(0, |sum, letter| sum * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    let row: u64 = digits.parse().ok()?;
    ((1..=COLUMNS).contains(&column) && (1..=ROWS).contains(&row)).then(|| (row, column - 1))
}

/// The letters of a column from 0: `A`, `Z`, `AA`.
pub(crate) fn column_letters(column: usize) -> String {
    let mut letters = vec![];
    let mut left = column + 1;
    while left > 0 {
        left -= 1;
        letters.push(char::from(b'A' + u8::try_from(left % 26).unwrap_or(0)));
        left /= 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters() {
        for (column, letters) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")] {
            assert_eq!(column_letters(column), letters);
        }
    }
}
