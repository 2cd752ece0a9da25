//! QR codes on pages, as pictures that are as sharp as the screen.

use std::fmt::Write;

use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};

/// The modules that stay empty around the code (ISO/IEC 18004, 9.1).
const QUIET: usize = 4;

/// The QR code of a text: black on white whatever the page's colours are. `None` when the text is too long for one.
pub(crate) fn qr(text: &str, label: &str) -> Option<Markup> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let modules = code.width();
    let mut dark = String::new();
    for (row, line) in code.to_colors().chunks(modules).enumerate() {
        let mut column = 0;
        for run in line.chunk_by(|a, b| a == b) {
            if run.first() == Some(&Color::Dark) {
                // To a String it cannot fail.
                let _ = write!(dark, "M{} {}h{}v1h-{}z", column + QUIET, row + QUIET, run.len(), run.len());
            }
            column += run.len();
        }
    }
    let side = modules + 2 * QUIET;
    Some(html! {
        svg.qr xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (side) " " (side) } role="img" aria-label=(label)
            shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(dark) fill="#000" {}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_of_others_reads_what_is_drawn() {
        let text = "https://credit.example.invalid/living/NMPT1N9-62KBSFK-J25YP2A";
        let markup = qr(text, "码").unwrap().into_string();
        let side: usize = markup.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        let path = markup.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
        // Eight pixels for each module.
        let mut pixels = vec![false; side * side];
        for run in path.split('M').filter(|run| !run.is_empty()) {
            let (place, rest) = run.split_once('h').unwrap();
            let (x, y) = place.split_once(' ').unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            let width: usize = rest.split('v').next().unwrap().parse().unwrap();
            pixels[y * side + x..y * side + x + width].fill(true);
        }
        let dark = |x: usize, y: usize| pixels[(y / 8) * side + x / 8];
        let mut picture = rqrr::PreparedImage::prepare_from_bitmap(side * 8, side * 8, dark);
        let read: Vec<String> = picture.detect_grids().iter().map(|grid| grid.decode().unwrap().1).collect();
        assert_eq!(read, [text]);
    }
}
