//! Where a signature goes.

/// What an incremental update of a file needs to know (ISO 32000-1, 7.5.6), told by whoever wrote the file: it is never read
/// here.
#[derive(Clone, Debug, PartialEq)]
pub struct Anchor {
    /// The number of the page with the seal block.
    pub page: u32,
    /// The entries of its dictionary but `Annots`, as they are written.
    pub page_entries: Vec<u8>,
    /// The numbers of its annotations.
    pub annotations: Vec<u32>,
    /// The number of the catalog.
    pub catalog: u32,
    /// The entries of its dictionary, as they are written.
    pub catalog_entries: Vec<u8>,
    /// The entries of the trailer that an update repeats: `Info` and `ID`.
    pub trailer_entries: Vec<u8>,
    /// The first number that no object has.
    pub next: u32,
    /// Where the file's cross-reference table stands.
    pub cross_references: usize,
    /// The seal block: left, bottom, right, top, in points from the bottom left corner.
    pub rect: [f32; 4],
}
