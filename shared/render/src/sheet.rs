//! A page as it is being set: its areas and texts, as the operators of its content stream (ISO 32000-1, 8 and 9).
//!
//! Measures are in points from the top left corner. Numbers are written in hundredths of a point.

use std::io::Write as _;

use crate::fonts::Weight;
use crate::glyphs::{Glyphs, Slot};
use crate::structure::{Artifact, ElementId, Mark};

/// Width of A4 in points.
pub(crate) const WIDTH: f32 = 595.276;
/// Height of A4 in points.
pub(crate) const HEIGHT: f32 = 841.89;
/// Left and right margin.
pub(crate) const MARGIN: f32 = 54.0;
/// Where the text area begins.
pub(crate) const TOP: f32 = 60.0;
/// Where the text area ends.
pub(crate) const BOTTOM: f32 = HEIGHT - 58.0;
/// The width of the text area.
pub(crate) const MEASURE: f32 = WIDTH - 2.0 * MARGIN;

/// A colour, sRGB parts from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ink(pub(crate) f32, pub(crate) f32, pub(crate) f32);

/// The name of the seal's picture among the resources of a page.
pub(crate) const SEAL_PICTURE: &str = "Se";

/// The stroke around bold glyphs, in em.
const STROKE: f32 = 0.036;

/// Body text.
pub(crate) const BLACK: Ink = Ink(0.10, 0.10, 0.12);
/// Labels and small print.
pub(crate) const GREY: Ink = Ink(0.38, 0.40, 0.44);
/// Headings and rules of the first order.
pub(crate) const BLUE: Ink = Ink(0.09, 0.20, 0.40);
/// 已修复.
pub(crate) const GREEN: Ink = Ink(0.08, 0.40, 0.24);
/// An open objection, a specimen.
pub(crate) const RED: Ink = Ink(0.62, 0.13, 0.11);
/// Thin rules.
pub(crate) const RULE: Ink = Ink(0.74, 0.77, 0.82);
/// The ground of headers and labels.
pub(crate) const GROUND: Ink = Ink(0.945, 0.955, 0.975);

/// A run of text on a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextRun<'t> {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) size: f32,
    pub(crate) weight: Weight,
    pub(crate) ink: Ink,
    pub(crate) text: &'t str,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

impl Area {
    /// As a PDF rectangle: left, bottom, right, top, from the bottom left corner.
    pub(crate) fn rect(&self) -> [f32; 4] {
        [self.x, HEIGHT - self.y - self.height, self.x + self.width, HEIGHT - self.y]
    }
}

#[derive(Debug, Default)]
pub(crate) struct Sheet {
    areas: Vec<u8>,
    area_ink: Option<Ink>,
    area_mark: Option<Mark>,
    texts: Vec<u8>,
    text_ink: Option<Ink>,
    text_mark: Option<Mark>,
    font: Option<(Slot, f32)>,
    weight: Option<(Weight, f32)>,
    /// Where the last text began, in hundredths.
    line: (i32, i32),
    /// The elements that its marked content belongs to, by the content's number (MCID).
    pub(crate) contents: Vec<ElementId>,
    /// Areas that lead to the verification address.
    pub(crate) links: Vec<Area>,
    /// True when a character stands on it that no font has.
    pub(crate) lacks: bool,
}

fn hundredths(value: f32) -> i32 {
    (value * 100.0).round() as i32
}

/// Writes hundredths as a decimal number without needless zeros.
fn number(to: &mut Vec<u8>, hundredths: i32) {
    let (sign, value) = (if hundredths < 0 { "-" } else { "" }, hundredths.unsigned_abs());
    let (whole, rest) = (value / 100, value % 100);
    // Writing to a vector cannot fail.
    let _written = match (rest, rest % 10) {
        (0, _) => write!(to, "{sign}{whole}"),
        (_, 0) => write!(to, "{sign}{whole}.{}", rest / 10),
        _ => write!(to, "{sign}{whole}.{rest:02}"),
    };
}

fn numbers<const N: usize>(to: &mut Vec<u8>, values: [i32; N], operator: &str) {
    for value in values {
        number(to, value);
        to.push(b' ');
    }
    to.extend_from_slice(operator.as_bytes());
    to.push(b'\n');
}

fn ink(to: &mut Vec<u8>, ink: Ink) {
    let _written = writeln!(to, "{} {} {} rg", ink.0, ink.1, ink.2);
}

const END_MARKED: &[u8] = b"EMC\n";

/// Ends marked content and begins another (ISO 32000-1, 14.6); an element's gets the next number, under the name of
/// what the element is.
fn begin_marked(
    to: &mut Vec<u8>,
    before: Option<Mark>,
    mark: Mark,
    name: &str,
    contents: &mut Vec<ElementId>,
) -> Option<u32> {
    if before.is_some() {
        to.extend_from_slice(END_MARKED);
    }
    match mark {
        Mark::Artifact(Artifact::Layout) => to.extend_from_slice(b"/Artifact BMC\n"),
        Mark::Artifact(Artifact::RunningHead) => {
            to.extend_from_slice(b"/Artifact<</Type/Pagination/Subtype/Header>>BDC\n");
        }
        Mark::Artifact(Artifact::RunningFoot) => {
            to.extend_from_slice(b"/Artifact<</Type/Pagination/Subtype/Footer>>BDC\n");
        }
        Mark::Element(element) => {
            let id = contents.len() as u32;
            contents.push(element);
            let _written = writeln!(to, "/{name}<</MCID {id}>>BDC");
            return Some(id);
        }
    }
    None
}

