//! What a report says of itself: pages, its number, the data in it.

use std::collections::HashSet;

use crate::algorithm;
use crate::judgement::EmbeddedData;
use crate::pdf::value::text_of;
use crate::pdf::{Dictionary, Value, View};

/// The most nodes of a page tree.
const NODES: usize = 1 << 17;
/// The most bytes of embedded data.
const DATA: usize = 64 << 20;
/// The name of the file that has a report's data.
const REPORT: &str = "report.json";

/// The numbers of the pages, the first first.
pub(crate) fn pages(view: &View<'_>) -> Option<Vec<u32>> {
    let mut left = vec![view.catalog()?.get("Pages")?.as_reference()?];
    let (mut pages, mut seen) = (vec![], HashSet::new());
    while let Some(number) = left.pop() {
        (seen.len() < NODES && seen.insert(number)).then_some(())?;
        let object = view.object(number)?;
        let node = object.value.as_dictionary()?;
        match node.get("Type") {
            Some(kind) if kind.is_name("Pages") => {
                let kids = view.array(node, "Kids")?;
                left.extend(kids.iter().rev().map(Value::as_reference).collect::<Option<Vec<_>>>()?);
            }
            Some(kind) if kind.is_name("Page") => pages.push(number),
            _ => return None,
        }
    }
    Some(pages)
}

/// The number in the title: its last word.
pub(crate) fn number(view: &View<'_>) -> Option<String> {
    let title = view.entry(&view.dictionary(&view.trailer, "Info")?, "Title")?;
    let title = text_of(title.as_text()?);
    title.split_whitespace().last().filter(|word| word.contains('-')).map(str::to_owned)
}

/// The data of the report.
pub(crate) fn data(view: &View<'_>, number: Option<&str>) -> Option<EmbeddedData> {
    let catalog = view.catalog()?;
    let files = view.array(&catalog, "AF").or_else(|| named(view, &catalog))?;
    let file = files.iter().find_map(|file| match view.resolved(file)? {
        Value::Dictionary(file) if name(view, &file).as_deref() == Some(REPORT) => Some(file),
        _ => None,
    })?;
    let stream = view.dictionary(&file, "EF")?.get("F")?.as_reference()?;
    let bytes = view.decoded(&view.object(stream)?, DATA)?;
    let found = stated(&bytes);
    Some(EmbeddedData {
        name: REPORT.to_owned(),
        bytes: bytes.len(),
        sha256: algorithm::sha_256(&bytes),
        has_number_of_title: found.is_some() && found.as_deref() == number,
        number: found,
    })
}

/// The files of the name tree, of one level.
fn named(view: &View<'_>, catalog: &Dictionary) -> Option<Vec<Value>> {
    let tree = view.dictionary(&view.dictionary(catalog, "Names")?, "EmbeddedFiles")?;
    Some(view.array(&tree, "Names")?.into_iter().skip(1).step_by(2).collect())
}

fn name(view: &View<'_>, file: &Dictionary) -> Option<String> {
    let name = file.get("UF").or_else(|| file.get("F"))?;
    Some(text_of(view.resolved(name)?.as_text()?))
}

/// The number that the data state.
fn stated(json: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Content {
        number: String,
    }
    serde_json::from_slice::<Content>(json).ok().map(|content| content.number)
}
