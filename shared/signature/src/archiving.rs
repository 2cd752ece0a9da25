//! The update that proves a signature for longer (ETSI EN 319 142-1, 5.4 and 5.5): certificates and revocation data in the
//! document security store, and a time stamp over the whole file.

use crate::evidence::Evidence;
use crate::revision::{Revision, Signed, Store};
use crate::update::{Gapped, Update, text};

/// Adds the update to a file that this program signed, with a gap for a token of `room` bytes. Of the evidence what the store
/// has is not added again.
pub(crate) fn with_gap(signed: &Signed<'_>, evidence: &Evidence, room: usize) -> Gapped {
    let mut revision = signed.revision.clone();
    let held = signed.stored();
    let mut store = revision.store.take().unwrap_or_else(|| Store { number: next(&mut revision), ..Store::default() });
    let mut update = Update::of(signed.bytes.to_vec());
    for (bytes, numbers) in [
        (&evidence.certificates, &mut store.certificates),
        (&evidence.responses, &mut store.responses),
        (&evidence.lists, &mut store.lists),
    ] {
        for stream in bytes.iter().filter(|bytes| !held.contains(&bytes.as_slice())) {
            let number = next(&mut revision);
            update.stream(number, stream);
            numbers.push(number);
        }
    }
    update.store(&store);
    revision.store = Some(store);

    let (stamp, field) = (next(&mut revision), next(&mut revision));
    update.signature(stamp, "/Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161", room);
    // Outside the page: nobody sees it, and nobody is read it aloud.
    let widget = format!(
        "<</Type/Annot/Subtype/Widget/FT/Sig/T(Timestamp{})/TU{}/F 132/Rect[-1 -1 -1 -1]/P {} 0 R/V {stamp} 0 R>>",
        revision.fields.len(),
        text("存档时间戳"),
        revision.page
    );
    update.object(field, &[widget.as_bytes()]);
    revision.annotations.push(field);
    revision.fields.push(field);
    update.page_and_catalog(&revision);
    update.end(&revision)
}

const fn next(revision: &mut Revision) -> u32 {
    let number = revision.next;
    revision.next += 1;
    number
}
