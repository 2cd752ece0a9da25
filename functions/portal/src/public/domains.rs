//! `GET /portal/domains`: the domains of annex 1 and who answers for each.

use maud::html;
use xinzheng_domain::Catalogue;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::frame::{self, View};

pub(crate) fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let domains = &Catalogue::get().domains;
    let content = html! {
        h1 { "查询领域" }
        p { "报告可以查询以下 " (domains.len()) " 个领域，开具时可以全选，也可以只选需要的。" }
        table {
            thead { tr { th.number scope="col" { "序号" } th scope="col" { "领域" } th scope="col" { "责任单位" } } }
            tbody {
                @for domain in domains {
                    tr { td.number { (domain.id.number()) } td { (domain.name) } td { (domain.unit) } }
                }
            }
        }
    };
    Ok(frame::page(asked, &View { title: "查询领域", path: "/portal/domains", ..View::default() }, content))
}
