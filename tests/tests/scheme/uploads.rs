//! What a clerk does with files over HTTP: announce, put, follow, get rejections back, mend, send again (R4, R5).

use jiff::civil::date;
use serde_json::{Value, json};
use xinzheng::main_job::UploadFile;
use xinzheng_api::link::UploadMethod;
use xinzheng_api::report::ReportSummary;
use xinzheng_api::upload::{self, AnnouncedUpload, CheckedFile, UploadState};
use xinzheng_api::{record, report};
use xinzheng_domain::{TableId, UnitCode};
use xinzheng_intake::{Confirmed, Counts, Notice, RejectionCode};
use xinzheng_tests::{
    TestStack, UploadBuilder, penalties, penalty_row, register, repair_row, uscc, with, withdrawal_row,
};

const MARKET: &str = "market-supervision";
const OFFICE: &str = "market-supervision-140403";
const NEIGHBOUR: &str = "market-supervision-140404";

fn announcement(file: &UploadFile) -> Value {
    let name = file.key.rsplit('/').next().unwrap();
    let sha256 = xinzheng_domain::report::ContentDigest::of(&file.bytes).to_string();
    json!({ "table": file.key.split('/').nth(2).unwrap(), "file": name, "bytes": file.bytes.len(), "sha256": sha256 })
}

/// Puts a file where the answer to its announcement says.
async fn put(test: &TestStack, announced: &AnnouncedUpload, bytes: &[u8]) -> u16 {
    let upload = &announced.upload;
    let UploadMethod::Put = upload.method;
    let mut request = test.request("PUT", &upload.url);
    for (name, value) in &upload.headers {
        request = request.header(name, value);
    }
    request.body(bytes.to_vec()).send().await.unwrap().status().as_u16()
}

/// What a report about subject 1 finds.
async fn summary(test: &TestStack) -> ReportSummary {
    test.issued(uscc(1), &json!({ "purpose": "other" })).await.report.summary
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_uploads_follows_and_mends() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let clerk = test.unit_token(MARKET);
    let faulty = with(&penalty_row(1, 2), &json!({ "处罚决定日期": "昨天" }));
    let file = penalties().row(&penalty_row(1, 1)).row(&faulty).build();

    let announced = test.send(test.post("/uploads", &announcement(&file)).bearer_auth(&clerk)).await;
    assert_eq!(announced.status, 201, "{announced:?}");
    let announced = announced.of(&upload::ANNOUNCE);
    let key = &announced.key;
    assert!(key.starts_with("uploads/market-supervision/penalty/2025-11-03/"), "{key}");
    let path = format!("/uploads/{}", announced.id);
    let follow = async |path: &str| test.send(test.get(path).bearer_auth(&clerk)).await;
    let before = follow(&path).await.of(&upload::READ);
    assert_eq!((before.state, before.progress_percent), (UploadState::Announced, 0));

    assert_eq!(put(&test, &announced, &file.bytes).await, 200);
    test.stack.idle(|_| {}).await;
    let after = follow(&path).await.of(&upload::READ);
    assert_eq!((after.state, after.progress_percent), (UploadState::Indexed, 100));
    assert_eq!(after.counts, Some(Counts { rows: 2, accepted: 1, rejected: 1, blank: 0 }));
    let listed = follow("/uploads").await.of(&upload::LIST).page.items;
    assert_eq!((&listed[0].id, listed[0].state), (&announced.id, UploadState::Indexed));

    for (format, begins) in [("csv", b"\xef\xbb\xbf".as_slice()), ("xlsx", b"PK")] {
        let answer = follow(&format!("{path}/rejections?format={format}")).await;
        let rejections = answer.of(&upload::REJECTIONS);
        assert_eq!((answer.status, rejections.rows), (200, 1), "{answer:?}");
        assert!(test.downloaded(&rejections.download).await.starts_with(begins), "{format}");
    }

    // The workbook of rejected rows, mended, is an upload like any other.
    let marked = follow(&format!("{path}/rejections?format=xlsx")).await.of(&upload::REJECTIONS);
    let mended = mend(&test.downloaded(&marked.download).await, "处罚决定日期", "2024-03-05");
    let mended = UploadFile { key: "uploads/market-supervision/penalty/2025-11-03/改.xlsx".to_owned(), bytes: mended };
    test.take_in(std::slice::from_ref(&mended)).await;
    let receipt = test.receipt(&mended.key).await;
    assert_eq!((receipt.reading.counts.accepted, receipt.reading.counts.rejected), (1, 0), "{receipt:?}");
    assert_eq!(summary(&test).await.records, 2, "both rows count now");
}

