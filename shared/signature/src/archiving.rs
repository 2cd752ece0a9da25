//! The update that proves a signature for longer (ETSI EN 319 142-1, 5.4 and 5.5): certificates and revocation data in the
//! document security store, and a time stamp over the whole file.

use crate::evidence::Evidence;
use crate::revision::{Revision, Signed, Store};
use crate::update::{Gapped, Update, text};

/// Adds the update to a file that this program signed, with a gap for a token of `room` bytes. Of the evidence what the store
/// has is not added again.
pub(crate) fn with_gap(file: Vec<u8>, before: &Revision, evidence: &Evidence, room: usize) -> (Gapped, Revision) {
    let mut revision = before.clone();
    let held = Held::of(&file, before);
    let mut store = before.store.clone().unwrap_or_else(|| Store { number: next(&mut revision), ..Store::default() });
    let mut update = Update::of(file);
    for (bytes, numbers) in [
        (&evidence.certificates, &mut store.certificates),
        (&evidence.responses, &mut store.responses),
        (&evidence.lists, &mut store.lists),
    ] {
        for stream in bytes.iter().filter(|bytes| !held.0.contains(*bytes)) {
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
    (update.end(&mut revision), revision)
}

/// What the security store has.
struct Held(Vec<Vec<u8>>);

impl Held {
    fn of(file: &[u8], revision: &Revision) -> Self {
        let Some((store, signed)) = revision.store.as_ref().zip(Signed::read(file)) else { return Self(vec![]) };
        let numbers = store.certificates.iter().chain(&store.responses).chain(&store.lists);
        Self(numbers.filter_map(|number| signed.stream(*number)).map(<[u8]>::to_vec).collect())
    }
}

const fn next(revision: &mut Revision) -> u32 {
    let number = revision.next;
    revision.next += 1;
    number
}