impl Sheet {
    /// What is filled from here on belongs to this. The number of the marked content, when an element's begins.
    pub(crate) fn mark_areas(&mut self, mark: Mark, name: &str) -> Option<u32> {
        if self.area_mark == Some(mark) {
            return None;
        }
        self.end_fill();
        begin_marked(&mut self.areas, self.area_mark.replace(mark), mark, name, &mut self.contents)
    }

    /// What is set from here on belongs to this. The number of the marked content, when an element's begins.
    pub(crate) fn mark_texts(&mut self, mark: Mark, name: &str) -> Option<u32> {
        if self.text_mark == Some(mark) {
            return None;
        }
        begin_marked(&mut self.texts, self.text_mark.replace(mark), mark, name, &mut self.contents)
    }

    /// Fills an area; thin ones are rules.
    pub(crate) fn fill(&mut self, area: Area, of: Ink) {
        if self.area_ink != Some(of) {
            self.end_fill();
            ink(&mut self.areas, of);
            self.area_ink = Some(of);
        }
        let [left, bottom, ..] = area.rect();
        numbers(&mut self.areas, [left, bottom, area.width, area.height].map(hundredths), "re");
    }

    /// Draws the picture of the seal on an area.
    pub(crate) fn picture(&mut self, area: Area) {
        self.end_fill();
        let [left, bottom, ..] = area.rect();
        self.areas.extend_from_slice(b"q\n");
        numbers(&mut self.areas, [area.width, 0.0, 0.0, area.height, left, bottom].map(hundredths), "cm");
        let _written = writeln!(self.areas, "/{SEAL_PICTURE} Do\nQ");
    }

    fn end_fill(&mut self) {
        if self.area_ink.take().is_some() {
            self.areas.extend_from_slice(b"f\n");
        }
    }

    /// Bold is the outline with a stroke of its ink around it (ISO 32000-1, 9.3.6).
    fn weigh(&mut self, run: TextRun<'_>) {
        if run.weight == Weight::Bold {
            // The stroke's ink follows the text's.
            let Ink(red, green, blue) = run.ink;
            let _written = writeln!(self.texts, "{red} {green} {blue} RG");
        }
        if self.weight == Some((run.weight, run.size)) {
            return;
        }
        match run.weight {
            Weight::Regular if self.weight.is_none_or(|(before, _)| before == Weight::Regular) => {}
            Weight::Regular => self.texts.extend_from_slice(b"0 Tr\n"),
            Weight::Bold => {
                number(&mut self.texts, hundredths(run.size * STROKE));
                self.texts.extend_from_slice(b" w 2 Tr\n");
            }
        }
        self.weight = Some((run.weight, run.size));
    }

    /// Sets a run of text, changing fonts where a character is not in the weight's first one.
    pub(crate) fn set(&mut self, run: TextRun<'_>, glyphs: &mut Glyphs<'_>) {
        if self.text_ink != Some(run.ink) {
            ink(&mut self.texts, run.ink);
            self.text_ink = Some(run.ink);
        }
        self.weigh(run);
        let at = (hundredths(run.x), hundredths(HEIGHT - run.y));
        numbers(&mut self.texts, [at.0 - self.line.0, at.1 - self.line.1], "Td");
        self.line = at;
        let mut open = false;
        for character in run.text.chars() {
            let placed = glyphs.place(character);
            if self.font != Some((placed.slot, run.size)) {
                if open {
                    self.texts.extend_from_slice(b")Tj\n");
                }
                self.font = Some((placed.slot, run.size));
                let _written = writeln!(self.texts, "/{} {} Tf", placed.slot.name(), run.size);
                open = false;
            }
            if !open {
                self.texts.push(b'(');
                open = true;
            }
            for byte in placed.glyph.to_be_bytes() {
                match byte {
                    b'(' | b')' | b'\\' => self.texts.extend_from_slice(&[b'\\', byte]),
                    // A bare carriage return would be read as a line feed.
                    b'\r' => self.texts.extend_from_slice(b"\\r"),
                    byte => self.texts.push(byte),
                }
            }
        }
        if open {
            self.texts.extend_from_slice(b")Tj\n");
        }
        self.lacks |= run.text.chars().any(|character| glyphs.lacks(character));
    }

    /// The content stream: the watermark, the areas, the texts.
    pub(crate) fn into_content(mut self) -> Vec<u8> {
        self.end_fill();
        if self.area_mark.is_some() {
            self.areas.extend_from_slice(END_MARKED);
        }
        if self.text_mark.is_some() {
            self.texts.extend_from_slice(END_MARKED);
        }
        let watermark: &[u8] = b"/Artifact <</Type /Pagination /Subtype /Watermark>> BDC q /Wm Do Q EMC\n";
        [watermark, &self.areas, b"BT\n", &self.texts, b"ET\n"].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, expected) in [(0, "0"), (-150, "-1.5"), (5, "0.05"), (12345, "123.45"), (-7, "-0.07"), (300, "3")] {
            let mut bytes = vec![];
            number(&mut bytes, value);
            assert_eq!(String::from_utf8(bytes).unwrap(), expected);
        }
    }
}