/// Writes a workbook's first sheet anew with another text in the column of every row.
fn mend(workbook: &[u8], column: &str, text: &str) -> Vec<u8> {
    use calamine::{Data, Reader, Xlsx};
    let mut read = Xlsx::new(std::io::Cursor::new(workbook)).unwrap();
    let range = read.worksheet_range_at(0).unwrap().unwrap();
    let place = range.rows().next().unwrap().iter().position(|cell| *cell == Data::String(column.to_owned())).unwrap();
    let mut written = rust_xlsxwriter::Workbook::new();
    let sheet = written.add_worksheet();
    for (number, row) in (0..).zip(range.rows()) {
        for (index, cell) in row.iter().enumerate() {
            let cell = if number > 0 && index == place { text.to_owned() } else { cell.to_string() };
            sheet.write_string(number, u16::try_from(index).unwrap(), cell).unwrap();
        }
    }
    written.save_to_buffer().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announcement_says_what_is_wrong_with_it() {
    let test = TestStack::start().await;
    let clerk = test.unit_token(OFFICE);
    let good = announcement(&penalties().row(&penalty_row(1, 1)).build());
    for (change, status, problem) in [
        (json!({ "table": "penalties" }), 422, "table-unknown"),
        (json!({ "table": "judgment" }), 403, "table-not-permitted"),
        (json!({ "file": "a/b.csv" }), 422, "file-name-not-allowed"),
        (json!({ "file": "a.exe" }), 422, "file-name-not-allowed"),
        (json!({ "file": "" }), 422, "file-name-not-allowed"),
        (json!({ "bytes": 0 }), 422, "size-not-allowed"),
        (json!({ "bytes": 6_000_000_000_u64 }), 422, "size-not-allowed"),
        (json!({ "sha256": "12" }), 422, "digest-unreadable"),
        (json!({ "sha256": "长".repeat(22).get(..63).map(|s| format!("{s}1")) }), 422, "digest-unreadable"),
        (json!({ "unit": "nobody" }), 422, "unit-unknown"),
        (json!({ "unit": MARKET }), 403, "unit-not-yours"),
        (json!({ "unit": NEIGHBOUR }), 403, "unit-not-yours"),
        (json!({ "colour": "red" }), 400, "body-unreadable"),
    ] {
        let answer = test.send(test.post("/uploads", &with(&good, &change)).bearer_auth(&clerk)).await;
        assert_eq!((answer.status, answer.problem()), (status, problem), "{change}");
    }
    let audit = test.audit(OFFICE).await;
    let refused = [("request.refused", "POST /uploads"), ("upload-refused", MARKET), ("upload-refused", NEIGHBOUR)];
    assert_eq!(audit, refused.map(|(a, o)| (a.into(), o.into())));
    // A subject is no unit.
    let subject = test.subject_token(uscc(1));
    let answer = test.send(test.post("/uploads", &good).bearer_auth(subject)).await;
    assert_eq!((answer.status, answer.problem()), (403, "role-not-allowed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_takes_the_announced_bytes_only() {
    let test = TestStack::start().await;
    let file = penalties().row(&penalty_row(1, 1)).build();
    let clerk = test.unit_token(MARKET);
    let announced = test.send(test.post("/uploads", &announcement(&file)).bearer_auth(&clerk)).await;
    let announced = announced.of(&upload::ANNOUNCE);
    let signed = format!("{}{:?}", announced.upload.url, announced.upload.headers).to_lowercase();
    assert!(signed.contains("x-amz-checksum-sha256"), "{signed}");
    assert!(signed.contains("content-length"), "{signed}");
    let mut other = file.bytes.clone();
    other[10] ^= 1;
    assert!(put(&test, &announced, &other).await >= 400, "another file of the same length");
    assert_eq!(put(&test, &announced, &file.bytes).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_are_found_by_what_was_returned_of_them() {
    let test = TestStack::start().await;
    let faulty = with(&penalty_row(2, 2), &json!({ "处罚类别": "" }));
    let file = |name: &str| UploadBuilder::new(MARKET, TableId::Penalty).file(name);
    let whole = file("whole.csv").row(&penalty_row(1, 1)).build();
    let partly = file("partly.csv").row(&penalty_row(3, 3)).row(&faulty).build();
    test.take_in(&[whole, partly]).await;
    let listed = async |query: &str| {
        test.send(test.get(&format!("/uploads?{query}")).bearer_auth(test.unit_token(MARKET))).await
    };
    let names = async |query: &str| -> Vec<String> {
        let uploads = listed(query).await.of(&upload::LIST).page;
        assert!(uploads.next.is_none());
        uploads.items.iter().map(|upload| upload.file.clone().unwrap_or_default()).collect()
    };
    let none: [&str; 0] = [];
    assert_eq!(names("").await.len(), 2);
    assert_eq!(names("reason=value-missing").await, ["partly.csv"]);
    assert_eq!(names("reason=value-missing&table=penalty&month=2025-11").await, ["partly.csv"]);
    assert_eq!(names("reason=uscc-invalid").await, none);
    assert_eq!(names("reason=file-empty").await, none);
    assert_eq!(names("table=repair").await, none);
    assert_eq!(names("month=2024-01").await, none);
    let found = listed("reason=value-missing").await.of(&upload::LIST).page;
    assert_eq!(found.items[0].returned_for.get("value-missing"), Some(&1));
    let page = listed("reason=because").await;
    assert_eq!((page.status, page.problem()), (422, "return-reason-unknown"));
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_are_seen_by_their_unit_its_municipal_unit_and_the_platform() {
    let test = TestStack::start().await;
    let file = UploadBuilder::new(OFFICE, TableId::Penalty).row(&penalty_row(1, 1)).build();
    test.take_in(&[file]).await;
    let listed = async |token: String, path: &str| test.send(test.get(path).bearer_auth(token)).await;
    let own = listed(test.unit_token(OFFICE), "/uploads").await.of(&upload::LIST);
    let id = &own.page.items[0].id;
    for (token, sees) in [
        (test.unit_token(OFFICE), true),
        (test.unit_token(MARKET), true),
        (test.operator_token(), true),
        (test.unit_token(NEIGHBOUR), false),
        (test.unit_token("tax"), false),
    ] {
        let list = listed(token.clone(), &format!("/uploads?unit={OFFICE}")).await;
        let one = listed(token, &format!("/uploads/{id}")).await;
        assert_eq!((list.status == 200, one.status == 200), (sees, sees), "{one:?}");
    }
    let none = listed(test.unit_token(OFFICE), &format!("/uploads/{id}/rejections")).await;
    assert_eq!((none.status, none.problem()), (404, "rejections-none"));
    let page = listed(test.unit_token(OFFICE), "/uploads?cursor=x").await;
    assert_eq!((page.status, page.problem()), (422, "cursor-unreadable"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_tells_what_would_become_of_a_file_and_stores_nothing() {
    let test = TestStack::start().await;
    let clerk = test.unit_token(MARKET);
    let faulty = with(&penalty_row(1, 2), &json!({ "处罚决定日期": "昨天" }));
    let file = penalties().row(&penalty_row(1, 1)).row(&faulty).build();
    let before = test.registry().await;
    let check = async |query: &str, bytes: Vec<u8>| {
        test.send(test.post_bytes(&format!("/uploads/check?{query}"), bytes).bearer_auth(&clerk)).await
    };
    let answer = check("table=penalty&file=a.csv", file.bytes.clone()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let CheckedFile::Read { reading, rejections, rejections_not_shown } = answer.of(&upload::CHECK) else {
        panic!("{answer:?}")
    };
    assert_eq!(reading.counts, Counts { rows: 2, accepted: 1, rejected: 1, blank: 0 });
    assert_eq!(rejections[0].code, RejectionCode::DateUnreadable);
    assert_eq!(rejections_not_shown, 0);
    let refused = check("table=penalty&file=a.xlsx", b"PK\x03\x04\xff\xfe".to_vec()).await;
    let CheckedFile::Refused { refusal } = refused.of(&upload::CHECK) else { panic!("{refused:?}") };
    assert_eq!(refusal.code, "file-workbook-damaged", "binary bodies arrive as they are");
    // 中 in GB 18030: of a text the HTTP API would make something else.
    let in_gb18030 = b"\xd6\xd0".to_vec();
    for media in ["text/csv", "Text/CSV; charset=gb18030", "application/json", "application/x-www-form-urlencoded"] {
        let request = test.post_bytes("/uploads/check?table=penalty&file=a.csv", in_gb18030.clone());
        let refused = test.send(request.header("content-type", media).bearer_auth(&clerk)).await;
        assert_eq!((refused.status, refused.problem()), (415, "media-type-unsupported"), "{media}");
    }
    let workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    for media in ["application/octet-stream", "application/vnd.ms-excel", workbook] {
        let request = test.post_bytes("/uploads/check?table=penalty&file=a.csv", file.bytes.clone());
        let taken = test.send(request.header("content-type", media).bearer_auth(&clerk)).await;
        assert_eq!(taken.body, answer.body, "{media}");
    }
    let missing = check("table=penalty", vec![]).await;
    assert_eq!((missing.status, missing.problem()), (422, "parameter-missing"));
    assert_eq!(test.registry().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_tables_are_handed_out() {
    let test = TestStack::start().await;
    for table in TableId::ALL {
        let answer = test.get(&format!("/templates/{table}.xlsx?unit=tax")).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.headers()["content-type"].to_str().unwrap().contains("spreadsheetml"));
        assert!(answer.bytes().await.unwrap().starts_with(b"PK"));
    }
    let unknown = test.send(test.get("/templates/penalties.xlsx")).await;
    assert_eq!((unknown.status, unknown.problem()), (404, "table-unknown"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_has_its_history() {
    let test = TestStack::start().await;
    let corrected = with(&penalty_row(1, 1), &json!({ "处罚内容": "警告。" }));
    // The repair comes first and waits; the correction comes as the same document with other content.
    test.take_in(&[register(1), UploadBuilder::new(MARKET, TableId::Repair).row(&repair_row(1, 1)).build()]).await;
    test.take_in(&[penalties().file("一.csv").row(&penalty_row(1, 1)).build()]).await;
    test.take_in(&[penalties().file("二.csv").row(&corrected).build()]).await;
    let record = test.record_ids().await.remove(0);
    let path = format!("/records/{record}/history");
    let history = test.send(test.get(&path).bearer_auth(test.unit_token(MARKET))).await;
    let steps = history.of(&record::HISTORY).page.items;
    let kinds: Vec<&str> = steps.iter().map(|step| step.entry["entry"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["mark", "record", "record"], "{history:?}");
    assert_eq!(steps[2].entry["value"]["details"]["content"], "警告。");
    assert_eq!((steps[0].row, Some(steps[0].unit)), (2, UnitCode::parse(MARKET)));
    let platform = test.get(&format!("{path}?reason=supervision")).bearer_auth(test.operator_token());
    let platform = test.send(platform).await;
    assert_eq!(platform.body, history.body);
    for token in [test.unit_token("tax"), test.unit_token(OFFICE)] {
        let other = test.send(test.get(&path).bearer_auth(token)).await;
        assert_eq!((other.status, other.problem()), (404, "record-unknown"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_sent_by_itself_ends_the_entry_and_a_manifest_is_kept() {
    let test = TestStack::start().await;
    let subject = json!({
        "行政相对人名称": "长治市虚构1号商贸有限公司",
        "行政相对人类别": "法人及非法人组织",
        "统一社会信用代码": uscc(1).to_string(),
    });
    let entry = json!({
        "法定代表人": "甲某",
        "列入决定书文号": "晋虚列〔2024〕1号",
        "列入原因": "虚构原因",
        "列入日期": "2024-05-06",
        "列入机关": "虚构局",
        "列入机关统一社会信用代码": uscc(1).to_string(),
    });
    let removal = json!({
        "原决定书文号": "晋虚列[2024]1号",
        "记录类别": "经营异常名录",
        "移出机关": "虚构局",
        "移出日期": "2025-01-02",
        "移出事由": "已更正公示信息",
    });
    let manifest = |count: &str| json!({ "期间起": "2024-05-01", "期间止": "2024-05-31", "记录类别": "经营异常名录", "条数": count });
    let upload = |table, file: &str, row: &Value| UploadBuilder::new(MARKET, table).file(file).row(row).build();
    test.take_in(&[
        register(1),
        upload(TableId::Removal, "移出.csv", &with(&subject, &removal)),
        upload(TableId::AbnormalOperation, "列入.csv", &with(&subject, &entry)),
        upload(TableId::Manifest, "对账.csv", &manifest("0")),
    ])
    .await;
    test.take_in(&[upload(TableId::Manifest, "更正.csv", &manifest("1"))]).await;
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    assert_eq!(report.summary.records, 1, "it stays in the report: {report:?}");
    let content = test.content(&report.number).await;
    let removal = content.records[0].removal.as_ref().map(|removal| removal.removal.date);
    assert_eq!(removal, Some(date(2025, 1, 2)), "{content:#?}");
    let manifests: Vec<_> = test.registry().await.into_iter().filter(|(key, _)| key.contains(" | MANIFEST#")).collect();
    assert_eq!(manifests.len(), 1, "the same period and kind is one manifest");
    assert!(manifests[0].1["body"].contains("\"count\":1"), "the later one counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_does_not_touch_anothers_records() {
    let test = TestStack::start().await;
    let penalty = |unit| UploadBuilder::new(unit, TableId::Penalty);
    test.take_in(&[register(1), penalty(OFFICE).row(&penalty_row(1, 1)).build()]).await;
    let before = summary(&test).await;
    assert_eq!(before.records, 1);
    // Another county's office: neither a correction nor a withdrawal takes effect.
    let changed = with(&penalty_row(1, 1), &json!({ "处罚内容": "警告" }));
    let conflict = penalty(NEIGHBOUR).row(&changed).build();
    let withdrawal = UploadBuilder::new(NEIGHBOUR, TableId::Withdrawal).row(&withdrawal_row(1, 1)).build();
    test.take_in(&[conflict, withdrawal]).await;
    assert_eq!(json!(summary(&test).await), json!(before));
    let audit = test.audit(NEIGHBOUR).await;
    assert_eq!(audit.iter().map(|(action, _)| action.as_str()).collect::<Vec<_>>(), ["change-refused"; 2]);
    let listed = test.send(test.get("/uploads").bearer_auth(test.unit_token(NEIGHBOUR))).await.of(&upload::LIST);
    let conflicts: u64 = listed.page.items.iter().map(|upload| upload.conflicts).sum();
    assert_eq!(conflicts, 2, "{listed:?}");
    // Another municipal unit cannot even name it: to it, the same document is another record.
    let tax = UploadBuilder::new("tax", TableId::Withdrawal)
        .row(&with(&withdrawal_row(1, 1), &json!({ "记录类别": "行政强制" })));
    test.take_in(&[tax.build()]).await;
    assert_eq!(json!(summary(&test).await), json!(before));
    // The municipal unit may: its office sends under it.
    test.take_in(&[UploadBuilder::new(MARKET, TableId::Withdrawal).row(&withdrawal_row(1, 1)).build()]).await;
    assert_eq!(summary(&test).await.records, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_register_decides_and_a_renamed_subject_keeps_its_records() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let entry = |change: Value| {
        UploadBuilder::new(MARKET, TableId::Subject)
            .file(&format!("{}.csv", change["名称"].as_str().or(change["登记状态"].as_str()).unwrap()))
            .row(&with(&xinzheng_tests::register_row(1), &change))
            .build()
    };
    for (change, status, name) in [
        (json!({ "名称": "长治市虚构改名有限公司" }), 201, "长治市虚构改名有限公司"),
        (json!({ "登记状态": "吊销" }), 201, "长治市虚构1号商贸有限公司"),
        (json!({ "登记状态": "注销" }), 201, "长治市虚构1号商贸有限公司"),
        (json!({ "登记状态": "迁出" }), 403, ""),
        (json!({ "登记状态": "迁入" }), 201, "长治市虚构1号商贸有限公司"),
    ] {
        test.take_in(&[entry(change.clone())]).await;
        let report = test.report(uscc(1), &json!({ "purpose": "other" })).await;
        assert_eq!(report.status, status, "{change}");
        if status == 201 {
            let report = report.of(&report::ISSUE).opened.report;
            assert_eq!((report.subject.as_str(), report.summary.records), (name, 1));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_file_is_worked_on_in_parts_and_closed_once() {
    let rows = (1..=60).fold(penalties(), |rows, n| {
        // Line breaks inside quotes, and a faulty row in each ten.
        let change = if n % 10 == 0 {
            json!({ "处罚决定日期": "昨天" })
        } else {
            json!({ "违法事实": "一行\n又一行，\"引\"" })
        };
        rows.row(&with(&penalty_row(1, n), &change))
    });
    let file = rows.build();
    let whole = TestStack::start().await;
    whole.take_in(&[register(1), file.clone()]).await;
    let expected = whole.receipt(&file.key).await;
    assert_eq!((expected.reading.counts.accepted, expected.reading.counts.rejected), (54, 6));
    for seed in 1..=2 {
        let faults = xinzheng::Faults { duplicated_percent: 50, reordered: true, seed };
        let parted = TestStack::with(faults, &[("PartBytes", "2000"), ("ChunkRows", "3")]).await;
        parted.take_in(&[register(1), file.clone()]).await;
        let receipt = parted.receipt(&file.key).await;
        assert_eq!(receipt.reading, expected.reading);
        assert_eq!((receipt.bytes, &receipt.sha256), (expected.bytes, &expected.sha256));
        assert!(receipt.rejected_objects.len() > 5, "parts: {:?}", receipt.rejected_objects);
        assert_eq!(parted.stack.dead_letters(), Vec::<String>::new());
        assert_eq!(
            parted.rejections(&receipt).await,
            whole.rejections(&expected).await,
            "the same rows at the same places"
        );
        let batch = parted.batch(&receipt.batch).await;
        assert_eq!(batch["chunks"], batch["chunks_indexed"], "every chunk is counted once");
        assert_eq!(batch["parts"], batch["parts_done"]);
        assert_eq!(json!(summary(&parted).await), json!(summary(&whole).await));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_is_nearly_known_needs_the_clerks_word() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let clerk = test.unit_token(MARKET);
    let mut file = penalties().row(&penalty_row(1, 1)).build();
    let text = String::from_utf8(file.bytes).unwrap().replace("公示截止期", "公示截止时间");
    file.bytes = text.into_bytes();
    let follow = async |announced: &AnnouncedUpload| {
        assert_eq!(put(&test, announced, &file.bytes).await, 200);
        test.stack.idle(|_| {}).await;
        let path = format!("/uploads/{}", announced.id);
        test.send(test.get(&path).bearer_auth(&clerk)).await.of(&upload::READ)
    };
    let announced = test.send(test.post("/uploads", &announcement(&file)).bearer_auth(&clerk)).await;
    let refused = follow(&announced.of(&upload::ANNOUNCE)).await;
    let refusal = refused.receipt.unwrap().refusal.unwrap();
    assert_eq!(refusal.code, "columns-nearly-known", "{refusal:?}");
    assert!(refusal.reason.contains("公示截止期（最接近的列是“公示截止时间”）"));

    let mut said = announcement(&file);
    said["confirmed"] = json!(["columns"]);
    let announced = test.send(test.post("/uploads", &said).bearer_auth(&clerk)).await;
    assert_eq!(announced.status, 201, "{announced:?}");
    let taken = follow(&announced.of(&upload::ANNOUNCE)).await;
    assert_eq!((taken.state, taken.counts.unwrap().accepted), (UploadState::Indexed, 1), "{taken:?}");
    let reading = taken.receipt.unwrap().reading;
    assert_eq!(reading.confirmed, Confirmed { columns: true, origin: false });
    assert!(matches!(reading.notices[0], Notice::NearlyKnownLeftOut { .. }), "{:?}", reading.notices);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_number_in_a_file_name_is_hidden() {
    let test = TestStack::start().await;
    let file = penalties().row(&penalty_row(1, 1)).build();
    let mut wanted = announcement(&file);
    wanted["file"] = json!("虚某140403199003077816.csv");
    let announced = test.send(test.post("/uploads", &wanted).bearer_auth(test.unit_token(MARKET))).await;
    let key = announced.of(&upload::ANNOUNCE).key;
    assert!(key.ends_with("-虚某140403XXXXXXXX7816.csv"), "{key}");
}
