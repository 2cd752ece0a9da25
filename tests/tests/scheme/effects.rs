//! What each accepted row came to is told: in the answer about its upload, in the receipt, in a file, and in the list of what
//! waits.

use jiff::Timestamp;
use jiff::civil::date;
use serde_json::{Value, json};
use xinzheng::main_job::UploadFile;
use xinzheng_api::upload::{self, Upload, WaitingMarks};
use xinzheng_api::{objection, repair};
use xinzheng_domain::case::objection::ObjectionId;
use xinzheng_domain::record::MarkKind;
use xinzheng_domain::record::effect::{DoubtKind, EffectKind, ReceiptEffect};
use xinzheng_domain::record::listed_doubt::ListedDoubt;
use xinzheng_domain::record::standing::StandingRecord;
use xinzheng_domain::record::waiting_mark::WaitingMark;
use xinzheng_domain::{Effect, EffectCounts, Entry, RowCount, SourcePosition, TableId, UnitCode};
use xinzheng_store::Registry;
use xinzheng_store::history::HistoryStep;
use xinzheng_tests::{
    NOW, TestStack, UploadBuilder, penalties, penalty, penalty_row, register, repair_row, uscc, with, withdrawal_row,
};

const MARKET: &str = "market-supervision";

/// The unit's latest upload, with its receipt.
async fn latest(test: &TestStack, unit: &str) -> Upload {
    let listed = test.send(test.get("/uploads").bearer_auth(test.unit_token(unit))).await.of(&upload::LIST);
    let path = format!("/uploads/{}", listed.page.items[0].id);
    test.send(test.get(&path).bearer_auth(test.unit_token(unit))).await.of(&upload::READ)
}

/// The first row that its receipt tells of.
async fn first_row(test: &TestStack, unit: &str) -> ReceiptEffect {
    latest(test, unit).await.receipt.unwrap().effects.unwrap().rows.remove(0)
}

/// How many rows came to what.
fn counts<const N: usize>(of: [(&str, u64); N]) -> EffectCounts {
    of.map(|(code, rows)| (RowCount::parse(code).unwrap(), rows)).into()
}

/// What the rows of a file came to: the counts, and code and reason of each that is told of.
async fn effects(test: &TestStack, file: UploadFile) -> (EffectCounts, Vec<(String, String)>) {
    test.take_in(&[file]).await;
    let upload = latest(test, MARKET).await;
    let told = upload.receipt.unwrap().effects.unwrap();
    assert_eq!(told.counts, upload.effects);
    (upload.effects, told.rows.into_iter().map(|row| (row.effect, row.reason)).collect())
}

/// What a unit finds in its list of what waits.
async fn waiting_marks(test: &TestStack, unit: &str) -> WaitingMarks {
    test.send(test.get("/waiting-marks").bearer_auth(test.unit_token(unit))).await.of(&upload::WAITING)
}

/// The marks among it.
async fn waiting(test: &TestStack, unit: &str) -> Vec<WaitingMark> {
    waiting_marks(test, unit).await.page.items
}

fn file(name: &str, rows: &[Value]) -> UploadFile {
    rows.iter().fold(penalties().file(name), |file, row| file.row(row)).build()
}

fn marks(table: TableId, name: &str, row: &Value) -> UploadFile {
    UploadBuilder::new(MARKET, table).file(name).row(row).build()
}

