//! A file as a reader sees it at the end of one of its revisions.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::cross_references::{Place, Section};
use super::parser::{Object, Parser};
use super::stream;
use super::value::{Dictionary, Value};

/// The most sections of a file.
const SECTIONS: usize = 256;
/// The most entries of all of them.
const ENTRIES: usize = 1 << 21;
/// How many references may lead to each other.
const HOPS: usize = 8;
/// The most bytes that object streams of a view take, decoded.
const UNPACKED: usize = 64 << 20;

#[derive(Clone)]
pub(crate) struct View<'b> {
    /// The file up to the end of the revision.
    pub(crate) bytes: &'b [u8],
    places: HashMap<u32, Place>,
    pub(crate) trailer: Dictionary,
    /// Where its newest cross-reference section begins.
    pub(crate) cross_references: usize,
    /// Where all of them begin.
    sections: Vec<usize>,
    unpacked: RefCell<HashMap<u32, Option<Rc<Packed>>>>,
    room: Cell<usize>,
}

/// The objects of an object stream (7.5.7).
struct Packed {
    bytes: Vec<u8>,
    /// Number and offset of each.
    index: Vec<(u32, usize)>,
}

impl<'b> View<'b> {
    /// The view of a file whose newest cross-reference section begins there.
    pub(crate) fn open(bytes: &'b [u8], cross_references: usize) -> Option<Self> {
        let (newest, _) = Section::read(bytes, cross_references)?;
        let mut view = Self {
            bytes,
            places: HashMap::new(),
            trailer: newest.trailer.clone(),
            cross_references,
            sections: vec![],
            unpacked: RefCell::default(),
            room: Cell::new(UNPACKED),
        };
        let (mut section, mut entries) = (newest, 0_usize);
        for _ in 0..SECTIONS {
            view.sections.push(section.start);
            entries = entries.saturating_add(section.entries.len());
            (entries <= ENTRIES).then_some(())?;
            for (number, place) in &section.entries {
                view.places.entry(*number).or_insert(*place);
            }
            let Some(previous) = section.previous()? else { return Some(view) };
            // Sections were written one after the other: there is no way round.
            (previous < section.start).then_some(())?;
            section = Section::read(bytes, previous)?.0;
        }
        None
    }

    /// The view at the end of an update of this one.
    pub(crate) fn updated(&self, bytes: &'b [u8], section: &Section) -> Self {
        let mut places = self.places.clone();
        places.extend(section.entries.iter().copied());
        Self {
            bytes,
            places,
            trailer: section.trailer.clone(),
            cross_references: section.start,
            sections: [self.sections.as_slice(), &[section.start]].concat(),
            unpacked: RefCell::default(),
            room: Cell::new(UNPACKED),
        }
    }

    pub(crate) fn place(&self, number: u32) -> Place {
        self.places.get(&number).copied().unwrap_or(Place::Free)
    }

    pub(crate) fn is_defined(&self, number: u32) -> bool {
        self.place(number) != Place::Free
    }

    /// The numbers of all objects.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.places.iter().filter(|(_, place)| **place != Place::Free).map(|(number, _)| *number)
    }

    /// Whether an object is a cross-reference stream of the file.
    pub(crate) fn is_section(&self, number: u32) -> bool {
        matches!(self.place(number), Place::Offset(offset) if self.sections.contains(&offset))
    }

    /// The object of a number.
    pub(crate) fn object(&self, number: u32) -> Option<Object> {
        match self.place(number) {
            Place::Free => None,
            Place::Offset(offset) => {
                let object = Parser::at(self.bytes, offset).object(&|length| self.length(length))?;
                (object.number == number).then_some(object)
            }
            Place::Packed { stream, index } => self.packed(stream)?.object(number, index),
        }
    }

    /// A number that says how long a stream is.
    fn length(&self, number: u32) -> Option<usize> {
        let Place::Offset(offset) = self.place(number) else { return None };
        let object = Parser::at(self.bytes, offset).object(&|_| None)?;
        object.value.as_size().filter(|_| object.number == number)
    }

    fn packed(&self, number: u32) -> Option<Rc<Packed>> {
        if let Some(known) = self.unpacked.borrow().get(&number) {
            return known.clone();
        }
        let packed = self.unpack(number).map(Rc::new);
        self.unpacked.borrow_mut().insert(number, packed.clone());
        packed
    }

    fn unpack(&self, number: u32) -> Option<Packed> {
        // A stream is never in another one.
        let Place::Offset(_) = self.place(number) else { return None };
        let object = self.object(number)?;
        let dictionary = object.value.as_dictionary()?;
        if !dictionary.get("Type")?.is_name("ObjStm") || dictionary.get("Extends").is_some() {
            return None;
        }
        let bytes = self.decoded(&object, self.room.get())?;
        self.room.set(self.room.get().checked_sub(bytes.len())?);
        let (first, count) = (dictionary.get("First")?.as_size()?, dictionary.get("N")?.as_size()?);
        let mut parser = Parser::at(bytes.get(..first)?, 0);
        let mut index = vec![];
        for _ in 0..count {
            let number = u32::try_from(parser.unsigned()?).ok()?;
            index.push((number, first.checked_add(usize::try_from(parser.unsigned()?).ok()?)?));
        }
        Some(Packed { bytes, index })
    }

    /// The numbers of the objects in an object stream.
    pub(crate) fn packed_numbers(&self, stream: u32) -> Option<Vec<u32>> {
        Some(self.packed(stream)?.index.iter().map(|(number, _)| *number).collect())
    }

    /// The stream of an object, decoded; none when it is more than `most`.
    pub(crate) fn decoded(&self, object: &Object, most: usize) -> Option<Vec<u8>> {
        stream::decode(object.value.as_dictionary()?, self.bytes.get(object.stream.clone()?)?, most)
    }

    /// What a value is, or what it refers to.
    pub(crate) fn resolved(&self, value: &Value) -> Option<Value> {
        let mut value = value.clone();
        for _ in 0..HOPS {
            let Value::Reference(number) = value else { return Some(value) };
            value = self.object(number)?.value;
        }
        None
    }

    /// What stands under a key, resolved; null when nothing does.
    pub(crate) fn entry(&self, dictionary: &Dictionary, key: &str) -> Option<Value> {
        dictionary.get(key).map_or(Some(Value::Null), |value| self.resolved(value))
    }

    /// The number of the catalog.
    pub(crate) fn root(&self) -> Option<u32> {
        self.trailer.get("Root")?.as_reference()
    }

    pub(crate) fn catalog(&self) -> Option<Dictionary> {
        match self.object(self.root()?)?.value {
            Value::Dictionary(catalog) => Some(catalog),
            _ => None,
        }
    }

    /// A dictionary that stands under a key, or is referred to there.
    pub(crate) fn dictionary(&self, parent: &Dictionary, key: &str) -> Option<Dictionary> {
        match self.entry(parent, key)? {
            Value::Dictionary(dictionary) => Some(dictionary),
            _ => None,
        }
    }

    pub(crate) fn array(&self, parent: &Dictionary, key: &str) -> Option<Vec<Value>> {
        match self.entry(parent, key)? {
            Value::Array(values) => Some(values),
            _ => None,
        }
    }
}

impl Packed {
    fn object(&self, number: u32, index: usize) -> Option<Object> {
        let (found, offset) = *self.index.get(index)?;
        let value = Parser::at(&self.bytes, offset).value().filter(|_| found == number)?;
        Some(Object { number, value, stream: None })
    }
}
