//! What was rejected of an upload: the first rows in its page, and all of them as a file.

use maud::{Markup, html};
use xinzheng_api::page_problem::FILE_TOO_LARGE;
use xinzheng_api::problem::INTERNAL;
use xinzheng_api::upload::{REJECTIONS, RejectionsQuery, UploadPath};
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::form::parse_segment;

/// The most rejected rows shown in a page; the file has them all.
const SHOWN: usize = 200;

/// The first of the rejected rows.
#[derive(Default)]
pub(crate) struct Rejections {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    more: bool,
}

impl Rejections {
    /// What the page of the upload at this address says of them.
    pub(crate) fn section(&self, address: &str) -> Markup {
        html! {
            h2 { "退回的行" }
            p { "请按“怎样改正”修改后重新上传。已接收的行不必删除，重复报送不会产生重复记录。" }
            div.buttons {
                a.button href={ (address) "/rejections/xlsx" } { "下载标注好的 Excel" }
                a.button.quiet href={ (address) "/rejections/csv" } { "下载 CSV" }
            }
            div.scroll tabindex="0" role="region" aria-label="退回的行" {
                table {
                    thead { tr { @for cell in &self.header { th scope="col" { (cell) } } } }
                    tbody { @for row in &self.rows { tr { @for cell in row { td { (cell) } } } } }
                }
            }
            @if self.more { p { "只显示前 " (SHOWN) " 行，其余见下载的文件。" } }
        }
    }
}

/// The first rejected rows of an upload.
pub(crate) async fn of(asked: &PageRequest<'_>, path: &UploadPath) -> Result<Rejections, Problem> {
    let told = asked.api().ask(&REJECTIONS, path, &RejectionsQuery { format: None }).await?;
    let bytes = match asked.app.api.file(&told.download.url).await {
        Ok(bytes) => bytes,
        // Too many to be shown: the download has them.
        Err(problem) if problem.is(FILE_TOO_LARGE) => return Ok(Rejections { more: true, ..Rejections::default() }),
        Err(problem) => return Err(problem),
    };
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let damaged = |error: csv::Error| {
        tracing::error!(%error, "a rejections file is damaged");
        Problem::from(INTERNAL)
    };
    let header = reader.headers().map_err(damaged)?.iter().map(str::to_owned).collect();
    let mut rows: Vec<Vec<String>> = vec![];
    for row in reader.records().take(SHOWN + 1) {
        rows.push(row.map_err(damaged)?.iter().map(str::to_owned).collect());
    }
    let more = rows.len() > SHOWN;
    rows.truncate(SHOWN);
    Ok(Rejections { header, rows, more })
}

/// The rejected rows as a file, at the object store.
pub(crate) async fn file(asked: &PageRequest<'_>, id: &str, format: &str) -> Result<HttpResponse, Problem> {
    let query = RejectionsQuery { format: Some(parse_segment(format)?) };
    let told = asked.api().ask(&REJECTIONS, &UploadPath { id: parse_segment(id)? }, &query).await?;
    Ok(HttpResponse::see_other(&told.download.url))
}
