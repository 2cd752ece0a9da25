//! What is drawn on a page, before it becomes PDF: texts, rules and areas, in points from the top left corner.

use crate::fonts::Weight;

/// Width of A4.
pub(crate) const WIDTH: f32 = 595.276;
/// Height of A4.
pub(crate) const HEIGHT: f32 = 841.89;
/// Left and right margin.
pub(crate) const MARGIN: f32 = 54.0;
/// Where the text area begins.
pub(crate) const TOP: f32 = 62.0;
/// Where the text area ends.
pub(crate) const BOTTOM: f32 = HEIGHT - 62.0;
/// The width of the text area.
pub(crate) const MEASURE: f32 = WIDTH - 2.0 * MARGIN;

/// A colour, sRGB parts from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ink(pub(crate) f32, pub(crate) f32, pub(crate) f32);

/// Body text.
pub(crate) const BLACK: Ink = Ink(0.10, 0.10, 0.12);
/// Labels and small print.
pub(crate) const GREY: Ink = Ink(0.38, 0.40, 0.44);
/// Headings and rules of the first order.
pub(crate) const BLUE: Ink = Ink(0.09, 0.20, 0.40);
/// 已修复.
pub(crate) const GREEN: Ink = Ink(0.08, 0.40, 0.24);
/// Thin rules.
pub(crate) const RULE: Ink = Ink(0.74, 0.77, 0.82);
/// The ground of headers and labels.
pub(crate) const GROUND: Ink = Ink(0.945, 0.955, 0.975);

/// A run of text on a line.
#[derive(Clone, Debug)]
pub(crate) struct TextRun {
    pub(crate) x: f32,
    /// The baseline.
    pub(crate) y: f32,
    pub(crate) size: f32,
    pub(crate) weight: Weight,
    pub(crate) ink: Ink,
    pub(crate) text: String,
}

/// A filled area; thin ones are rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Area {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) ink: Ink,
}

/// A page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) areas: Vec<Area>,
    pub(crate) texts: Vec<TextRun>,
    /// An area that leads to the verification address.
    pub(crate) link: Option<Area>,
}

/// A bookmark: a title, how deep it lies, and where it leads.
#[derive(Clone, Debug)]
pub(crate) struct Bookmark {
    pub(crate) title: String,
    pub(crate) level: u8,
    pub(crate) sheet: usize,
    pub(crate) y: f32,
}
