//! `/portal/scan`: the QR code of a report, or one that a subject shows, by the camera, live or as a photograph; without scripts a photograph is sent as it is.

use maud::html;
use serde::Serialize;
use xinzheng_api::living_code::{LOOK, LivingCodePath};
use xinzheng_api::page_problem::{CODE_NOT_SEEN, PICTURE_UNREADABLE};
use xinzheng_api::verification::{BY_CODE, CodePath};
use xinzheng_domain::VerificationCode;
use xinzheng_domain::case::living_code::LivingCode;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::frame::{self, View};
use crate::public::finders::Bitmap;
use crate::public::picture::Picture;

/// `GET /portal/scan`.
pub(crate) fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    Ok(form(asked, None))
}

fn form(asked: &PageRequest<'_>, fault: Option<&Problem>) -> HttpResponse {
    let content = html! {
        h1 { "扫描二维码核验" }
        @if let Some(problem) = fault {
            div.notice.fault role="alert" { strong { (problem.title()) } @if let Some(hint) = problem.hint_text() { p { (hint) "。" } } }
        }
        p { "用相机对准报告首页的二维码，或对方手机上的信用码，也可以拍一张照片。" }
        div #live hidden {
            video muted playsinline hidden aria-label="相机画面" {}
            div.buttons { button type="button" { "打开相机" } }
        }
        p #scan-note role="status" {}
        form #scan action="/portal/scan" method="post" enctype="multipart/form-data" {
            (frame::token(&asked.visitor))
            div.field {
                label for="picture" { "拍照或选择照片" }
                input #picture name="picture" type="file" accept="image/jpeg,image/png" capture="environment" required
                    aria-describedby="picture-hint";
                p.hint #picture-hint { "浏览器不能自行识别时，照片会发送到本站识别，识别后即丢弃，不保存。" }
            }
            button type="submit" { "识别" }
        }
        p { a href="/verify" { "改为输入核验码" } }
    };
    let view = View {
        title: "扫描二维码",
        path: "/verify",
        scripts: &["scan.js"],
        camera: true,
        status: fault.map_or(200, Problem::status),
        ..View::default()
    };
    frame::page(asked, &view, content)
}

/// What the code in a photograph leads to, for the page's script.
#[derive(Serialize)]
struct Scanned {
    address: String,
}

/// A code of ours.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// Of a report.
    Report(VerificationCode),
    /// That a subject shows.
    Living(LivingCode),
}

impl Found {
    fn read(text: &str) -> Option<Self> {
        let code = text.trim().rsplit('/').next()?;
        let report = VerificationCode::parse(code).ok().map(Self::Report);
        report.or_else(|| LivingCode::parse(code).ok().map(Self::Living))
    }

    /// Where it is looked up.
    fn address(&self) -> String {
        match self {
            Self::Report(code) => BY_CODE.address(&CodePath::of(code), &()),
            Self::Living(code) => LOOK.address(&LivingCodePath::of(code), &()),
        }
    }
}

/// `POST /portal/scan`: what the code in a photograph leads to; for a page the verification or look itself.
pub(crate) fn read(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let code = asked.form.file("picture").ok_or_else(not_found).and_then(code_in);
    match code {
        Ok(found) if asked.wants_json() => Ok(HttpResponse::json(200, &Scanned { address: found.address() })),
        Ok(found) => Ok(HttpResponse::see_other(&found.address())),
        Err(problem) if asked.wants_json() => Err(problem),
        Err(problem) => Ok(form(asked, Some(&problem))),
    }
}

fn not_found() -> Problem {
    CODE_NOT_SEEN.into()
}

/// The code of ours in a picture. QR codes of anything else are not followed.
fn code_in(bytes: &[u8]) -> Result<Found, Problem> {
    let unreadable = || PICTURE_UNREADABLE;
    let picture = Picture::read(bytes).ok_or_else(unreadable)?;
    // Where a module of the code is only three or four pixels wide its corners are found in a larger picture alone.
    if let Some(code) = searched(&picture) {
        return Ok(code);
    }
    picture.doubled().as_ref().and_then(searched).ok_or_else(not_found)
}

fn searched(picture: &Picture) -> Option<Found> {
    let mut prepared =
        rqrr::PreparedImage::prepare_from_greyscale(picture.width, picture.height, |x, y| picture.shade(x, y));
    // What a pixel is said to be has no name outside of its crate: this one is white.
    let white = rqrr::PreparedImage::prepare_from_bitmap(1, 1, |_, _| false).get_pixel_at(0, 0);
    if Bitmap::new(picture.width, picture.height, |x, y| prepared.get_pixel_at(x, y) != white).is_crowded() {
        tracing::warn!("a picture is crowded with finder patterns");
        return None;
    }
    let texts = prepared.detect_grids().into_iter().filter_map(|grid| grid.decode().ok().map(|(_, text)| text));
    texts.filter_map(|text| Found::read(&text)).next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::public::finders::is_black_in_a_crowd;

    #[test]
    fn photographs_of_every_kind_are_read() {
        for (name, bytes) in [
            ("colour.jpg", &include_bytes!("../../tests/pictures/colour.jpg")[..]),
            ("progressive.jpg", include_bytes!("../../tests/pictures/progressive.jpg")),
            ("grey.jpg", include_bytes!("../../tests/pictures/grey.jpg")),
            ("cmyk.jpg", include_bytes!("../../tests/pictures/cmyk.jpg")),
            ("small.jpg", include_bytes!("../../tests/pictures/small.jpg")),
            ("palette.png", include_bytes!("../../tests/pictures/palette.png")),
            ("bits.png", include_bytes!("../../tests/pictures/bits.png")),
        ] {
            let found = code_in(bytes).map(|found| found.address());
            assert_eq!(found.ok().as_deref(), Some("/verify/NMPT1N9-62KBSFK-J25YP2T"), "{name}");
        }
    }

    #[test]
    fn a_picture_full_of_finder_patterns_is_not_searched() {
        let shade = |x, y| if is_black_in_a_crowd(x, y) { 0 } else { 255 };
        let pixels: Vec<u8> = (0..400).flat_map(|y| (0..400).map(move |x| shade(x, y))).collect();
        let mut bytes = vec![];
        let mut encoder = png::Encoder::new(&mut bytes, 400, 400);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
        assert_eq!(code_in(&bytes).unwrap_err().title(), "没有识别到二维码");
    }

    #[test]
    fn a_picture_without_a_code_and_what_is_no_picture_are_told_apart() {
        let cut = &include_bytes!("../../tests/pictures/palette.png")[..200];
        assert_eq!(code_in(cut).unwrap_err().title(), "照片无法读取");
        let mut blank = vec![];
        let encoder = png::Encoder::new(&mut blank, 64, 64);
        encoder.write_header().unwrap().write_image_data(&[255; 64 * 64]).unwrap();
        assert_eq!(code_in(&blank).unwrap_err().title(), "没有识别到二维码");
    }
}
