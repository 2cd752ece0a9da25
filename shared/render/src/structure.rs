//! The structure of a report (ISO 32000-1, 14.7 and 14.8): what of its pages is which heading, paragraph or cell, in
//! the order in which it is read.

use crate::sheet::Area;

/// What an element is (14.8.4).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Role {
    Document,
    /// The title.
    H1,
    /// Of a section.
    H2,
    /// Of a domain.
    H3,
    H4,
    P,
    Table,
    Row,
    ColumnHeader,
    RowHeader,
    /// A cell over this many columns.
    Data {
        columns: u8,
    },
    /// With numbered items.
    List,
    Item,
    Label,
    Body,
    Link,
    /// A picture on this area, in words.
    Figure {
        alternative: &'static str,
        area: Area,
    },
    /// The place of the signature's field: nothing until an update of the file adds the field.
    Place,
}

impl Role {
    /// The standard structure type.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Document => "Document",
            Self::H1 => "H1",
            Self::H2 => "H2",
            Self::H3 => "H3",
            Self::H4 => "H4",
            Self::P => "P",
            Self::Table => "Table",
            Self::Row => "TR",
            Self::ColumnHeader | Self::RowHeader => "TH",
            Self::Data { .. } => "TD",
            Self::List => "L",
            Self::Item => "LI",
            Self::Label => "Lbl",
            Self::Body => "LBody",
            Self::Link => "Link",
            Self::Figure { .. } => "Figure",
            Self::Place => "Div",
        }
    }
}

/// An element, by its place among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ElementId(pub(crate) u32);

/// What an element consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kid {
    Element(ElementId),
    /// Marked content of a page, both from 0.
    Content {
        sheet: u32,
        id: u32,
    },
    /// The link annotation with this number from 0.
    Link(u32),
}

#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) role: Role,
    pub(crate) parent: Option<ElementId>,
    pub(crate) kids: Vec<Kid>,
}

/// What a piece of a page's content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Element(ElementId),
    Artifact(Artifact),
}

/// What is no part of what a report says (14.8.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Artifact {
    /// Rules, grounds, and what is repeated on a further page.
    Layout,
    RunningHead,
    RunningFoot,
}

/// The elements of a report, from the document on, each behind its parent.
#[derive(Clone, Debug)]
pub(crate) struct Structure {
    pub(crate) elements: Vec<Element>,
    /// The elements that links belong to, in the order of the links.
    pub(crate) links: Vec<ElementId>,
}

impl Structure {
    pub(crate) const ROOT: ElementId = ElementId(0);

    pub(crate) fn new() -> Self {
        Self { elements: vec![Element { role: Role::Document, parent: None, kids: vec![] }], links: vec![] }
    }

    /// Adds an element behind the other kids of its parent.
    pub(crate) fn add(&mut self, role: Role, parent: ElementId) -> ElementId {
        let id = ElementId(self.elements.len() as u32);
        self.elements.push(Element { role, parent: Some(parent), kids: vec![] });
        self.give(parent, Kid::Element(id));
        id
    }

    /// Gives an element the next link.
    pub(crate) fn link(&mut self, element: ElementId) {
        let link = self.links.len() as u32;
        self.links.push(element);
        self.give(element, Kid::Link(link));
    }

    pub(crate) fn give(&mut self, to: ElementId, kid: Kid) {
        if let Some(element) = self.elements.get_mut(to.0 as usize) {
            element.kids.push(kid);
        }
    }

    pub(crate) fn role(&self, of: ElementId) -> Role {
        self.elements.get(of.0 as usize).map_or(Role::Document, |element| element.role)
    }
}
