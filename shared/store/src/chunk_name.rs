//! The names of chunks.

/// Which chunk of a batch: the part of the file, and the chunk in it, both from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkName {
    /// The part; 0 for a file that was not parted.
    pub part: u32,
    /// The chunk in its part.
    pub number: u32,
}

impl std::fmt::Display for ChunkName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:06}", self.part, self.number)
    }
}

impl ChunkName {
    /// Parses what [`Display`](std::fmt::Display) writes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (part, number) = text.split_once('-')?;
        Some(Self { part: part.parse().ok()?, number: number.parse().ok()? })
    }
}
