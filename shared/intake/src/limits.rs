//! Limits on what is read of a file.

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most bytes of a text that is read row by row (CSV, JSONL).
    pub text_bytes: u64,
    /// The most bytes of a file that has to be held whole: workbooks, JSON.
    pub held_bytes: u64,
    /// The most bytes that a workbook may have unpacked.
    pub workbook_unpacked_bytes: u64,
    /// The most bytes of a row of text.
    pub row_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { text_bytes: 5 << 30, held_bytes: 64 << 20, workbook_unpacked_bytes: 1 << 30, row_bytes: 1 << 20 }
    }
}
