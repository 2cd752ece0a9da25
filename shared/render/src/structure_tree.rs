//! The structure tree of a file, and the parent tree that leads back to it (ISO 32000-1, 14.7.2 and 14.7.4.4).

use lopdf::ObjectId;

use crate::file_structure::Packed;
use crate::sheet::Area;
use crate::structure::{Element, ElementId, Kid, Role, Structure};
use crate::syntax;
use crate::text_string::text_string;

/// The structure as objects of a file: the root, the parent tree, the elements, and the elements of each page.
pub(crate) struct StructureTree<'s> {
    pub(crate) structure: &'s Structure,
    /// The pages, each with the elements that its marked content belongs to, by the content's number.
    pub(crate) pages: Vec<(ObjectId, Vec<ElementId>)>,
    /// The annotations of the links, each with its page.
    pub(crate) links: Vec<(ObjectId, ObjectId)>,
    /// The number of the root; those of the other objects follow.
    pub(crate) first: u32,
}

impl StructureTree<'_> {
    fn element(&self, id: ElementId) -> u32 {
        self.first + 2 + id.0
    }

    /// The array of a page's elements.
    fn on_page(&self, page: usize) -> u32 {
        self.first + 2 + self.structure.elements.len() as u32 + page as u32
    }

    /// The key of the signature's field in the parent tree: behind those of pages and links.
    pub(crate) fn field_key(&self) -> u32 {
        (self.pages.len() + self.links.len()) as u32
    }

    fn place(&self) -> Option<(ElementId, &Element)> {
        let at = self.structure.elements.iter().position(|element| element.role == Role::Place)?;
        Some((ElementId(at as u32), self.structure.elements.get(at)?))
    }

    /// The element that the place of the signature's field becomes with this field on this page: its number, and how it
    /// is written.
    pub(crate) fn form(&self, field: u32, page: ObjectId) -> Option<(u32, Vec<u8>)> {
        let (id, element) = self.place()?;
        let parent = self.element(element.parent?);
        let form = format!("<</S/Form/P {parent} 0 R/K<</Type/OBJR/Pg {} 0 R/Obj {field} 0 R>>>>", page.0);
        Some((self.element(id), form.into_bytes()))
    }

    pub(crate) fn write(&self) -> Packed {
        let mut to = Packed::default();
        to.begin(self.first);
        let (document, parents, next) = (self.element(Structure::ROOT), self.first + 1, self.field_key() + 1);
        let root =
            format!("<</Type/StructTreeRoot/K {document} 0 R/ParentTree {parents} 0 R/ParentTreeNextKey {next}>>\n");
        to.bytes.extend_from_slice(root.as_bytes());
        to.begin(parents);
        self.write_parent_tree(&mut to.bytes);
        for (number, element) in (self.first + 2..).zip(&self.structure.elements) {
            to.begin(number);
            self.write_element(&mut to.bytes, element);
        }
        for (page, (_, elements)) in self.pages.iter().enumerate() {
            to.begin(self.on_page(page));
            to.bytes.push(b'[');
            elements.iter().for_each(|&element| reference(&mut to.bytes, "", self.element(element)));
            to.bytes.extend_from_slice(b"]\n");
        }
        to
    }

    fn write_parent_tree(&self, to: &mut Vec<u8>) {
        let pages = (0..self.pages.len()).map(|page| self.on_page(page));
        let links = self.structure.links.iter().map(|&element| self.element(element));
        let field = self.place().map(|(id, _)| self.element(id));
        to.extend_from_slice(b"<</Nums[");
        for (key, number) in (0..).zip(pages.chain(links).chain(field)) {
            syntax::decimal(to, key);
            reference(to, " ", number);
        }
        to.extend_from_slice(b"]>>\n");
    }

    fn write_element(&self, to: &mut Vec<u8>, element: &Element) {
        to.extend_from_slice(b"<</S/");
        to.extend_from_slice(element.role.name().as_bytes());
        reference(to, "/P ", element.parent.map_or(self.first, |parent| self.element(parent)));
        write_attributes(to, element.role);
        let own = element.kids.iter().find_map(|kid| match *kid {
            Kid::Content { sheet, .. } => Some(sheet),
            _ => None,
        });
        if let Some((page, _)) = own.and_then(|sheet| self.pages.get(sheet as usize)) {
            reference(to, "/Pg ", page.0);
        }
        match element.kids.as_slice() {
            [] => {}
            [Kid::Content { id, .. }] => {
                to.extend_from_slice(b"/K ");
                syntax::decimal(to, *id);
            }
            kids => {
                to.extend_from_slice(b"/K[");
                kids.iter().for_each(|kid| self.write_kid(to, *kid, own));
                to.push(b']');
            }
        }
        to.extend_from_slice(b">>\n");
    }

    /// Writes a kid of an element whose content is on the page `own` where nothing else is said.
    fn write_kid(&self, to: &mut Vec<u8>, kid: Kid, own: Option<u32>) {
        match kid {
            Kid::Element(id) => reference(to, "", self.element(id)),
            Kid::Content { sheet, id } if own == Some(sheet) => {
                syntax::decimal(to, id);
                to.push(b' ');
            }
            Kid::Content { sheet, id } => {
                let page = self.pages.get(sheet as usize).map_or(0, |(page, _)| page.0);
                to.extend_from_slice(format!("<</Type/MCR/Pg {page} 0 R/MCID {id}>>").as_bytes());
            }
            Kid::Link(link) => {
                if let Some((annotation, page)) = self.links.get(link as usize) {
                    let entry = format!("<</Type/OBJR/Pg {} 0 R/Obj {} 0 R>>", page.0, annotation.0);
                    to.extend_from_slice(entry.as_bytes());
                }
            }
        }
    }
}

/// Writes a reference behind what leads to it.
fn reference(to: &mut Vec<u8>, before: &str, number: u32) {
    to.extend_from_slice(before.as_bytes());
    syntax::decimal(to, number);
    to.extend_from_slice(b" 0 R ");
}

/// What an element says of itself beside its content (14.8.5).
fn write_attributes(to: &mut Vec<u8>, role: Role) {
    match role {
        Role::ColumnHeader => to.extend_from_slice(b"/A<</O/Table/Scope/Column>>"),
        Role::RowHeader => to.extend_from_slice(b"/A<</O/Table/Scope/Row>>"),
        Role::Data { columns } if columns != 1 => {
            to.extend_from_slice(format!("/A<</O/Table/ColSpan {columns}>>").as_bytes());
        }
        Role::List => to.extend_from_slice(b"/A<</O/List/ListNumbering/Decimal>>"),
        Role::Figure { alternative, area } => write_figure(to, alternative, area),
        _ => {}
    }
}

fn write_figure(to: &mut Vec<u8>, alternative: &str, area: Area) {
    to.extend_from_slice(b"/Alt");
    syntax::write(to, &text_string(alternative));
    let [left, bottom, right, top] = area.rect();
    let layout = format!("/A<</O/Layout/Placement/Block/BBox[{left:.2} {bottom:.2} {right:.2} {top:.2}]>>");
    to.extend_from_slice(layout.as_bytes());
}
