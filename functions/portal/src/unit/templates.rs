//! `/portal/unit/templates`: empty tables to fill in.

use maud::html;
use xinzheng_api::publication::FilePath;
use xinzheng_api::upload::EMPTY_TABLE;
use xinzheng_api::upload::EmptyTableQuery;
use xinzheng_runtime::{HttpResponse, Problem};

use super::own;
use super::uploads::tables;
use crate::PageRequest;
use crate::frame::{self, View};

pub(crate) fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let (unit, row) = own(asked)?;
    let address = |table: &str| {
        EMPTY_TABLE.address(&FilePath { file: format!("{table}.xlsx") }, &EmptyTableQuery { unit: Some(unit) })
    };
    let content = html! {
        h1 { "表格下载" }
        p { "按共享标准制作，带下拉选项和填写说明，只列出本单位报送的表。也可以直接上传业务系统导出的文件，列名基本一致即可识别。" }
        ul.cards {
            @for (code, title) in tables(row) {
                li.card {
                    h2 { (title) }
                    p { a.button.quiet href=(address(code)) { "下载 Excel" } }
                }
            }
        }
    };
    Ok(frame::page(asked, &View { title: "表格下载", path: "/portal/unit/templates", ..View::default() }, content))
}
