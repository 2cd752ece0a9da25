//! What a reader concludes is what is known: on paper, in the data and behind the code. The five ways in which a bank that read
//! "未查询到违法违规记录" was misled, each to its end (R3, R10, R13).

use jiff::civil::{Date, date};
use lopdf::Document;
use scraper::{Html, Selector};
use serde_json::{Value, json};
use xinzheng_api::report::{self, OpenedReport};
use xinzheng_api::verification::{self, BatchAnswer, NamedDomain, SubjectEvent, Verification};
use xinzheng_domain::month::{Month, MonthRange};
use xinzheng_domain::record::in_force::Belonging;
use xinzheng_domain::report::ReportContent;
use xinzheng_domain::report::completeness::DomainCompleteness;
use xinzheng_domain::{DomainId, RecordKind, ReportStatus, TableId};
use xinzheng_tests::{
    TestStack, UploadBuilder, client_builder, penalties, penalty_row, register, uscc, with, withdrawal_row,
};

const MARKET: &str = "market-supervision";

/// What all records say of their subject.
fn subject_columns() -> Value {
    json!({
        "行政相对人名称": "长治市虚构1号商贸有限公司",
        "行政相对人类别": "法人及非法人组织",
        "统一社会信用代码": uscc(1),
        "法定代表人": "甲某",
    })
}

fn listing(list: &str, document: &str, listed: &str) -> Value {
    with(
        &subject_columns(),
        &json!({
            "名单名称": list, "涉及领域": "市场监管", "列入决定书文号": document, "列入日期": listed, "列入事由": "虚构的事由", "列入依据": "《虚构办法》第一条",
            "列入机关": "长治市市场监督管理局", "列入机关统一社会信用代码": uscc(9000),
        }),
    )
}

fn abnormal(document: &str, listed: &str) -> Value {
    with(
        &subject_columns(),
        &json!({
            "列入决定书文号": document, "列入日期": listed, "列入原因": "未按规定公示年度报告", "列入机关": "长治市市场监督管理局",
            "列入机关统一社会信用代码": uscc(9000),
        }),
    )
}

fn coercion(document: &str, decided: &str) -> Value {
    with(
        &subject_columns(),
        &json!({
            "行政强制决定书文号": document, "强制种类": "查封场所、设施或者财物", "强制事由": "虚构的事由", "强制依据": "《虚构办法》第二条",
            "强制内容": "查封生产车间。", "决定日期": decided, "强制机关": "长治市市场监督管理局",
            "强制机关统一社会信用代码": uscc(9000), "涉及领域": "食品",
        }),
    )
}

fn ban(document: u32, decided: &str, until: &str) -> Value {
    with(
        &penalty_row(1, document),
        &json!({
            "处罚类别": "限制从业", "处罚内容": "三年内不得从事食品生产经营。", "罚款金额（万元）": "", "违法事实": "虚构的事实。",
            "处罚决定日期": decided, "处罚有效期": until,
        }),
    )
}

fn table(table: TableId, row: &Value) -> xinzheng::main_job::UploadFile {
    UploadBuilder::new(MARKET, table).row(row).build()
}

async fn report(test: &TestStack, request: &Value) -> OpenedReport {
    test.issued(uscc(1), &with(&json!({ "purpose": "financial" }), request)).await
}

/// The stored content of a report.
async fn content(test: &TestStack, report: &OpenedReport) -> ReportContent {
    test.content(&report.report.number).await
}

fn domain(name: &str) -> DomainId {
    DomainId::from_name(name).unwrap()
}

fn months(from: &str, to: &str) -> MonthRange {
    MonthRange { from: Month::parse(from).unwrap(), to: Month::parse(to).unwrap() }
}

/// The text of the PDF, without spaces and line breaks.
async fn paper(test: &TestStack, report: &OpenedReport) -> String {
    let document = Document::load_mem(&test.pdf(report).await).unwrap();
    let pages: Vec<u32> = document.get_pages().keys().copied().collect();
    document.extract_text(&pages).unwrap().split_whitespace().collect()
}

async fn verified(test: &TestStack, report: &OpenedReport) -> Verification {
    test.verified(report.report.code).await
}

/// The page behind the QR code, as people see it.
async fn page(test: &TestStack, report: &OpenedReport) -> String {
    let url = format!("{}/verify/{}", test.stack.address, report.report.code);
    let answer = client_builder().build().unwrap().get(url).header("accept", "text/html").send().await.unwrap();
    answer.text().await.unwrap()
}

