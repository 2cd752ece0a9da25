//! Where the seal block of a finished file stands, and what an incremental update of the file needs to know (ISO 32000-1,
//! 7.5.6): a signature is added as one, so that the unsigned file stays a prefix of the signed one.

use lopdf::{Document, Object, ObjectId};

use crate::file_structure::FileBytes;
use crate::structure_tree::StructureTree;
use crate::syntax::entries;

/// The seal block of a finished file.
#[derive(Clone, Debug, PartialEq)]
pub struct SealPlace {
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
    /// The file's identifier (ISO 32000-1, 14.4).
    pub id: Vec<u8>,
    /// The first number that no object has.
    pub next: u32,
    /// Where the file's cross-reference stream stands.
    pub cross_references: usize,
    /// The seal block: left, bottom, right, top, in points from the bottom left corner.
    pub rect: [f32; 4],
    /// The key of the signature's field in the parent tree, which is its `StructParent`.
    pub structure_parent: Option<u32>,
    /// Objects that the update writes as they are, by their numbers: the structure's element of the field, which is to
    /// have the number `next + 1`. Before the update it has no field and is nothing.
    pub structure: Vec<(u32, Vec<u8>)>,
}

impl SealPlace {
    /// `None` when the file is not one of those that this program writes.
    pub(crate) fn of(
        file: &Document,
        written: &FileBytes,
        page: ObjectId,
        rect: [f32; 4],
        tree: &StructureTree<'_>,
    ) -> Option<Self> {
        let catalog = file.trailer.get(b"Root").ok()?.as_reference().ok()?;
        let mut page_dictionary = file.get_dictionary(page).ok()?.clone();
        let annotations = match page_dictionary.remove(b"Annots") {
            Some(Object::Array(annotations)) => {
                annotations.iter().filter_map(|a| Some(a.as_reference().ok()?.0)).collect()
            }
            _ => vec![],
        };
        let id = file.trailer.get(b"ID").ok()?.as_array().ok()?.first()?.as_str().ok()?;
        Some(Self {
            page: page.0,
            page_entries: entries(&page_dictionary),
            annotations,
            catalog: catalog.0,
            catalog_entries: entries(file.get_dictionary(catalog).ok()?),
            information: file.trailer.get(b"Info").ok()?.as_reference().ok()?.0,
            id: id.to_vec(),
            next: written.next,
            cross_references: written.cross_references,
            rect,
            structure_parent: Some(tree.field_key()),
            structure: tree.form(written.next + 1, page).into_iter().collect(),
        })
    }
}
