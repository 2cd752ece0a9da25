//! `/portal/scan`: a report's QR code by the camera, live or as a photograph; without scripts a photograph is sent as it is.

use std::io::Cursor;

use image::{ImageReader, Limits};
use maud::html;
use serde_json::json;
use xinzheng_domain::VerificationCode;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::frame::{self, View};

/// The longest side of a photograph, in pixels, and the memory that it may take.
const LONGEST_SIDE: u32 = 8_000;
const MOST_MEMORY: u64 = 200 << 20;
/// The longest side that is searched: a QR code is as well found in a smaller picture, and sooner.
const SEARCHED_SIDE: u32 = 1_600;

/// `GET /portal/scan`.
pub(crate) fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    Ok(form(asked, None))
}

fn form(asked: &Asked<'_>, fault: Option<&Problem>) -> HttpResponse {
    let content = html! {
        h1 { "扫描二维码核验" }
        @if let Some(problem) = fault {
            div.notice.fault role="alert" { strong { (problem.title()) } @if let Some(hint) = problem.hint_text() { p { (hint) "。" } } }
        }
        p { "用相机对准报告首页的二维码，或拍一张照片。" }
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

/// `POST /portal/scan`: the code in a photograph; for a page the verification itself.
pub(crate) fn read(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let code = asked.form.file("picture").ok_or_else(not_found).and_then(code_in);
    match code {
        Ok(code) if asked.wants_json() => Ok(HttpResponse::json(200, &json!({ "code": code }))),
        Ok(code) => Ok(HttpResponse::see_other(&format!("/verify/{code}"))),
        Err(problem) if asked.wants_json() => Err(problem),
        Err(problem) => Ok(form(asked, Some(&problem))),
    }
}

fn not_found() -> Problem {
    Problem::new(422, "code-not-seen", "没有识别到报告的二维码").hint("请靠近一些、对准二维码后再拍一张，或输入核验码")
}

/// The verification code in a picture. QR codes of anything else are not followed.
fn code_in(bytes: &[u8]) -> Result<VerificationCode, Problem> {
    let unreadable = || {
        Problem::new(422, "picture-unreadable", "照片无法读取").hint("请使用 JPEG 或 PNG 照片，长边不超过 8000 像素")
    };
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| unreadable())?;
    reader.limits(limits);
    let picture = reader.decode().map_err(|_| unreadable())?;
    let whole = if picture.width().max(picture.height()) > SEARCHED_SIDE {
        picture.thumbnail(SEARCHED_SIDE, SEARCHED_SIDE)
    } else {
        picture
    };
    let grey = whole.to_luma8();
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        u32::try_from(x)
            .ok()
            .zip(u32::try_from(y).ok())
            .and_then(|(x, y)| grey.get_pixel_checked(x, y))
            .map_or(255, |p| p.0[0])
    });
    let texts = prepared.detect_grids().into_iter().filter_map(|grid| grid.decode().ok().map(|(_, text)| text));
    let code = |text: String| VerificationCode::parse(text.trim().rsplit('/').next()?).ok();
    texts.filter_map(code).next().ok_or_else(not_found)
}
