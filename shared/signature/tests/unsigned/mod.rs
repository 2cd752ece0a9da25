//! A file that is to be signed, and where.

use xinzheng_render::{Template, preview};
use xinzheng_signature::Anchor;

pub(crate) fn unsigned() -> (Vec<u8>, Anchor) {
    let rendered = preview(Template::builtin()).unwrap();
    let place = rendered.seal.unwrap();
    let anchor = Anchor {
        page: place.page,
        page_entries: place.page_entries,
        annotations: place.annotations,
        catalog: place.catalog,
        catalog_entries: place.catalog_entries,
        information: place.information,
        id: place.id,
        next: place.next,
        cross_references: place.cross_references,
        rect: place.rect,
        structure_parent: place.structure_parent,
        structure: place.structure,
    };
    (rendered.pdf, anchor)
}
