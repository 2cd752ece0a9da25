//! The outline of a file (ISO 32000-1, 12.3.3).

use lopdf::{Document, Object, ObjectId, dictionary};

use crate::flow::Bookmark;
use crate::sheet::HEIGHT;
use crate::text_string::text_string;

/// The outline: parts, and domains inside the details.
pub(crate) fn outline(file: &mut Document, bookmarks: &[Bookmark], pages: &[ObjectId]) -> ObjectId {
    let root = file.new_object_id();
    let ids: Vec<ObjectId> = bookmarks.iter().map(|_| file.new_object_id()).collect();
    // The parent of each: the last part before it, or the root.
    let mut part = root;
    let mut parents = vec![];
    for (bookmark, &id) in bookmarks.iter().zip(&ids) {
        if bookmark.level == 0 {
            parents.push(root);
            part = id;
        } else {
            parents.push(part);
        }
    }
    let children = |parent: ObjectId| -> Vec<ObjectId> {
        ids.iter().zip(&parents).filter(|(_, p)| **p == parent).map(|(&id, _)| id).collect()
    };
    for ((bookmark, &id), &parent) in bookmarks.iter().zip(&ids).zip(&parents) {
        let page = pages.get(bookmark.sheet).copied().unwrap_or(root);
        let mut entry = dictionary! {
            "Title" => text_string(&bookmark.title),
            "Parent" => parent,
            "Dest" => vec![page.into(), "XYZ".into(), Object::Null, Object::Real(HEIGHT - bookmark.y + 4.0), Object::Null],
        };
        let siblings = children(parent);
        let place = siblings.iter().position(|&sibling| sibling == id).unwrap_or(0);
        if let Some(&previous) = place.checked_sub(1).and_then(|place| siblings.get(place)) {
            entry.set("Prev", previous);
        }
        if let Some(&next) = siblings.get(place + 1) {
            entry.set("Next", next);
        }
        let own = children(id);
        if let (Some(&first), Some(&last)) = (own.first(), own.last()) {
            entry.set("First", first);
            entry.set("Last", last);
            entry.set("Count", own.len() as i64);
        }
        file.objects.insert(id, Object::Dictionary(entry));
    }
    let top = children(root);
    let mut outlines = dictionary! { "Type" => "Outlines", "Count" => ids.len() as i64 };
    if let (Some(&first), Some(&last)) = (top.first(), top.last()) {
        outlines.set("First", first);
        outlines.set("Last", last);
    }
    file.objects.insert(root, Object::Dictionary(outlines));
    root
}
