//! Moves of an objection. Each names the version that it was decided on (`If-Match`), so that of two clerks at once one
//! wins.

use json_patch::merge;
use serde_json::{Value, json};
use xinzheng_api::Endpoint;
use xinzheng_api::objection::{ACCEPT, DECIDE, ObjectionCase, ObjectionOutcome, RETRACT};
use xinzheng_domain::case::objection::{Objection, ObjectionMove, ObjectionRefusal, Remedy};
use xinzheng_domain::record::standing::StandingRecord;
use xinzheng_domain::{Record, case::repair_application, china_time};
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::problem::{CORRECTION_UNFIT, VERSION_OUTDATED};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Subject, Unit, precondition};
use xinzheng_store::Committed;

use crate::App;
use crate::case::Guarded;
use crate::follow::answer;
use crate::repair::granted_by;

/// `POST /objections/{id}/acceptance`: the unit takes it up. One GetItem, one TransactWriteItems.
pub(crate) async fn accept(
    app: &App,
    asked: Guarded<Objection, Unit>,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    step(app, &asked.case, (&ACCEPT, request), ObjectionMove::Accept, "", None).await
}

/// `POST /objections/{id}/decision`. Two GetItem, one TransactWriteItems.
pub(crate) async fn decide(
    app: &App,
    asked: Guarded<Objection, Unit>,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (decision, unit) = (request.body_of(&DECIDE)?, asked.caller);
    let remedies: Vec<Remedy> = [
        decision.withdrawal.map(Remedy::Withdrawal),
        decision.correction.map(Remedy::Correction),
        decision.repair.map(|granted| Remedy::Repair(granted_by(unit.code, granted))),
        decision.cancel_repair.then_some(Remedy::RepairCancelled {}),
    ]
    .into_iter()
    .flatten()
    .collect();
    let remedy = match <[Remedy; 1]>::try_from(remedies) {
        Ok([remedy]) => Some(remedy),
        Err(none) if none.is_empty() => None,
        Err(_) => return Err(ObjectionRefusal::Remedy.into()),
    };
    let by = match decision.outcome {
        ObjectionOutcome::Upheld => ObjectionMove::Uphold,
        ObjectionOutcome::Rejected => ObjectionMove::Reject,
    };
    step(app, &asked.case, (&DECIDE, request), by, &decision.reason, remedy).await
}

/// `POST /objections/{id}/retraction`: the subject takes it back. One GetItem, one TransactWriteItems.
pub(crate) async fn retract(
    app: &App,
    asked: Guarded<Objection, Subject>,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    step(app, &asked.case, (&RETRACT, request), ObjectionMove::Withdraw, "", None).await
}

async fn step<P, B>(
    app: &App,
    before: &Objection,
    (endpoint, request): (&Endpoint<P, (), B, ObjectionCase>, &HttpRequest),
    by: ObjectionMove,
    reason: &str,
    remedy: Option<Remedy>,
) -> Result<HttpResponse, Problem> {
    precondition::expect(request, before.version)?;
    let now = app.clock.now();
    let after = before.moved(by, now, reason, remedy)?;
    let remedy = after.conclusion.as_ref().and_then(|conclusion| conclusion.remedy.as_ref());
    let corrected = match remedy {
        Some(Remedy::Correction(patch)) => {
            let found = app.registry.record(&before.subject, &before.record).await?;
            let (standing, _) = found.ok_or(VERSION_OUTDATED)?;
            Some((correct(&standing, patch)?, standing.revision))
        }
        Some(Remedy::Repair(repair)) => {
            let found = app.registry.record(&before.subject, &before.record).await?;
            let (standing, _) = found.ok_or(VERSION_OUTDATED)?;
            repair_application::dated(repair, &standing.record, china_time::date(now))?;
            None
        }
        _ => None,
    };
    let corrected = corrected.as_ref().map(|(record, revision)| (record, revision));
    let mut response = answer(endpoint, app, &after);
    let actor = answering(request.actor(&app.address_key), &mut response);
    match app.registry.move_objection(before, &after, corrected, &actor, now).await? {
        Committed::Done => {
            tracing::info!(objection = %after.id, state = ?after.state, "an objection was moved");
            Ok(response)
        }
        Committed::Overtaken => Err(VERSION_OUTDATED.into()),
    }
}

