//! `/portal/platform/backfill`: how far the run over all uploads has come (R8).

use maud::html;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::elements::badge;
use crate::frame::{self, View};
use crate::said::Said;

pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let run = asked.api().get("/backfill").await?;
    let remaining = run.at("remaining_seconds").as_f64();
    let content = html! {
        h1 {
            "补录进度 "
            @match run.text("state") {
                "running" => (badge("good", "进行中")),
                "paused" => (badge("warn", "等待下一次")),
                _ => (badge("soft", "空闲")),
            }
        }
        p { "定时检查全部报送文件，没有处理完的重新处理；从上次停下的地方继续，不影响正常报送。" }
        dl {
            dt { "轮次" } dd { "第 " (run.count("pass")) " 轮" }
            @if run.filled("started_at").is_some() { dt { "开始时间" } dd { (run.time("started_at")) } }
            dt { "已检查" } dd { (run.count("seen")) " 个文件" }
            dt { "重新处理" } dd { (run.count("driven_again")) " 个文件" }
            @if let Some(rate) = run.at("files_per_second").as_f64() { dt { "速度" } dd { "每秒 " (format!("{rate:.1}")) " 个文件" } }
            @if let Some(seconds) = remaining { dt { "预计还需" } dd { (format!("{:.0}", (seconds / 60.0).ceil())) " 分钟" } }
            @if run.filled("last_finished_at").is_some() {
                dt { "上一轮结束" } dd { (run.time("last_finished_at")) "，检查 " (run.count("last_seen")) " 个，重新处理 " (run.count("last_driven_again")) " 个" }
            }
            dt { "索引版本" } dd {
                (run.count("index_schema"))
                @if !run.at("reindexing_to").is_null() { "（正在重建到 " (run.count("reindexing_to")) "）" }
            }
            @if let Some(inventory) = run.filled("inventory") { dt { "清单" } dd { (inventory) } }
        }
    };
    Ok(frame::page(asked, &View { title: "补录进度", path: "/portal/platform/backfill", ..View::default() }, content))
}