#[tokio::test(flavor = "multi_thread")]
async fn new_changed_and_unchanged_rows_are_told_apart() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let (came_to, told) =
        effects(&test, file("一.csv", &[penalty_row(1, 1), penalty_row(1, 2), penalty_row(1, 3)])).await;
    assert_eq!((came_to, told), (counts([("new", 3)]), vec![]));
    let lower = with(
        &penalty_row(1, 2),
        &json!({ "罚款金额（万元）": "1", "处罚内容": "警告，并罚款10000元。", "处罚决定日期": "2024-03-06" }),
    );
    let (came_to, told) = effects(&test, file("二.csv", &[penalty_row(1, 1), lower, penalty_row(1, 4)])).await;
    assert_eq!(came_to, counts([("changed", 1), ("new", 1), ("unchanged", 1)]));
    let changed = "变更：处罚内容、罚款金额（万元）、处罚决定日期".to_owned();
    assert_eq!(told, [("changed".to_owned(), changed)]);

    // The table of them, and what another unit is told of it.
    let path = format!("/uploads/{}/effects", latest(&test, MARKET).await.id);
    let answer = test.send(test.get(&path).bearer_auth(test.unit_token(MARKET))).await;
    let table = answer.of(&upload::EFFECTS);
    assert_eq!((answer.status, table.counts[&RowCount::Effect(EffectKind::Changed)]), (200, 1), "{answer:?}");
    let file = reqwest::get(table.download.url).await.unwrap().text().await.unwrap();
    assert!(file.contains("晋虚市监罚〔2024〕2号") && file.contains("变更：处罚内容"), "{file}");
    assert_eq!(test.send(test.get(&path).bearer_auth(test.unit_token("tax"))).await.status, 404);
    let listed = test.send(test.get("/uploads").bearer_auth(test.unit_token(MARKET))).await.of(&upload::LIST);
    let first = listed.page.items.iter().find(|upload| upload.effects == counts([("new", 3)])).unwrap();
    let none = format!("/uploads/{}/effects", first.id);
    assert_eq!(test.send(test.get(&none).bearer_auth(test.unit_token(MARKET))).await.problem(), "effects-none");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_waits_for_its_record_and_is_listed_until_it_comes() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), file("一.csv", &[penalty_row(1, 12)])]).await;
    assert_eq!(waiting(&test, MARKET).await, []);
    let (came_to, told) = effects(&test, marks(TableId::Repair, "修复.csv", &repair_row(1, 13))).await;
    assert_eq!(came_to, counts([("waiting", 1)]));
    assert!(told[0].1.contains("晋虚市监罚〔2024〕12号"), "a number that is nearly the same is suggested: {told:?}");
    let listed = waiting(&test, MARKET).await;
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].mark, listed[0].document.as_str()), (MarkKind::Repair, "晋虚市监罚〔2024〕13号"));
    assert_eq!(listed[0].meant, ["晋虚市监罚〔2024〕12号"]);
    let operator =
        test.send(test.get("/waiting-marks?unit=market-supervision").bearer_auth(test.operator_token())).await;
    assert_eq!(operator.of(&upload::WAITING).page.items, listed, "the platform sees it too");
    let other = test.send(test.get("/waiting-marks?unit=market-supervision").bearer_auth(test.unit_token("tax"))).await;
    assert_eq!(other.status, 403);

    test.take_in(&[file("二.csv", &[penalty_row(1, 13)])]).await;
    assert_eq!(waiting(&test, MARKET).await, [], "its record has come");
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    let content = test.content(&report.number).await;
    let repaired = content.records.iter().filter(|standing| standing.repair.is_some());
    assert_eq!(repaired.count(), 1, "{content:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_that_is_dated_before_the_decision_does_not_count() {
    let test = TestStack::start().await;
    let early = with(&withdrawal_row(1, 1), &json!({ "撤销日期": "2024-03-04" }));
    test.take_in(&[register(1), file("一.csv", &[penalty_row(1, 1)])]).await;
    let (came_to, told) = effects(&test, marks(TableId::Withdrawal, "早.csv", &early)).await;
    assert_eq!(came_to, counts([("before-decision", 1)]));
    assert!(told[0].1.contains("2024-03-05"), "{told:?}");
    // The same when it comes first.
    let early = with(&early, &json!({ "原决定书文号": "晋虚市监罚〔2024〕2号" }));
    test.take_in(&[marks(TableId::Withdrawal, "早二.csv", &early)]).await;
    test.take_in(&[file("二.csv", &[penalty_row(1, 2)])]).await;
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    assert_eq!(report.summary.records, 2, "neither is withdrawn");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_is_not_undone_by_a_row() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), file("一.csv", &[penalty_row(1, 1), penalty_row(1, 2)])]).await;
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    let decide = async |document: &str, remedy: Value| {
        let record = test.record_id(&report, document).await;
        let objection = json!({ "record": record, "contested": "record", "reasons": "与事实不符。" });
        let raised = test.send(test.post("/objections", &objection).bearer_auth(test.subject_token(uscc(1)))).await;
        let raised: ObjectionId = raised.of(&objection::SUBMIT).objection.id;
        let mut decision = json!({ "outcome": "upheld", "reason": "经复核属实。" });
        decision.as_object_mut().unwrap().extend(remedy.as_object().unwrap().clone());
        let path = format!("/objections/{raised}/decision");
        let decide = test.post(&path, &decision).header("if-match", "\"1\"").bearer_auth(test.unit_token(MARKET));
        let decided = test.send(decide).await;
        assert_eq!(decided.status, 200, "{decided:?}");
        raised.to_string()
    };
    let case =
        decide("〕1号", json!({ "correction": { "details": { "fine": "0.05", "content": "罚款500元。" } } })).await;
    let withdrawn = decide(
        "〕2号",
        json!({ "withdrawal": {
            "authority": "长治市人民政府", "document": "长虚政复〔2025〕9号", "date": "2025-11-03", "cause": "行政复议撤销",
        } }),
    )
    .await;

    let (came_to, told) = effects(&test, file("再.csv", &[penalty_row(1, 1), penalty_row(1, 2)])).await;
    assert_eq!(came_to, counts([("contradicts", 2)]));
    assert!(told[0].1.contains(&case) && told[0].1.contains("罚款金额"), "{told:?}");
    assert!(told[1].1.contains(&withdrawn), "{told:?}");
    let report = test.issued(uscc(1), &json!({ "purpose": "commercial" })).await.report;
    let content = test.content(&report.number).await;
    let fines: Vec<_> = content.records.iter().map(|standing| penalty(standing).fine).collect();
    assert_eq!(fines, ["0.05".parse().ok()], "one is corrected, one withdrawn: {content:#?}");

    // What agrees with the decision may correct something else.
    let agreeing = with(
        &penalty_row(1, 1),
        &json!({ "罚款金额（万元）": "0.05", "处罚内容": "罚款500元。", "法定代表人": "乙某" }),
    );
    let (came_to, told) = effects(&test, file("改.csv", &[agreeing])).await;
    assert_eq!(came_to, counts([("changed", 1)]), "{told:?}");
    let (came_to, _) = effects(&test, file("又.csv", &[penalty_row(1, 1)])).await;
    assert_eq!(came_to, counts([("contradicts", 1)]), "the decision goes on to count");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decided_repair_is_not_undone_by_a_row() {
    let test = TestStack::start().await;
    with_granted_repair(&test, "2025-11-03").await;
    let (came_to, told) = effects(&test, marks(TableId::Repair, "修复.csv", &repair_row(1, 1))).await;
    assert_eq!(came_to, counts([("contradicts", 1)]), "{told:?}");
    let shown = test.send(test.get("/records").bearer_auth(test.subject_token(uscc(1)))).await.body;
    assert!(shown.to_string().contains("晋虚市监修〔2025〕8号"), "{shown:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_offices_record_and_another_name_are_told() {
    let test = TestStack::start().await;
    let office = UploadBuilder::new("market-supervision-140403", TableId::Penalty).row(&penalty_row(1, 1)).build();
    test.take_in(&[register(1), office]).await;
    let neighbour = "market-supervision-140404";
    let changed = with(&penalty_row(1, 1), &json!({ "处罚内容": "警告" }));
    test.take_in(&[UploadBuilder::new(neighbour, TableId::Penalty).row(&changed).build()]).await;
    let row = first_row(&test, neighbour).await;
    assert_eq!((row.effect.as_str(), row.row, row.document.as_str()), ("conflict", 2, "晋虚市监罚〔2024〕1号"));
    assert!(row.reason.contains("潞州区") && row.hint.len() > 6, "{row:?}");

    let renamed = with(&penalty_row(1, 3), &json!({ "行政相对人名称": "长治市虚构旧名商贸有限公司" }));
    let (came_to, told) = effects(&test, file("名.csv", &[renamed, penalty_row(1, 4)])).await;
    assert_eq!(came_to, counts([("name-differs", 1), ("new", 2)]));
    assert!(told[0].1.contains("长治市虚构1号商贸有限公司"), "{told:?}");
}

/// What a unit finds in its list of rows to be looked at with another one.
async fn doubts(test: &TestStack, unit: &str) -> Vec<ListedDoubt> {
    waiting_marks(test, unit).await.doubts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_under_anothers_name_is_told_to_its_unit_and_to_the_register() {
    let test = TestStack::start().await;
    // A name with another width of brackets is the same name.
    let other = with(&xinzheng_tests::register_row(2), &json!({ "名称": "长治市虚构（乙）商贸有限公司" }));
    let other = UploadBuilder::new(MARKET, TableId::Subject).file("乙.csv").row(&other).build();
    test.take_in(&[register(1), other]).await;
    let row = with(
        &penalty_row(1, 1),
        &json!({ "行政相对人名称": "长治市虚构(乙)商贸有限公司", "涉及领域": "农业农村", "处罚机关": "长治市农业农村局", "数据来源单位": "长治市农业农村局", "行政处罚决定书文号": "晋虚农罚〔2024〕1号" }),
    );
    let rows =
        |name: &str, row: &Value| UploadBuilder::new("agriculture", TableId::Penalty).file(name).row(row).build();
    test.take_in(&[rows("一.csv", &row)]).await;
    assert_eq!(latest(&test, "agriculture").await.effects, counts([("name-of-another", 1), ("new", 1)]));
    let told = first_row(&test, "agriculture").await;
    assert!(told.reason.contains(&uscc(2).to_string()), "{told:?}");
    assert!(told.hint.contains("主体代码"), "{told:?}");
    for unit in ["agriculture", MARKET] {
        let listed = doubts(&test, unit).await;
        assert_eq!(listed.len(), 1, "{unit}");
        assert_eq!(
            (listed[0].doubt, listed[0].subject, listed[0].other, listed[0].document.as_deref()),
            (DoubtKind::NameOfAnother, uscc(1), Some(uscc(2)), Some("晋虚农罚〔2024〕1号")),
        );
    }
    assert_eq!(doubts(&test, "sports").await, []);
    // Of a subject that the register does not have it is told as well; a name that was given up is nobody's.
    let unknown = with(&row, &json!({ "统一社会信用代码": uscc(3), "行政处罚决定书文号": "晋虚农罚〔2024〕2号" }));
    test.take_in(&[rows("二.csv", &unknown)]).await;
    assert_eq!(latest(&test, "agriculture").await.effects, counts([("name-of-another", 1), ("new", 1)]));
    let renamed = with(&xinzheng_tests::register_row(2), &json!({ "名称": "长治市虚构（丙）商贸有限公司" }));
    test.take_in(&[UploadBuilder::new(MARKET, TableId::Subject).file("丙.csv").row(&renamed).build()]).await;
    let again = with(&unknown, &json!({ "行政处罚决定书文号": "晋虚农罚〔2024〕3号" }));
    test.take_in(&[rows("三.csv", &again)]).await;
    assert_eq!(latest(&test, "agriculture").await.effects, counts([("new", 1)]));
    // Mended, it leaves both lists.
    let mended = with(&row, &json!({ "行政相对人名称": "长治市虚构1号商贸有限公司" }));
    test.take_in(&[rows("四.csv", &mended)]).await;
    for unit in ["agriculture", MARKET] {
        let listed = doubts(&test, unit).await;
        assert_eq!(listed.len(), 1, "{listed:?}");
        assert_eq!(listed[0].document.as_deref(), Some("晋虚农罚〔2024〕2号"));
    }
    test.pass_days(91);
    assert_eq!(doubts(&test, "agriculture").await, [], "the list is of the last 90 days");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_two_registers_send_is_told_to_both() {
    let test = TestStack::start().await;
    let society = with(
        &xinzheng_tests::register_row(1),
        &json!({ "名称": "长治市虚构协会", "主体类型": "社会组织", "登记机关": "长治市民政局" }),
    );
    let society = |name: &str| UploadBuilder::new("civil-affairs", TableId::Subject).file(name).row(&society).build();
    // A county's office sends the same register.
    let office = UploadBuilder::new("market-supervision-140403", TableId::Subject)
        .file("一.csv")
        .row(&xinzheng_tests::register_row(1))
        .build();
    test.take_in(&[register(1)]).await;
    test.take_in(&[office]).await;
    assert_eq!(latest(&test, "market-supervision-140403").await.effects, counts([("unchanged", 1)]));
    test.take_in(&[society("协会.csv")]).await;
    assert_eq!(latest(&test, "civil-affairs").await.effects, counts([("changed", 1), ("two-registers", 1)]));
    let reason = first_row(&test, "civil-affairs").await.reason;
    assert!(reason.contains("市场监督管理局") && reason.contains("也报送了该代码"), "{reason}");
    for unit in ["civil-affairs", "market-supervision-140403"] {
        let listed = doubts(&test, unit).await;
        assert_eq!(listed.len(), 1, "{unit}: {listed:?}");
        assert_eq!((listed[0].doubt, listed[0].name.as_str()), (DoubtKind::TwoRegisters, "长治市虚构协会"));
        let units: Vec<String> = listed[0].units.iter().map(UnitCode::to_string).collect();
        assert_eq!(units, ["market-supervision-140403", "civil-affairs"]);
    }
    // As long as both send it, both are told.
    test.pass_days(60);
    test.take_in(&[society("协会二.csv")]).await;
    assert_eq!(latest(&test, "civil-affairs").await.effects, counts([("two-registers", 1), ("unchanged", 1)]));
    test.pass_days(40);
    assert_eq!(doubts(&test, "market-supervision-140403").await.len(), 1);
    test.take_in(&[society("协会三.csv")]).await;
    assert_eq!(latest(&test, "civil-affairs").await.effects, counts([("unchanged", 1)]), "the other has stopped");
}

/// A record of `subject` and its repairs, in as many revisions, as index gets them.
fn revisions(subject: u32) -> Vec<Entry<'static>> {
    let uscc = uscc(subject);
    let subject = xinzheng_domain::SubjectId::Organisation(uscc);
    let unit = UnitCode::parse(MARKET).unwrap();
    let document = xinzheng_domain::DocumentNumber::parse("晋虚市监罚〔2024〕1号").unwrap();
    let kind = xinzheng_domain::RecordKind::Penalty;
    let id = xinzheng_domain::RecordId::of(kind, unit, &document, &subject, None);
    let record = |content: &str| {
        json!({ "entry": "record", "value": {
            "id": id, "unit": MARKET, "domain": 18,
            "subject": { "id": uscc, "name": "长治市虚构商贸有限公司", "subject_type": "organisation" },
            "document": "晋虚市监罚〔2024〕1号", "decided": "2024-03-05",
            "authority": { "name": "长治市市场监督管理局", "uscc": uscc },
            "details": {
                "kind": "penalty", "violation": "虚构的违法行为", "facts": "虚构", "basis": "《虚构食品办法》第一条",
                "categories": ["警告"], "content": content,
                "source_unit": { "name": "长治市市场监督管理局", "uscc": uscc },
            },
        } })
    };
    let repair = |document: &str| {
        json!({ "entry": "mark", "value": {
            "id": id, "kind": "penalty", "of": "晋虚市监罚〔2024〕1号", "subject": uscc, "unit": MARKET, "mark": "repair",
            "authority": "长治市市场监督管理局", "document": document, "date": "2025-06-01",
        } })
    };
    let withdrawal = json!({ "entry": "mark", "value": {
        "id": id, "kind": "penalty", "of": "晋虚市监罚〔2024〕1号", "subject": uscc, "unit": MARKET, "mark": "withdrawal",
        "authority": "长治市人民政府", "document": "长虚政复〔2025〕1号", "date": "2025-06-01", "cause": "行政复议撤销",
    } });
    let all = [record("甲"), repair("修1号"), record("乙"), record("甲"), repair("修2号"), record("丙"), withdrawal];
    all.into_iter().map(|entry| serde_json::from_value(entry).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn any_order_and_repetition_of_revisions_ends_in_the_same_item_and_history() {
    let test = TestStack::start().await;
    let registry = Registry::new(test.stack.services.dynamodb.clone(), test.stack.resource("RegistryTable"));
    let stored: Timestamp = NOW.parse().unwrap();
    let mut chance = 0x2545_f491_4f6c_dd1d_u64;
    let mut draw = |below: usize| {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        usize::try_from(chance % below as u64).unwrap()
    };
    let mut expected = None;
    for subject in 1..=40 {
        let entries = revisions(subject);
        // In order at first; then each at least once, in any order, some of them again.
        let mut order: Vec<usize> = (0..entries.len()).collect();
        if subject > 1 {
            (0..draw(6)).for_each(|_| order.push(draw(entries.len())));
            for place in (1..order.len()).rev() {
                order.swap(place, draw(place + 1));
            }
        }
        for &which in &order {
            let at = stored + jiff::SignedDuration::from_secs(i64::try_from(which).unwrap());
            let position = SourcePosition::new(at, &format!("{which:032x}"), 1);
            let sender = UnitCode::parse(MARKET).unwrap();
            registry.apply(&entries[which], &position, at, sender).await.unwrap();
        }
        let Entry::Record(record) = &entries[0] else { panic!("a record") };
        let steps = registry.history(&record.id, None, 100).await.unwrap().items;
        let (id, code) = (record.id.to_string(), uscc(subject).to_string());
        let anonymous = |text: String| text.replace(&id, "<id>").replace(&id[..16], "<whose>").replace(&code, "<code>");
        let written = |step: &HistoryStep| format!("{} {} {}", step.position, step.unit, step.entry.get());
        let history: Vec<String> = steps.iter().map(|step| anonymous(written(step))).collect();
        assert_eq!(history.len(), entries.len(), "each once: {order:?}");
        let items = test.registry().await.into_iter();
        let own = |key: &str| key.contains(&id) || key.contains(&id[..16]);
        let items: Vec<(String, String)> = items
            .filter(|(key, _)| own(key))
            .map(|(key, item)| (anonymous(key), anonymous(format!("{item:?}"))))
            .collect();
        let now = (items, history);
        match &expected {
            None => expected = Some(now),
            Some(expected) => assert_eq!(&now, expected, "{order:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_brought_again_comes_to_the_same() {
    let test = TestStack::start().await;
    let registry = Registry::new(test.stack.services.dynamodb.clone(), test.stack.resource("RegistryTable"));
    let at: Timestamp = NOW.parse().unwrap();
    let mut first: Vec<Effect> = vec![];
    for again in [false, true] {
        for (which, entry) in revisions(1).into_iter().enumerate() {
            let position = SourcePosition::new(at, &format!("{which:032x}"), 1);
            let sender = UnitCode::parse(MARKET).unwrap();
            let effect = registry.apply(&entry, &position, at, sender).await.unwrap();
            if again {
                // What was replaced since is told so.
                let replaced = matches!(which, 0..=3);
                assert_eq!(effect, if replaced { Effect::Superseded } else { first[which].clone() }, "{which}");
            } else {
                first.push(effect);
            }
        }
    }
    let codes: Vec<&str> = first.iter().map(Effect::code).collect();
    assert_eq!(codes, ["new", "new", "changed", "changed", "changed", "changed", "new"]);
}

/// A record whose repair was granted by a case, as of a day.
async fn with_granted_repair(test: &TestStack, on: &str) {
    let old = with(&penalty_row(1, 1), &json!({ "处罚决定日期": "2023-03-05" }));
    test.take_in(&[register(1), file("一.csv", &[old])]).await;
    let record = test.record_ids().await[0].clone();
    let body = json!({ "record": record, "proof": "已缴清罚款。" });
    let applied = test.send(test.post("/repairs", &body).bearer_auth(test.subject_token(uscc(1)))).await;
    let decision = json!({ "outcome": "granted", "reason": "符合条件。", "repair": {
        "document": "晋虚市监修〔2025〕8号", "date": on,
    } });
    let path = format!("/repairs/{}/decision", applied.of(&repair::APPLY).application.id);
    let granted = test.post(&path, &decision).header("if-match", "\"1\"").bearer_auth(test.unit_token(MARKET));
    assert_eq!(test.send(granted).await.status, 200);
}

async fn is_repaired(test: &TestStack) -> bool {
    let shown = test.send(test.get("/records").bearer_auth(test.subject_token(uscc(1)))).await.body;
    shown.to_string().contains("晋虚市监修〔2025〕8号")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_agrees_does_not_open_the_door_to_one_that_does_not() {
    let test = TestStack::start().await;
    with_granted_repair(&test, "2025-11-01").await;
    let same =
        with(&repair_row(1, 1), &json!({ "准予修复决定书文号": "晋虚市监修〔2025〕8号", "修复日期": "2025-11-01" }));
    let (came_to, _) = effects(&test, marks(TableId::Repair, "同.csv", &same)).await;
    assert_eq!(came_to, counts([("unchanged", 1)]));
    let (came_to, _) = effects(&test, marks(TableId::Repair, "异.csv", &repair_row(1, 1))).await;
    assert_eq!(came_to, counts([("contradicts", 1)]));
    assert!(is_repaired(&test).await);
    // A decision dated behind the repair would make it not count.
    let redated = with(&penalty_row(1, 1), &json!({ "处罚决定日期": "2025-11-02" }));
    let (came_to, told) = effects(&test, file("改期.csv", &[redated])).await;
    assert_eq!(came_to, counts([("contradicts", 1)]), "{told:?}");
    assert!(told[0].1.contains("处罚决定日期"), "{told:?}");
    assert!(is_repaired(&test).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_that_wait_are_not_lost_to_other_offices() {
    let test = TestStack::start().await;
    let (office, other) = ("market-supervision-140403", "market-supervision-140404");
    let repair =
        |unit: &'static str, document| UploadBuilder::new(unit, TableId::Repair).row(&repair_row(1, document)).build();
    // The municipal unit's mark waits; an office does not replace it.
    test.take_in(&[register(1), repair(MARKET, 1)]).await;
    test.take_in(&[repair(office, 1)]).await;
    assert_eq!(latest(&test, office).await.effects, counts([("conflict", 1)]));
    test.take_in(&[file("一.csv", &[penalty_row(1, 1)])]).await;
    let shown = test.send(test.get("/records").bearer_auth(test.subject_token(uscc(1)))).await.body;
    assert!(shown.to_string().contains("晋虚市监修〔2025〕1号"), "{shown:#}");
    assert_eq!((waiting(&test, MARKET).await, waiting(&test, office).await), (vec![], vec![]));
    // An office's mark of what turns out to be another office's record stays on its list, and says why.
    test.take_in(&[repair(office, 2)]).await;
    test.take_in(&[UploadBuilder::new(other, TableId::Penalty).row(&penalty_row(1, 2)).build()]).await;
    let listed = waiting(&test, office).await;
    assert!(listed[0].without_force.as_ref().unwrap().contains("上党区"), "{listed:?}");
    // So does one that is dated before its record's decision.
    let early = with(&repair_row(1, 3), &json!({ "修复日期": "2024-01-02" }));
    test.take_in(&[marks(TableId::Repair, "早.csv", &early)]).await;
    test.take_in(&[file("三.csv", &[penalty_row(1, 3)])]).await;
    let listed = waiting(&test, MARKET).await;
    assert!(listed[0].without_force.as_ref().unwrap().contains("2024-03-05"), "{listed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_repeat_or_contradict_each_other_are_told_the_same_every_time() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let pairs: Vec<Value> = (1..=60).flat_map(|n| [penalty_row(1, n), penalty_row(1, n)]).collect();
    let (came_to, told) = effects(&test, file("双.csv", &pairs)).await;
    assert_eq!((came_to, told), (counts([("new", 60), ("unchanged", 60)]), vec![]));
    let other = with(&repair_row(1, 1), &json!({ "修复日期": "2025-07-01" }));
    let two = UploadBuilder::new(MARKET, TableId::Repair).file("两.csv").row(&repair_row(1, 1)).row(&other).build();
    let (came_to, _) = effects(&test, two).await;
    assert_eq!(came_to, counts([("new", 1)]));
    let rejected = latest(&test, MARKET).await.receipt.unwrap().reading.faults;
    assert_eq!(rejected, [("record-twice".to_owned(), 1)].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_without_force_are_told_first_and_a_cut_list_says_so() {
    let test = TestStack::start().await;
    let rows: Vec<Value> = (1..=230).map(|n| penalty_row(1, n)).collect();
    test.take_in(&[register(1), file("一.csv", &rows)]).await;
    // The last one is corrected by an objection; then all are sent otherwise, that one at the end.
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    let record = test.record_id(&report, "〕230号").await;
    let objection = json!({ "record": record, "contested": "record", "reasons": "与事实不符。" });
    let raised = test.send(test.post("/objections", &objection).bearer_auth(test.subject_token(uscc(1)))).await;
    let decision =
        json!({ "outcome": "upheld", "reason": "属实。", "correction": { "details": { "content": "警告。" } } });
    let path = format!("/objections/{}/decision", raised.of(&objection::SUBMIT).objection.id);
    let decide = test.post(&path, &decision).header("if-match", "\"1\"").bearer_auth(test.unit_token(MARKET));
    assert_eq!(test.send(decide).await.status, 200);
    let changed = |n| with(&penalty_row(1, n), &json!({ "处罚内容": "警告，罚款12500元。" }));
    let rows: Vec<Value> = (1..=230).map(changed).collect();
    let (came_to, told) = effects(&test, file("二.csv", &rows)).await;
    assert_eq!(came_to, counts([("changed", 229), ("contradicts", 1)]));
    assert_eq!((told.len(), told[0].0.as_str()), (200, "contradicts"));
    assert_eq!(latest(&test, MARKET).await.receipt.unwrap().effects.unwrap().listed, 230);
}

/// A row of table abnormal-operation.
fn listing(on: &str, removed: Option<&str>) -> Value {
    json!({
        "行政相对人名称": "长治市虚构1号商贸有限公司", "行政相对人类别": "法人及非法人组织", "统一社会信用代码": uscc(1),
        "列入决定书文号": "晋虚市监异〔2024〕1号", "列入日期": on, "列入原因": "通过登记的住所无法联系",
        "列入机关": "长治市市场监督管理局", "列入机关统一社会信用代码": uscc(9000), "法定代表人": "甲某",
        "移出日期": removed.unwrap_or_default(), "移出原因": removed.map_or("", |_| "已改正"),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn listed_again_under_the_same_number_is_another_listing() {
    let test = TestStack::start().await;
    let listed = |name: &str, rows: &[Value]| {
        let file = UploadBuilder::new(MARKET, TableId::AbnormalOperation).file(name);
        rows.iter().fold(file, |file, row| file.row(row)).build()
    };
    test.take_in(&[register(1)]).await;
    let both = [listing("2023-03-01", Some("2023-06-01")), listing("2024-03-01", None)];
    let (came_to, told) = effects(&test, listed("一.csv", &both)).await;
    assert_eq!(came_to, counts([("new", 2)]), "{told:?}");
    let (came_to, _) = effects(&test, listed("再.csv", &both)).await;
    assert_eq!(came_to, counts([("unchanged", 2)]), "sent again they are the same two");
    // A removal by itself is that of the listing that it can be of.
    let removal = json!({
        "行政相对人名称": "长治市虚构1号商贸有限公司", "行政相对人类别": "法人及非法人组织", "统一社会信用代码": uscc(1),
        "原决定书文号": "晋虚市监异〔2024〕1号", "记录类别": "经营异常名录", "移出机关": "长治市市场监督管理局",
        "移出日期": "2024-08-01", "移出事由": "已改正",
    });
    let (came_to, told) = effects(&test, marks(TableId::Removal, "移出.csv", &removal)).await;
    assert_eq!(came_to, counts([("new", 1)]), "{told:?}");
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    let content = test.content(&report.number).await;
    let removal = |standing: &StandingRecord| standing.removal.as_ref().map(|removal| removal.removal.date);
    let listings: Vec<_> =
        content.records.iter().map(|standing| (standing.record.decided, removal(standing))).collect();
    assert_eq!(listings, [(date(2024, 3, 1), Some(date(2024, 8, 1))), (date(2023, 3, 1), None)]);
    // A third time, after the removal that came by itself.
    let (came_to, _) = effects(&test, listed("三.csv", &[listing("2025-01-02", None)])).await;
    assert_eq!(came_to, counts([("new", 1)]));
}
