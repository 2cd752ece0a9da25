//! Sheets become pages of printpdf, with the fonts cut to what is used.

use std::collections::{BTreeMap, BTreeSet};

use printpdf::{
    Color, FontId, Mm, Op, PaintMode, PdfDocument, PdfFont, PdfFontHandle, PdfPage, PdfSaveOptions, Pt, Rect, Rgb,
    TextItem, TextMatrix, WindingOrder,
};
use xinzheng_domain::ReportContent;

use crate::document::LaidOut;
use crate::fonts::{Fonts, Weight};
use crate::sheet::{Area, HEIGHT, Ink, Sheet, WIDTH};
use crate::template::Template;
use crate::{RenderError, finishing};

/// Names of the fonts in the file.
const FONT_IDS: [(Weight, &str); 2] = [(Weight::Regular, "F1"), (Weight::Bold, "F2")];

pub(crate) fn write(
    laid_out: &LaidOut,
    content: &ReportContent,
    verification_url: &str,
    template: &Template,
    fonts: &Fonts,
) -> Result<Vec<u8>, RenderError> {
    let mut document = PdfDocument::new(&template.title);
    for (weight, used) in used_characters(&laid_out.sheets) {
        let font = PdfFont::new(fonts.weight(weight).subset(&used)?);
        document.resources.fonts.map.insert(font_id(weight), font);
    }
    document.pages = laid_out.sheets.iter().map(page).collect();
    let options = PdfSaveOptions { optimize: false, subset_fonts: false, secure: true, image_optimization: None };
    let lopdf = document.to_lopdf_document(&options, &mut vec![]);
    finishing::finish(lopdf, laid_out, content, verification_url, template, fonts)
}

fn font_id(weight: Weight) -> FontId {
    let name = FONT_IDS.iter().find(|(known, _)| *known == weight).map_or("F1", |(_, name)| name);
    FontId(name.to_owned())
}

fn used_characters(sheets: &[Sheet]) -> BTreeMap<Weight, BTreeSet<char>> {
    let mut used: BTreeMap<Weight, BTreeSet<char>> = BTreeMap::new();
    for text in sheets.iter().flat_map(|sheet| &sheet.texts) {
        used.entry(text.weight).or_default().extend(text.text.chars());
    }
    used
}

fn page(sheet: &Sheet) -> PdfPage {
    let mut ops = Vec::with_capacity(sheet.areas.len() * 2 + sheet.texts.len() * 4 + 2);
    let mut ink: Option<Ink> = None;
    for area in &sheet.areas {
        set_ink(&mut ops, &mut ink, area.ink);
        ops.push(Op::DrawRectangle { rectangle: rectangle(area) });
    }
    ops.push(Op::StartTextSection);
    let mut font: Option<(Weight, f32)> = None;
    for text in &sheet.texts {
        set_ink(&mut ops, &mut ink, text.ink);
        if font != Some((text.weight, text.size)) {
            font = Some((text.weight, text.size));
            ops.push(Op::SetFont { font: PdfFontHandle::External(font_id(text.weight)), size: Pt(text.size) });
        }
        ops.push(Op::SetTextMatrix { matrix: TextMatrix::Translate(Pt(text.x), Pt(HEIGHT - text.y)) });
        ops.push(Op::ShowText { items: vec![TextItem::Text(text.text.clone())] });
    }
    ops.push(Op::EndTextSection);
    PdfPage::new(Mm::from(Pt(WIDTH)), Mm::from(Pt(HEIGHT)), ops)
}

fn set_ink(ops: &mut Vec<Op>, current: &mut Option<Ink>, ink: Ink) {
    if *current != Some(ink) {
        *current = Some(ink);
        ops.push(Op::SetFillColor { col: Color::Rgb(Rgb { r: ink.0, g: ink.1, b: ink.2, icc_profile: None }) });
    }
}

fn rectangle(area: &Area) -> Rect {
    Rect {
        x: Pt(area.x),
        y: Pt(HEIGHT - area.y - area.height),
        width: Pt(area.width),
        height: Pt(area.height),
        mode: Some(PaintMode::Fill),
        winding_order: Some(WindingOrder::NonZero),
    }
}
