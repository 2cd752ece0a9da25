//! `GET /`: what this is, and the way to each thing.

use maud::html;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::frame::{self, View};

pub(crate) fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let content = html! {
        h1 { "一份报告，替代一摞证明" }
        p.lead {
            "在长治市登记的企业和其他市场主体，不必再逐个部门开具“无违法违规记录证明”。选好期间和领域，当场得到一份带电子签章、可以核验的专项信用报告。"
        }
        ul.cards {
            li.card {
                h2 { "开具报告" }
                p { "上市、招投标、贷款、评优等需要证明时使用。免费，随时可开。" }
                p { a.button href="/portal/my/request" { "开具我的报告" } }
            }
            li.card {
                h2 { "核验报告" }
                p { "收到了报告？输入核验码、扫描二维码或选择 PDF 文件，即知真伪和是否仍然有效。" }
                p { a.button.quiet href="/verify" { "核验" } " " a.button.quiet href="/portal/scan" { "扫码" } }
            }
            li.card {
                h2 { "记录有误？" }
                p { "对记录有异议的，可以直接从记录提出，责任单位 5 个工作日内反馈；符合条件的可以申请信用修复。" }
                p { a.button.quiet href="/portal/my/records" { "查看我的记录" } }
            }
        }
        h2 { "怎样办理" }
        ol.steps {
            li { strong { "登录。" } "使用统一身份认证账号，以单位或个人身份登录。" }
            li { strong { "选择。" } "选择查询期间（2022 年 8 月 1 日以来）、领域（39 个）和用途，页面会先告诉您有多少条记录。" }
            li { strong { "下载。" } "几秒钟内得到 PDF 报告。交给银行、招标单位或交易所，对方可以自行核验。" }
        }
        h2 { "其他" }
        ul {
            li { a href="/portal/guide" { "办事指南" } "：报告包括什么、多久有效、怎样授权别人查询" }
            li { a href="/portal/domains" { "39 个查询领域及责任单位" } }
            li { a href="/portal/feedback" { "咨询、投诉与建议" } "，凭编号查看答复" }
            li { a href="/portal/unit" { "数据报送单位入口" } " · " a href="/portal/platform" { "平台管理入口" } " · " a href="/portal/query" { "授权查询入口" } }
        }
    };
    Ok(frame::page(asked, &View { title: "首页", path: "/", ..View::default() }, content))
}