fn all_in(text: &str, words: &[&str]) {
    for words in words {
        assert!(text.contains(words), "{words} is not in {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn measures_in_force_are_told_whenever_they_were_decided() {
    let test = TestStack::start().await;
    let list = "严重违法失信名单（食品安全）";
    let lists = xinzheng_domain::Catalogue::get().units.iter().find(|unit| unit.code == MARKET).unwrap();
    let list = lists.lists.first().map_or(list, String::as_str);
    test.take_in(&[
        register(1),
        table(TableId::SeriousDishonesty, &listing(list, "晋虚列〔2021〕1号", "2021-03-01")),
        table(TableId::AbnormalOperation, &abnormal("晋虚异〔2023〕2号", "2023-03-01")),
        table(TableId::Coercion, &coercion("晋虚强〔2023〕3号", "2023-04-01")),
        // Over before the period, and a fine, which does not last.
        penalties()
            .row(&ban(4, "2023-05-01", "2027-04-30"))
            .row(&ban(5, "2023-05-01", "2023-12-31"))
            .row(&with(&penalty_row(1, 6), &json!({ "处罚决定日期": "2023-06-01" })))
            .build(),
    ])
    .await;
    let report = report(&test, &json!({ "period": { "from": "2024-01-01", "to": "2024-12-31" } })).await;
    assert_eq!((report.report.summary.records, report.report.summary.in_force), (0, 4));
    let content = content(&test, &report).await;
    assert_eq!((content.records.len(), content.in_force.len()), (0, 4));
    let text = paper(&test, &report).await;
    all_in(
        &text,
        &[
            "另有期前作出、期间内仍有效的措施4项",
            "期前作出、期间内仍有效（",
            "晋虚列〔2021〕1号",
            "晋虚异〔2023〕2号",
            "晋虚强〔2023〕3号",
            "有效至2027-04-30",
        ],
    );
    assert!(
        !text.contains("〔2024〕5号") && !text.contains("〔2024〕6号"),
        "what is over, or does not last, is not of 2024"
    );
    let told = verified(&test, &report).await;
    assert_eq!((told.records, told.in_force, told.status), (0, 4, ReportStatus::Valid));
    let lines = told.lines.unwrap();
    assert!(lines.len() == 4 && lines.iter().all(|line| line.belonging == Belonging::InForce), "{lines:#?}");
    let page = page(&test, &report).await;
    all_in(&page, &["另有期前作出、期间内仍有效的措施 4 项", "晋虚列〔2021〕1号", "未移出", "未解除"]);
    // Removed on the first day of a period, it is not in force in it any more.
    let removal = with(
        &listing(list, "晋虚列〔2021〕1号", "2021-03-01"),
        &json!({ "移出日期": "2025-01-01", "移出事由": "整改完成" }),
    );
    let removal = UploadBuilder::new(MARKET, TableId::SeriousDishonesty).file("移出.csv").row(&removal).build();
    test.take_in(&[removal]).await;
    let later = self::report(&test, &json!({ "period": { "from": "2025-01-01", "to": "2025-06-30" } })).await;
    assert_eq!(later.report.summary.in_force, 3);
    let told = verified(&test, &report).await;
    assert_eq!(told.status, ReportStatus::Affected, "what the report rests on has changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_collected_is_not_said_to_be_none() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let report = report(&test, &json!({ "domains": ["税务", "消防救援"] })).await;
    let text = paper(&test, &report).await;
    all_in(
        &text,
        &[
            // Taxes: coercions and lists; fire: lists alone.
            "税务市税务局—00——00",
            "消防救援市消防救援支队——0——00",
            "该领域不归集此类信息，不表示没有",
            "归集范围内，未查询到",
        ],
    );
    assert!(!text.contains("未查询到违法违规记录"), "{text}");
    let told = verified(&test, &report).await;
    assert_eq!(told.domains[0].collected, [RecordKind::Coercion, RecordKind::SeriousDishonesty]);
    assert_eq!(told.domains[1].collected, [RecordKind::SeriousDishonesty]);
    assert!(page(&test, &report).await.contains("“—”为不在归集范围"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_reported_is_not_said_to_be_none() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let period = json!({ "period": { "from": "2025-07-01", "to": "2025-11-03" }, "domains": ["气象", "体育"] });
    let unknown = report(&test, &period).await;
    assert_eq!(content(&test, &unknown).await.completeness, None, "it was not worked out yet");
    assert!(paper(&test, &unknown).await.contains("尚未统计数源单位报送的完整情况"));
    // The weather office declares July and August, with nothing; the other unit nothing at all.
    let weather = domain("气象").collected_by().next().unwrap().to_string();
    for (from, to) in [("2025-07-01", "2025-07-31"), ("2025-08-01", "2025-08-31")] {
        let manifest = json!({ "kind": "penalty", "from": from, "to": to, "count": 0 });
        let declared = test.send(test.post("/manifests", &manifest).bearer_auth(test.unit_token(&weather))).await;
        assert_eq!(declared.status, 201, "{declared:?}");
    }
    test.stack.run_schedules().await.unwrap();
    let report = report(&test, &period).await;
    let completeness = content(&test, &report).await.completeness.unwrap();
    // On 2025-11-03 what was decided until the end of September is due.
    assert_eq!(completeness.due_until, Month::parse("2025-09"));
    let (weather_office, sports) = (
        DomainCompleteness {
            domain: domain("气象"),
            complete_until: Month::parse("2025-08"),
            partial: vec![],
            missing: vec![months("2025-09", "2025-09")],
            silent: false,
        },
        DomainCompleteness {
            domain: domain("体育"),
            complete_until: None,
            partial: vec![],
            missing: vec![months("2025-07", "2025-09")],
            silent: true,
        },
    );
    assert_eq!(completeness.domains, [weather_office, sports]);
    all_in(
        &paper(&test, &report).await,
        &[
            "截至2025年9月应报送的数据中，以下领域有未报送或未报送完整的月份",
            "气象（未报送：2025年9月）；体育（未报送：2025年7月至2025年9月）",
            "气象：未查询到行政处罚记录。",
            "体育：数源单位尚未报送行政处罚数据，不能视为没有记录。",
        ],
    );
    // Whoever verifies it reads the same.
    let told = verified(&test, &report).await;
    let named =
        |number, name: &str| NamedDomain { number: DomainId::from_number(number).unwrap(), name: name.to_owned() };
    assert_eq!(told.incomplete, Some(vec![named(25, "气象"), named(29, "体育")]));
    all_in(
        &page(&test, &report).await,
        &["所列期间和领域的归集范围内未查询到违法违规记录", "未查询到记录不能证明该领域没有记录：气象、体育。"],
    );
    assert_eq!(verified(&test, &unknown).await.incomplete, None);
    assert!(page(&test, &unknown).await.contains("出具时尚未统计数源单位报送的完整情况"));
    // Of a period of which nothing is due the month before it is told; an office's open manifest breaks its unit's month.
    let short = json!({ "period": { "from": "2025-10-01", "to": "2025-11-03" }, "domains": ["气象", "体育"] });
    let report = self::report(&test, &short).await;
    all_in(
        &paper(&test, &report).await,
        &[
            "所选全部2个领域（未报送：2025年9月）",
            "所选期间各月均未到应报送完毕的时限",
            "气象：未查询到行政处罚记录",
            "体育：数源单位尚未报送行政处罚数据",
        ],
    );
    let documents = json!(["晋虚气罚〔2025〕1号"]);
    let open =
        json!({ "kind": "penalty", "from": "2025-08-01", "to": "2025-08-31", "count": 1, "documents": documents });
    let office = format!("{weather}-140403");
    let declared = test.send(test.post("/manifests", &open).bearer_auth(test.unit_token(&office))).await;
    assert_eq!(declared.status, 201, "{declared:?}");
    test.stack.run_schedules().await.unwrap();
    let report = self::report(&test, &period).await;
    let completeness = content(&test, &report).await.completeness.unwrap();
    let weather = &completeness.domains[0];
    assert_eq!((weather.complete_until, &weather.partial), (None, &vec![months("2025-07", "2025-08")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_behind_the_code_names_all_that_could_be_altered_on_paper() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    // A clean report, overprinted with other domains.
    let clean = report(&test, &json!({ "domains": ["气象", "体育"] })).await;
    let shown = page(&test, &clean).await;
    all_in(&shown, &["气象", "体育", "报告所载：所列期间和领域的归集范围内未查询到违法违规记录", "报告未载有记录"]);
    assert!(!shown.contains("税务") && !shown.contains("法院执行"), "what is not in it is not on the page");
    // One with a record, from which the record was cut.
    let food = report(&test, &json!({ "domains": ["食品"] })).await;
    let shown = page(&test, &food).await;
    all_in(&shown, &["违法违规记录 1 条", "晋虚市监罚〔2024〕1号", "2024-03-05", "1.25", "数据截至", "本次核验时间"]);
    // The heading says that it is genuine, not that all is well.
    let verdict = Html::parse_document(&shown).select(&Selector::parse(".verdict").unwrap()).next().unwrap().html();
    assert!(verdict.contains("报告真实") && !verdict.contains("违法"), "{verdict}");
    let batch = test.post("/verify", &json!({ "codes": [food.report.code] }));
    let results = test.send(batch).await.of(&verification::BATCH).results;
    let BatchAnswer::Report(found) = &results[0] else { panic!("{results:?}") };
    let alone = verified(&test, &food).await.lines;
    assert_eq!(json!(found.verification.lines), json!(alone), "the batch names them too");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_reached_us_after_a_report_is_told() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let clean = report(&test, &json!({ "domains": ["药品"] })).await;
    assert_eq!(verified(&test, &clean).await.status, ReportStatus::Valid);
    let whole = report(&test, &json!({})).await;
    // A decision of last year that is sent today.
    let late = with(&penalty_row(1, 2), &json!({ "涉及领域": "药品" }));
    test.take_in(&[penalties().file("补报.csv").row(&late).build()]).await;
    for (of, records) in [(&clean, 0), (&whole, 1)] {
        let told = verified(&test, of).await;
        assert_eq!((told.status, told.records), (ReportStatus::Supplemented, records));
        let domains = told.supplemented.unwrap().domains;
        let domains: Vec<(u8, &str, Option<Date>)> =
            domains.iter().map(|of| (of.domain.number.number(), of.domain.name.as_str(), of.since)).collect();
        assert_eq!(domains, [(19, "药品", Some(date(2025, 11, 3)))]);
        all_in(&page(&test, of).await, &["出具后有新归集的记录", "药品（2025-11-03 归集）", "请向出示人索取新的报告"]);
    }
    // What is not of its scope does not concern it; what changed comes before what came.
    let food = report(&test, &json!({ "domains": ["食品"] })).await;
    test.take_in(&[UploadBuilder::new(MARKET, TableId::Withdrawal).row(&withdrawal_row(1, 1)).build()]).await;
    let (affected, supplemented) = (ReportStatus::Affected, ReportStatus::Supplemented);
    assert_eq!(verified(&test, &food).await.statuses, [affected]);
    assert_eq!(verified(&test, &whole).await.statuses, [affected, supplemented]);
    let newer = report(&test, &json!({})).await;
    assert_eq!(verified(&test, &whole).await.statuses, [affected, supplemented, ReportStatus::Superseded]);
    assert_eq!(verified(&test, &newer).await.status, ReportStatus::Valid);
    let listed = test.send(test.get("/reports").bearer_auth(test.subject_token(uscc(1)))).await.of(&report::LIST);
    let statuses: Vec<ReportStatus> = listed.items.iter().map(|listed| listed.status).collect();
    let expected = [ReportStatus::Valid, affected, affected, supplemented];
    assert_eq!(statuses, expected, "newest first, as verification has it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bar_or_a_move_since_the_report_is_told_as_a_note() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let report = report(&test, &json!({})).await;
    assert_eq!(verified(&test, &report).await.notes, []);
    let moved = with(&xinzheng_tests::register_row(1), &json!({ "登记状态": "迁出" }));
    let moved = UploadBuilder::new(MARKET, TableId::Subject).file("迁出.csv").row(&moved).build();
    test.take_in(&[moved]).await;
    let told = verified(&test, &report).await;
    assert_eq!((told.status, told.notes[0].code), (ReportStatus::Valid, SubjectEvent::SubjectMovedOut), "{told:?}");
    assert!(page(&test, &report).await.contains("登记已迁出长治市"));
    let refused = test.report(uscc(1), &json!({ "purpose": "other" })).await;
    assert_eq!(refused.problem(), "subject-registered-elsewhere");
}
