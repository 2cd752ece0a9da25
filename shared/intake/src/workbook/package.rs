//! An Office Open XML package: its parts by name, each read with a limit on what it unpacks to. The sizes that a package
//! states are not believed.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, BufReader, Cursor, Read};
use std::rc::Rc;
use std::sync::Arc;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use zip::ZipArchive;
use zip::read::ZipFile;

use crate::refusal::FileRefusal;

/// The most bytes between two tags, or in one: far more than a cell may hold.
const TEXT: u64 = 1 << 20;

pub(crate) struct Package {
    archive: ZipArchive<Cursor<Arc<[u8]>>>,
    /// Parts by their name in lower case, with forward slashes.
    names: HashMap<String, usize>,
    limit: u64,
    /// How much more may be unpacked.
    left: Rc<Cell<u64>>,
}

impl Package {
    /// Opens a package of which at most `limit` bytes are unpacked, however often its parts are read.
    pub(crate) fn open(bytes: Arc<[u8]>, limit: u64) -> Result<Self, FileRefusal> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        let mut names = HashMap::with_capacity(archive.len());
        for (index, name) in archive.file_names_raw().enumerate() {
            let name = String::from_utf8_lossy(name).replace('\\', "/").to_ascii_lowercase();
            let name = name.trim_start_matches('/').to_owned();
            // One of two would be read here, and the other one elsewhere.
            if names.insert(name.clone(), index).is_some() && !name.is_empty() {
                return Err(damaged(format!("有两个部件都叫“{name}”")));
            }
        }
        Ok(Self { archive, names, limit, left: Rc::new(Cell::new(limit)) })
    }

    /// What may still be unpacked: shared texts are counted against it each time that a cell has one. `again` when that was
    /// counted before.
    pub(crate) fn budget(&self, again: bool) -> Budget {
        let left = if again { Rc::new(Cell::new(u64::MAX)) } else { Rc::clone(&self.left) };
        Budget { left, limit: self.limit }
    }

    /// True when a part has this name, whatever its folder.
    pub(crate) fn has_file(&self, file: &str) -> bool {
        self.names.keys().any(|name| name.rsplit('/').next() == Some(file))
    }

    /// True when the package has this part.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.contains_key(&name.to_ascii_lowercase())
    }

    /// A part as XML; `None` when the package has none of this name. `again` when the part was read to its end before,
    /// which was counted.
    pub(crate) fn part(&mut self, name: &str, again: bool) -> Result<Option<Part<'_>>, FileRefusal> {
        let Some(&index) = self.names.get(&name.to_ascii_lowercase()) else { return Ok(None) };
        let file = self.archive.by_index(index).map_err(damaged)?;
        let left = if again { Rc::new(Cell::new(u64::MAX)) } else { Rc::clone(&self.left) };
        let since = Rc::new(Cell::new(0));
        let metered = Metered { file, left, since: Rc::clone(&since) };
        let mut xml = Reader::from_reader(BufReader::new(metered));
        xml.config_mut().expand_empty_elements = true;
        Ok(Some(Part { xml, buffer: vec![], since, limit: self.limit }))
    }

    /// A small part as it stands.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let &index = self.names.get(name)?;
        let mut text = String::new();
        self.archive.by_index(index).ok()?.take(4096).read_to_string(&mut text).ok()?;
        Some(text)
    }

    /// The targets of a part's relationships by their id, with the last word of their type: `worksheet`.
    pub(crate) fn relationships(&mut self, of: &str) -> Result<Vec<Relationship>, FileRefusal> {
        let (folder, file) = of.rsplit_once('/').unwrap_or(("", of));
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut found = vec![];
        let Some(mut part) = self.part(&format!("{prefix}_rels/{file}.rels"), false)? else { return Ok(found) };
        while let Some(event) = part.next()? {
            let Event::Start(start) = event else { continue };
            if start.local_name().as_ref() == "Relationship"
                && let (Some(id), Some(target), Some(kind)) =
                    (attribute(&start, "Id")?, attribute(&start, "Target")?, attribute(&start, "Type")?)
            {
                let target = match target.strip_prefix('/') {
                    Some(absolute) => absolute.to_owned(),
                    None => joined(&prefix, &target),
                };
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                found.push(Relationship { id, kind, target });
            }
        }
        Ok(found)
    }
}

