//! The update that a report's signature is: a signature dictionary, its field over the seal block, and the page and catalog that
//! know of it. It certifies the document (ISO 32000-1, 12.8.4): nothing may be added to it but what proves it for longer (P = 1;
//! ISO 32000-2, table 257).

use jiff::Timestamp;
use xinzheng_domain::china_time::CHINA;

use crate::anchor::Anchor;
use crate::revision::Revision;
use crate::update::{Gapped, Update, text};

/// That no change is permitted (ISO 32000-1, tables 253 and 254).
const CERTIFIES: &str =
    "/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/P 1/V/1.2>>>>]";

/// Adds the update to an unsigned file, with a gap for a structure of `room` bytes.
pub(crate) fn with_gap(unsigned: Vec<u8>, anchor: &Anchor, (issuer, at): (&str, Timestamp), room: usize) -> Gapped {
    let mut revision = Revision::unsigned(anchor);
    let [signature, field, appearance] = [anchor.next, anchor.next + 1, anchor.next + 2];
    let mut update = Update::of(unsigned);
    let time = CHINA.to_datetime(at).strftime("D:%Y%m%d%H%M%S+08'00'").to_string();
    let entries = format!(
        "/Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/Name{}/Reason{}/M({time})\n{CERTIFIES}",
        text(issuer),
        text("出具专项信用报告"),
    );
    update.signature(signature, &entries, room);

    let [left, bottom, right, top] = anchor.rect;
    let parent = anchor.structure_parent.map(|key| format!("/StructParent {key}")).unwrap_or_default();
    let widget = format!(
        "<</Type/Annot/Subtype/Widget/FT/Sig/T(Seal)/TU{}/F 132/Rect[{left:.2} {bottom:.2} {right:.2} {top:.2}]\
         {parent}/P {} 0 R/V {signature} 0 R/AP<</N {appearance} 0 R>>>>",
        text("电子签名"),
        anchor.page,
    );
    update.object(field, &[widget.as_bytes()]);
    // The block itself is drawn on the page: it is part of what is signed.
    let (width, height) = (right - left, top - bottom);
    let empty = format!(
        "<</Type/XObject/Subtype/Form/BBox[0 0 {width:.2} {height:.2}]/Resources<<>>/Length 0>>\nstream\n\r\nendstream"
    );
    update.object(appearance, &[empty.as_bytes()]);
    for (number, element) in &anchor.structure {
        update.object(*number, &[element]);
    }
    revision.annotations.push(field);
    revision.fields.push(field);
    revision.catalog_entries.extend_from_slice(format!("/Perms<</DocMDP {signature} 0 R>>").as_bytes());
    revision.next = appearance + 1;
    update.page_and_catalog(&revision);
    update.end(&revision)
}
