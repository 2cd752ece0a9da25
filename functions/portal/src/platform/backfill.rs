//! `/portal/platform/backfill`: how far the run over all uploads has come (R8).

use maud::html;
use xinzheng_api::backfill::{BackfillState, PROGRESS};
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::elements::badge;
use crate::frame::{self, View};

pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let run = asked.api().ask(&PROGRESS, &(), &()).await?;
    let content = html! {
        h1 {
            "补录进度 "
            @match run.state {
                BackfillState::Running => (badge("good", "进行中")),
                BackfillState::Paused => (badge("warn", "等待下一次")),
                BackfillState::Idle => (badge("soft", "空闲")),
            }
        }
        p { "定时检查全部报送文件，没有处理完的重新处理；从上次停下的地方继续，不影响正常报送。" }
        dl {
            dt { "轮次" } dd { "第 " (run.pass) " 轮" }
            @if let Some(at) = run.started_at { dt { "开始时间" } dd { (china_time::display(at)) } }
            dt { "已检查" } dd { (run.seen) " 个文件" }
            dt { "重新处理" } dd { (run.driven_again) " 个文件" }
            @if let Some(rate) = run.files_per_second { dt { "速度" } dd { "每秒 " (format!("{rate:.1}")) " 个文件" } }
            @if let Some(seconds) = run.remaining_seconds { dt { "预计还需" } dd { (format!("{:.0}", (seconds / 60.0).ceil())) " 分钟" } }
            @if let Some(at) = run.last_finished_at {
                dt { "上一轮结束" } dd { (china_time::display(at)) "，检查 " (run.last_seen.unwrap_or_default()) " 个，重新处理 " (run.last_driven_again.unwrap_or_default()) " 个" }
            }
            dt { "索引版本" } dd {
                (run.index_schema)
                @if let Some(version) = run.reindexing_to { "（正在重建到 " (version) "）" }
            }
            @if run.restoring_until.is_some() || run.restored_until.is_some() {
                dt { "恢复" } dd {
                    @if let Some(until) = run.restoring_until {
                        "正在按回执查找 " (china_time::display(until)) " 前接收过的文件"
                    } @else if let Some(until) = run.restored_until {
                        (china_time::display(until)) " 前接收过的文件已按回执查找，没有的已重新处理"
                    }
                }
            }
            @if let Some(inventory) = &run.inventory { dt { "清单" } dd { (inventory) } }
        }
    };
    Ok(frame::page(asked, &View { title: "补录进度", path: "/portal/platform/backfill", ..View::default() }, content))
}