/// What may still be unpacked of a package.
pub(crate) struct Budget {
    left: Rc<Cell<u64>>,
    limit: u64,
}

impl Budget {
    /// Takes bytes off; refuses the file when there are not as many.
    pub(crate) fn spend(&self, bytes: usize) -> Result<(), FileRefusal> {
        let left = self.left.get().checked_sub(bytes as u64).ok_or(FileRefusal::UnpackedTooLarge(self.limit))?;
        self.left.set(left);
        Ok(())
    }
}

/// Where a part leads.
pub(crate) struct Relationship {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) target: String,
}

fn joined(folder: &str, target: &str) -> String {
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split(['/', '\\']) {
        match step {
            "" | "." => {}
            ".." => _ = steps.pop(),
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// A part that is being read.
pub(crate) struct Part<'p> {
    xml: Reader<BufReader<Metered<'p>>>,
    buffer: Vec<u8>,
    since: Rc<Cell<u64>>,
    limit: u64,
}

impl Part<'_> {
    /// The next event; `None` at the end. Empty elements come as a beginning and an end.
    pub(crate) fn next(&mut self) -> Result<Option<Event<'_>>, FileRefusal> {
        self.buffer.clear();
        self.since.set(0);
        match self.xml.read_event_into(&mut self.buffer) {
            Ok(Event::Eof) => Ok(None),
            Ok(event) => Ok(Some(event)),
            Err(quick_xml::Error::Io(error)) if error.kind() == io::ErrorKind::QuotaExceeded => {
                Err(FileRefusal::UnpackedTooLarge(self.limit))
            }
            Err(error) => Err(damaged(error)),
        }
    }

    /// Passes over an element whose beginning was read.
    pub(crate) fn skip(&mut self) -> Result<(), FileRefusal> {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.next()? {
                Some(Event::Start(_)) => depth += 1,
                Some(Event::End(_)) => depth -= 1,
                Some(_) => {}
                None => return Err(damaged("XML 元素没有结束")),
            }
        }
        Ok(())
    }

    /// Adds the text of an element whose beginning was read, without what its own elements hold.
    pub(crate) fn text(&mut self, to: &mut String) -> Result<(), FileRefusal> {
        loop {
            match self.next()? {
                Some(Event::Text(text)) => to.push_str(&text.xml10_content()),
                Some(Event::CData(text)) => to.push_str(&text.xml10_content()),
                Some(Event::GeneralRef(reference)) => to.push(resolved(&reference)?),
                Some(Event::Start(_)) => self.skip()?,
                Some(Event::End(_)) => return Ok(()),
                Some(_) => {}
                None => return Err(damaged("XML 元素没有结束")),
            }
        }
    }
}

fn resolved(reference: &quick_xml::events::BytesRef<'_>) -> Result<char, FileRefusal> {
    if let Some(character) = reference.resolve_char_ref().map_err(damaged)? {
        return Ok(character);
    }
    match &**reference {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        other => Err(damaged(format!("未知的 XML 实体 {other}"))),
    }
}

/// The value of an attribute by its local name.
pub(crate) fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, FileRefusal> {
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(damaged)?;
        if attribute.key.local_name().as_ref() == name {
            return Ok(Some(attribute.normalized_value(XmlVersion::Implicit1_0).map_err(damaged)?.into_owned()));
        }
    }
    Ok(None)
}

/// Counts what is unpacked, of the whole package and since the last event.
struct Metered<'p> {
    file: ZipFile<'p, Cursor<Arc<[u8]>>>,
    left: Rc<Cell<u64>>,
    since: Rc<Cell<u64>>,
}

impl Read for Metered<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(to)?;
        let left = self.left.get().checked_sub(read as u64);
        self.left.set(left.ok_or(io::ErrorKind::QuotaExceeded)?);
        self.since.set(self.since.get() + read as u64);
        if self.since.get() > TEXT {
            return Err(io::Error::other("有一处文字比单元格能容纳的长"));
        }
        Ok(read)
    }
}

pub(crate) fn damaged(error: impl std::fmt::Display) -> FileRefusal {
    let said = error.to_string();
    // What libraries say is for programmers.
    let said = if said.is_ascii() { "文件不完整，或已损坏".to_owned() } else { said };
    FileRefusal::DamagedWorkbook(said)
}
