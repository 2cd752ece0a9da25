//! Days that are counted: the last ones by the schedule, any again when the platform asks (R18).

use std::collections::{BTreeMap, BTreeSet};

use xinzheng_api::evaluation::{RECOUNT, Recount, RecountDifference};
use xinzheng_domain::audit::Action;
use xinzheng_domain::china_time;
use xinzheng_domain::evaluation::Count;
use xinzheng_runtime::problem::DAYS_TOO_MANY;
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem};
use xinzheng_store::StoreError;
use xinzheng_store::evaluation::DayCounts;

use crate::App;

/// Days behind that a run counts again: copies may come late.
const BEHIND: i32 = 3;
/// The most days of a recount.
const MOST_DAYS: i32 = 400;

/// Counts the last days. For each the objects of its audit, and a PutItem.
pub(crate) async fn work_out(app: &App) -> Result<(), StoreError> {
    let now = app.clock.now();
    let mut day = china_time::date(now);
    for _ in 0..=BEHIND {
        let counts = app.audit.count_audit(day).await?.into_iter().collect();
        app.registry.keep_day(&DayCounts { day, counted_at: now, counts }).await?;
        let Ok(before) = day.yesterday() else { break };
        day = before;
    }
    Ok(())
}

/// `POST /evaluation/recount`: counts days again from the locked copy, tells what differs from what was kept, and keeps what
/// was found. For each day the objects of its audit and a PutItem; one Query.
pub(crate) async fn recount(app: &App, _operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let wanted = request.body_of(&RECOUNT)?;
    let now = app.clock.now();
    let days = (wanted.to - wanted.from).get_days();
    if !(0..MOST_DAYS).contains(&days) {
        return Err(DAYS_TOO_MANY.titled(format!("一次可重新统计 1 至 {MOST_DAYS} 天")));
    }
    app.registry
        .note_platform(&request.actor(&app.address_key), now, Action::EvaluationRecounted, &wanted.from.to_string())
        .await?;
    let kept = app.registry.days(wanted.from, wanted.to).await?;
    let (mut differing, mut counted) = (vec![], 0);
    for day in wanted.from.series(jiff::Span::new().days(1)).take_while(|day| *day <= wanted.to) {
        let found = app.audit.count_audit(day).await?;
        let before: BTreeMap<Count, u64> =
            kept.iter().filter(|kept| kept.day == day).flat_map(|kept| kept.counts.iter().cloned()).collect();
        let every: BTreeSet<&Count> = found.keys().chain(before.keys()).collect();
        for count in every {
            let (now, then) = (found.get(count).copied().unwrap_or(0), before.get(count).copied().unwrap_or(0));
            if now != then {
                differing.push(RecountDifference { day, of: count.clone(), kept: then, counted: now });
            }
        }
        counted += 1;
        app.registry.keep_day(&DayCounts { day, counted_at: now, counts: found.into_iter().collect() }).await?;
    }
    Ok(HttpResponse::of(&RECOUNT, &Recount { days: counted, differences: differing }))
}