/// The record with a correction: what makes it this record (id, unit, subject, document, kind) stays.
fn correct(standing: &StandingRecord, patch: &Value) -> Result<Record<'static>, Problem> {
    let unfit = |detail: String| CORRECTION_UNFIT.detail(detail);
    let before = &standing.record;
    let mut json = serde_json::to_value(before).map_err(|error| unfit(error.to_string()))?;
    let as_it_was = json.clone();
    merge(&mut json, patch);
    let after: Record<'static> = serde_json::from_value(json).map_err(|_| {
        let problem = unfit("更正后的记录缺少必填内容，或内容的格式有误".to_owned());
        match faulty(&as_it_was, patch) {
            Some(field) => problem.of_field(format!("/correction{field}")),
            None => problem,
        }
    })?;
    let same = after.id == before.id
        && after.unit == before.unit
        && after.subject.id == before.subject.id
        && after.document == before.document
        && after.kind() == before.kind();
    if !same {
        return Err(unfit("不能更正记录编号、单位、主体、文号和种类".to_owned()));
    }
    if after == *before {
        return Err(unfit("更正后的记录与原记录相同".to_owned()));
    }
    Ok(after)
}

/// Which value of a patch makes by itself no record of this one: its JSON Pointer.
fn faulty(before: &Value, patch: &Value) -> Option<String> {
    let mut alone = vec![];
    leaves(patch, &mut String::new(), &mut vec![], &mut alone);
    let fails = |single: &Value| {
        let mut json = before.clone();
        merge(&mut json, single);
        serde_json::from_value::<Record<'static>>(json).is_err()
    };
    alone.into_iter().find(|(_, single)| fails(single)).map(|(place, _)| place)
}

/// Each value of a patch with its place, as a patch of it alone.
fn leaves(patch: &Value, place: &mut String, names: &mut Vec<String>, alone: &mut Vec<(String, Value)>) {
    match patch {
        Value::Object(fields) => {
            for (name, value) in fields {
                let length = place.len();
                place.push('/');
                place.push_str(&name.replace('~', "~0").replace('/', "~1"));
                names.push(name.clone());
                leaves(value, place, names, alone);
                names.pop();
                place.truncate(length);
            }
        }
        value => {
            let single = names.iter().rfold(value.clone(), |inner, name| json!({ name: inner }));
            alone.push((place.clone(), single));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use xinzheng_domain::Record;

    use super::{faulty, merge};

    #[test]
    fn a_correction_that_makes_no_record_names_the_field_that_is_wrong() {
        let uscc = xinzheng_domain::Uscc::compose("91140403", "MA0TE1T1").unwrap();
        let before = json!({
            "id": "0123456789abcdef0123456789abcdef",
            "unit": "market-supervision",
            "domain": 1,
            "subject": { "id": uscc, "name": "虚构公司", "subject_type": "organisation" },
            "document": "虚〔2025〕1号",
            "decided": "2025-03-01",
            "authority": { "name": "长治市虚构局", "uscc": uscc },
            "remarks": "旧",
            "details": {
                "kind": "penalty", "violation": "甲", "facts": "乙", "basis": "丙", "categories": ["罚款"], "content": "丁",
                "fine": "1.5", "source_unit": { "name": "长治市虚构局", "uscc": uscc },
            },
        });
        assert!(serde_json::from_value::<Record<'static>>(before.clone()).is_ok());
        for (patch, expected) in [
            (json!({ "decided": "2025-13-01" }), Some("/decided")),
            (json!({ "remarks": "新", "details": { "content": "罚款", "fine": "很多" } }), Some("/details/fine")),
            (json!({ "remarks": "新" }), None),
        ] {
            assert_eq!(faulty(&before, &patch).as_deref(), expected, "{patch}");
        }
    }

    #[test]
    fn a_merge_patch_changes_what_it_names() {
        for (before, patch, after) in [
            (
                json!({ "a": 1, "b": { "c": 2, "d": 3 } }),
                json!({ "b": { "c": 4 } }),
                json!({ "a": 1, "b": { "c": 4, "d": 3 } }),
            ),
            (json!({ "a": 1 }), json!({ "a": null, "e": "x" }), json!({ "e": "x" })),
            (json!({ "a": [1, 2] }), json!({ "a": [3] }), json!({ "a": [3] })),
            (json!({ "a": 1 }), json!({ "a": { "b": null } }), json!({ "a": {} })),
        ] {
            let mut target = before;
            merge(&mut target, &patch);
            assert_eq!(target, after);
        }
    }
}
