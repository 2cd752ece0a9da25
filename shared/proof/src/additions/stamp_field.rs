//! The field of a document time stamp (ISO 32000-2, 12.8.5): nothing of it is seen on a page.

use crate::covered::Covered;
use crate::pdf::{Dictionary, Place, Value, View};

/// A document time stamp, of which nothing is verified yet.
#[derive(Clone, Debug)]
pub(crate) struct StampField<'b> {
    pub(crate) covered: Covered<'b>,
    /// The page that its widget stands on.
    pub(crate) page: Option<u32>,
    /// The objects that it is made of.
    pub(crate) numbers: Vec<u32>,
}

const FIELD: &[&str] = &["Type", "Subtype", "FT", "T", "TU", "F", "Rect", "P", "V", "AP"];
const STAMP: &[&str] = &["Type", "Filter", "SubFilter", "Contents", "ByteRange", "V", "M"];
const APPEARANCE: &[&str] =
    &["Type", "Subtype", "FormType", "BBox", "Matrix", "Resources", "Length", "Filter", "DecodeParms"];
/// The most bytes of an appearance that draws nothing.
const NOTHING: usize = 64;

impl<'b> StampField<'b> {
    /// The field of this number; none when it is anything but that of a time stamp that nothing is seen of.
    pub(crate) fn read(bytes: &'b [u8], view: &View<'_>, number: u32) -> Option<Self> {
        let object = view.object(number)?;
        let field = object.value.as_dictionary()?;
        let is_name = |key, name| field.get(key).is_some_and(|value: &Value| value.is_name(name));
        let is_stamp = field.has_only(FIELD)
            && field.get("Type").is_none_or(|kind| kind.is_name("Annot"))
            && is_name("Subtype", "Widget")
            && is_name("FT", "Sig")
            && field.get("T").is_some_and(|name| name.as_text().is_some())
            && is_unseen(field);
        let value = is_stamp.then(|| field.get("V")?.as_reference())??;
        let mut numbers = vec![number, value];
        if let Some(appearance) = field.get("AP") {
            numbers.push(nothing_drawn(view, appearance)?);
        }
        Some(Self {
            covered: covered(bytes, view, value)?,
            page: field.get("P").and_then(Value::as_reference),
            numbers,
        })
    }
}

/// A rectangle without any area, or none.
fn is_unseen(field: &Dictionary) -> bool {
    let Some(rect) = field.get("Rect") else { return true };
    let places: Option<Vec<f64>> = rect.as_array().and_then(|rect| rect.iter().map(Value::as_number).collect());
    matches!(places.as_deref(), Some(&[left, bottom, right, top]) if left == right && bottom == top)
}

fn covered<'b>(bytes: &'b [u8], view: &View<'_>, number: u32) -> Option<Covered<'b>> {
    matches!(view.place(number), Place::Offset(_)).then_some(())?;
    let object = view.object(number)?;
    let dictionary = object.value.as_dictionary().filter(|dictionary| dictionary.has_only(STAMP))?;
    dictionary.get("Type").is_none_or(|kind| kind.is_name("DocTimeStamp")).then_some(())?;
    dictionary.get("SubFilter").filter(|form| form.is_name("ETSI.RFC3161"))?;
    Covered::read(bytes, dictionary)
}

/// The number of an appearance that has no content.
fn nothing_drawn(view: &View<'_>, appearance: &Value) -> Option<u32> {
    let states = appearance.as_dictionary().filter(|states| states.has_only(&["N"]))?;
    let number = states.get("N")?.as_reference()?;
    let object = view.object(number)?;
    let dictionary = object.value.as_dictionary().filter(|dictionary| dictionary.has_only(APPEARANCE))?;
    let resources = dictionary.get("Resources").is_none_or(|value| *value == Value::Dictionary(Dictionary::default()));
    let drawn = view.decoded(&object, NOTHING)?;
    (resources && drawn.iter().all(u8::is_ascii_whitespace)).then_some(number)
}
