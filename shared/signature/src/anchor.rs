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
    /// The number of the information dictionary.
    pub information: u32,
    /// The file's identifier (ISO 32000-1, 14.4): an update keeps it as the first and has a second of its own.
    pub id: Vec<u8>,
    /// The first number that no object has. The field of the signature gets the next.
    pub next: u32,
    /// Where the file's cross-reference section stands.
    pub cross_references: usize,
    /// The seal block: left, bottom, right, top, in points from the bottom left corner.
    pub rect: [f32; 4],
    /// The key of the field in the parent tree of a tagged file (ISO 32000-1, 14.7.4.4).
    pub structure_parent: Option<u32>,
    /// Objects that the update writes as they are, by their numbers: the structure's element of the field.
    pub structure: Vec<(u32, Vec<u8>)>,
}
