//! The revision of a file that its issuer certified: the first whose catalog says so. What stands behind it is not
//! looked at.

use memchr::memmem;

use crate::covered::Covered;
use crate::judgement::Certification;
use crate::pdf::{Dictionary, Object, Parser, Place, Value, View, cross_references};

/// How many ends of revisions are looked at: a report has been updated by nobody when it is signed.
const REVISIONS: usize = 8;
/// How many bytes may be between `startxref` and `%%EOF`.
const ENDING: usize = 64;

/// A signed revision.
pub(crate) struct Certified<'b> {
    pub(crate) view: View<'b>,
    pub(crate) covered: Option<Covered<'b>>,
    pub(crate) certification: Certification,
    /// Whether it has this one signature alone.
    pub(crate) is_alone: bool,
}

/// What was found.
pub(crate) enum Found<'b> {
    Signed(Box<Certified<'b>>),
    /// The whole file can be read, and has no signature.
    Unsigned(Box<View<'b>>),
    /// It cannot be read, or not to its end.
    Nothing,
}

pub(crate) fn find(bytes: &[u8]) -> Found<'_> {
    let mut last = None;
    for (mark, place) in endings(bytes).take(REVISIONS) {
        let Some(view) = bytes.get(..mark).and_then(|bytes| View::open(bytes, place)) else { continue };
        let Some(catalog) = view.catalog() else { continue };
        if let Some(number) = certifying(&view, &catalog) {
            return signed(bytes, view, &catalog, number)
                .map_or(Found::Nothing, |found| Found::Signed(Box::new(found)));
        }
        last = Some((mark, view, catalog));
    }
    let Some((mark, view, catalog)) = last else { return Found::Nothing };
    if let Some(number) = signatures(&view, &catalog).first() {
        let number = *number;
        return signed(bytes, view, &catalog, number).map_or(Found::Nothing, |found| Found::Signed(Box::new(found)));
    }
    let rest = bytes.get(mark..).unwrap_or_default();
    if rest.iter().all(u8::is_ascii_whitespace) { Found::Unsigned(Box::new(view)) } else { Found::Nothing }
}

/// Where the file ended once, and the cross-reference section that is named there.
fn endings(bytes: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    memmem::find_iter(bytes, b"%%EOF").filter_map(|at| {
        let start = at.saturating_sub(ENDING);
        let name = memmem::rfind(bytes.get(start..at)?, b"startxref")?;
        let mut parser = Parser::at(bytes, start + name);
        let place = cross_references::ending(&mut parser)?;
        (parser.at == at + b"%%EOF".len()).then_some((parser.at, place))
    })
}

/// The number of the signature that the catalog says to certify.
fn certifying(view: &View<'_>, catalog: &Dictionary) -> Option<u32> {
    view.dictionary(catalog, "Perms")?.get("DocMDP")?.as_reference()
}

/// The numbers of the signatures that fields have as values.
fn signatures(view: &View<'_>, catalog: &Dictionary) -> Vec<u32> {
    let fields = view.dictionary(catalog, "AcroForm").and_then(|form| view.array(&form, "Fields"));
    let values = fields.unwrap_or_default().into_iter().filter_map(|field| {
        let Value::Dictionary(field) = view.resolved(&field)? else { return None };
        field.get("FT").filter(|kind| kind.is_name("Sig"))?;
        field.get("V")?.as_reference()
    });
    values.collect()
}

fn signed<'b>(bytes: &'b [u8], view: View<'b>, catalog: &Dictionary, number: u32) -> Option<Certified<'b>> {
    let object = view.object(number)?;
    let dictionary = object.value.as_dictionary()?;
    let of_file = matches!(view.place(number), Place::Offset(_));
    let covered = Covered::read(bytes, dictionary).filter(|covered| {
        // Up to the mark of this revision, with or without the end of its line.
        let over = covered.end.checked_sub(view.bytes.len());
        of_file && over.is_some_and(|over| over <= 2)
    });
    let permissions = permissions(&view, dictionary);
    let certification = Certification {
        is_in_signature: permissions.is_some(),
        is_in_catalog: certifying(&view, catalog) == Some(number),
        permissions,
    };
    let is_alone = signatures(&view, catalog) == [number] && is_form(&object);
    Some(Certified { covered, certification, is_alone, view })
}

fn is_form(signature: &Object) -> bool {
    let Some(dictionary) = signature.value.as_dictionary() else { return false };
    dictionary.get("Type").is_none_or(|kind| kind.is_name("Sig"))
        && dictionary.get("SubFilter").is_some_and(|form| form.is_name("ETSI.CAdES.detached"))
}

/// What the signature lets be changed: P of its one DocMDP reference (12.8.2.2), 2 when it is left out.
fn permissions(view: &View<'_>, signature: &Dictionary) -> Option<i64> {
    let references = view.array(signature, "Reference")?;
    let [reference] = references.as_slice() else { return None };
    let Value::Dictionary(reference) = view.resolved(reference)? else { return None };
    reference.get("TransformMethod").filter(|method| method.is_name("DocMDP"))?;
    let parameters = view.dictionary(&reference, "TransformParams")?;
    parameters.get("P").map_or(Some(2), Value::as_integer)
}
