//! The objects of the fonts that reports of a template share: taken out of the file that printpdf made of them, put into
//! every report, and kept in a file of the program for its own template.

use lopdf::{Dictionary, Document, Object, ObjectId, StringFormat, dictionary};
use sha2::{Digest, Sha256};

use crate::compression::{SHARED_LEVEL, compress};
use crate::error::RenderError;
use crate::subset::mark_subsets;

/// Objects of fonts, compressed, numbered from 1, with the numbers of the fonts' dictionaries by their names in the file.
pub(crate) struct FontObjects {
    objects: Vec<(u32, Object)>,
    fonts: Vec<(Vec<u8>, u32)>,
    highest: u32,
}

impl FontObjects {
    /// Takes the fonts out of a file whose first page shows them.
    pub(crate) fn taken_from(mut file: Document) -> Result<Self, RenderError> {
        let wrong = |error: lopdf::Error| RenderError::File(error.to_string());
        let page = file.page_iter().next().ok_or_else(|| RenderError::File("no page".to_owned()))?;
        let fonts = font_dictionary(&file, page).map_err(wrong)?;
        let fonts = file.get_dictionary(fonts).map_err(wrong)?.clone();
        let fonts: Vec<(Vec<u8>, u32)> =
            fonts.iter().filter_map(|(name, font)| Some((name.clone(), font.as_reference().ok()?.0))).collect();
        // The same glyphs in every report of the template: the same tag, from the glyphs.
        let mut digest = Sha256::new();
        for object in file.objects.values() {
            if let Object::Stream(stream) = object {
                digest.update(&stream.content);
            }
        }
        mark_subsets(&mut file, &digest.finalize());
        compress(&mut file, SHARED_LEVEL)?;
        let mut wanted: Vec<u32> = fonts.iter().map(|(_, id)| *id).collect();
        let mut objects = vec![];
        while let Some(number) = wanted.pop() {
            if let Some(object) = file.objects.remove(&(number, 0)) {
                references(&object, &mut |id| wanted.push(id.0));
                objects.push((number, object));
            }
        }
        objects.sort_by_key(|(number, _)| *number);
        Ok(Self { objects, fonts, highest: file.max_id })
    }

    /// Puts the objects into a file: the fonts' names with the ids of their dictionaries.
    pub(crate) fn add_to(&self, file: &mut Document) -> Vec<(Vec<u8>, ObjectId)> {
        let by = file.max_id;
        for (number, object) in &self.objects {
            let mut object = object.clone();
            renumber(&mut object, by);
            file.objects.insert((number + by, 0), object);
        }
        file.max_id += self.highest;
        self.fonts.iter().map(|(name, number)| (name.clone(), (number + by, 0))).collect()
    }

    /// The objects as a file of their own, with the characters in the order of their glyphs.
    pub(crate) fn to_file(&self, characters: &[char]) -> Result<Vec<u8>, RenderError> {
        let mut file = Document::with_version("1.7");
        let fonts = self.add_to(&mut file).into_iter().map(|(name, id)| (name, Object::Reference(id)));
        let text: String = characters.iter().collect();
        let kept = dictionary! {
            "Font" => fonts.collect::<Dictionary>(),
            "Characters" => Object::String(text.into_bytes(), StringFormat::Hexadecimal),
            "Highest" => i64::from(self.highest),
        };
        let kept = file.add_object(kept);
        file.trailer.set("Root", kept);
        let mut bytes = vec![];
        file.save_to(&mut bytes).map_err(|error| RenderError::File(error.to_string()))?;
        Ok(bytes)
    }

    /// What [`to_file`](Self::to_file) wrote.
    pub(crate) fn of_file(bytes: &[u8]) -> Result<(Self, Vec<char>), RenderError> {
        let wrong = |error: lopdf::Error| RenderError::File(error.to_string());
        let mut file = Document::load_mem(bytes).map_err(wrong)?;
        let root = file.trailer.get(b"Root").and_then(Object::as_reference).map_err(wrong)?;
        let kept = file.get_dictionary(root).map_err(wrong)?.clone();
        file.objects.remove(&root);
        let fonts = kept.get(b"Font").and_then(Object::as_dict).map_err(wrong)?;
        let fonts = fonts.iter().map(|(name, font)| Ok((name.clone(), font.as_reference()?.0)));
        let fonts = fonts.collect::<lopdf::Result<_>>().map_err(wrong)?;
        let text = kept.get(b"Characters").and_then(Object::as_str).map_err(wrong)?;
        let text = std::str::from_utf8(text).map_err(|error| RenderError::File(error.to_string()))?;
        let characters = text.chars().collect();
        let highest = kept.get(b"Highest").and_then(Object::as_i64).map_err(wrong)?;
        let highest = u32::try_from(highest).map_err(|_| RenderError::File("no number".to_owned()))?;
        let objects = file.objects.into_iter().map(|((number, _), object)| (number, object)).collect();
        Ok((Self { objects, fonts, highest }, characters))
    }
}

fn references(object: &Object, found: &mut dyn FnMut(ObjectId)) {
    match object {
        Object::Reference(id) => found(*id),
        Object::Array(values) => values.iter().for_each(|value| references(value, found)),
        Object::Dictionary(dictionary) => dictionary.iter().for_each(|(_, value)| references(value, found)),
        Object::Stream(stream) => stream.dict.iter().for_each(|(_, value)| references(value, found)),
        _ => {}
    }
}

/// Adds `by` to the number of every reference.
fn renumber(object: &mut Object, by: u32) {
    match object {
        Object::Reference(id) => id.0 += by,
        Object::Array(values) => values.iter_mut().for_each(|value| renumber(value, by)),
        Object::Dictionary(dictionary) => dictionary.iter_mut().for_each(|(_, value)| renumber(value, by)),
        Object::Stream(stream) => stream.dict.iter_mut().for_each(|(_, value)| renumber(value, by)),
        _ => {}
    }
}

/// The dictionary of a page's fonts.
pub(crate) fn font_dictionary(file: &Document, page: ObjectId) -> lopdf::Result<ObjectId> {
    let resources = file.get_dictionary(page)?.get(b"Resources")?.as_reference()?;
    file.get_dictionary(resources)?.get(b"Font")?.as_reference()
}
