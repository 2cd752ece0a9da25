//! What becomes of a row, table by table: the sharing standard as cases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod taken_in;

use jiff::civil::date;
use taken_in::{TakenIn, TakenRow, take_in};
use xinzheng_domain::record::{Details, Mark};
use xinzheng_domain::{Entry, RecordKind, TableId, Uscc};
use xinzheng_intake::{FileRefusal, Rejection};

fn uscc(organisation: &str) -> String {
    Uscc::compose("91140403", organisation).unwrap().to_string()
}

/// A row of a table as header -> value, that tests change cell by cell.
#[derive(Clone)]
struct RowBuilder(Vec<(String, String)>);

impl RowBuilder {
    fn penalty() -> Self {
        let code = uscc("MA0TE1T1");
        Self::of(&[
            ("行政相对人名称", "长治市虚构商贸有限公司"),
            ("行政相对人类别", "法人及非法人组织"),
            ("统一社会信用代码", &code),
            ("法定代表人", "甲某"),
            ("证件类型", ""),
            ("证件号码", ""),
            ("行政处罚决定书文号", "晋虚市监罚〔2024〕1号"),
            ("违法行为类型", "虚构的违法行为"),
            ("违法事实", "事实，含逗号、顿号"),
            ("处罚依据", "虚构办法第一条"),
            ("处罚类别", "警告、罚款"),
            ("处罚内容", "警告并罚款"),
            ("罚款金额（万元）", "1.25"),
            ("处罚决定日期", "2024-03-05"),
            ("处罚机关", "长治市市场监督管理局"),
            ("处罚机关统一社会信用代码", &code),
            ("数据来源单位", "长治市市场监督管理局"),
            ("数据来源单位统一社会信用代码", &code),
            ("涉及领域", "食品"),
        ])
    }

    fn of(cells: &[(&str, &str)]) -> Self {
        Self(cells.iter().map(|(header, value)| ((*header).to_owned(), (*value).to_owned())).collect())
    }

    fn with(mut self, header: &str, value: &str) -> Self {
        match self.0.iter_mut().find(|(known, _)| known == header) {
            Some((_, old)) => value.clone_into(old),
            None => self.0.push((header.to_owned(), value.to_owned())),
        }
        self
    }

    fn without(mut self, header: &str) -> Self {
        self.0.retain(|(known, _)| known != header);
        self
    }

    fn csv(&self) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(vec![]);
        writer.write_record(self.0.iter().map(|(header, _)| header)).unwrap();
        writer.write_record(self.0.iter().map(|(_, value)| value)).unwrap();
        writer.into_inner().unwrap()
    }

    fn taken_in(&self, unit: &str, table: TableId) -> Result<TakenIn, FileRefusal> {
        take_in(&self.csv(), "表.csv", unit, table)
    }

    fn accepted(&self, unit: &str, table: TableId) -> Entry<'static> {
        let taken = self.taken_in(unit, table).unwrap();
        taken.entries().first().map_or_else(|| panic!("not accepted: {taken:?}"), |&entry| entry.clone())
    }

    fn rejected(&self, unit: &str, table: TableId) -> Vec<Rejection> {
        let taken = self.taken_in(unit, table).unwrap();
        taken.rejected().first().map_or_else(|| panic!("not rejected: {taken:?}"), |row| row.faults.clone())
    }
}

const MARKET: &str = "market-supervision";

#[test]
fn a_valid_penalty_becomes_a_record() {
    let Entry::Record(record) = RowBuilder::penalty().accepted(MARKET, TableId::Penalty) else { panic!("a record") };
    assert_eq!(record.kind(), RecordKind::Penalty);
    assert_eq!(record.domain.name(), "食品");
    assert_eq!(record.decided, date(2024, 3, 5));
    let Details::Penalty(penalty) = record.details else { panic!("a penalty") };
    assert_eq!(penalty.categories.as_slice(), ["警告", "罚款"]);
    assert_eq!(penalty.fine.unwrap().to_string(), "1.25");
}

#[test]
fn each_fault_of_a_penalty_is_named_with_its_column() {
    let long = "长".repeat(201);
    let wrong_check = {
        let code = uscc("MA0TE1T1");
        let last = if code.ends_with('0') { "1" } else { "0" };
        format!("{}{last}", &code[..17])
    };
    let with_letter_o = uscc("MA0TE1T1").replacen('0', "O", 1);
    for (header, value, code, said) in [
        ("行政相对人名称", "", "value-missing", "必填项为空"),
        ("行政相对人名称", &*long, "value-too-long", "最长200字，实际201字"),
        ("行政相对人类别", "公司", "code-unknown", "“公司”不在可选值之内"),
        ("统一社会信用代码", "", "value-missing", "行政相对人类别为“法人及非法人组织”时必填"),
        ("统一社会信用代码", "9114040", "uscc-invalid", "应为 18 位，实际 7 位"),
        ("统一社会信用代码", &wrong_check, "uscc-invalid", "第 18 位（校验位）应为"),
        ("统一社会信用代码", &with_letter_o, "uscc-invalid", "第 5 位的“O”"),
        ("统一社会信用代码", "9.11404E+17", "digits-destroyed", "科学计数法"),
        ("行政处罚决定书文号", "——", "value-missing", "必填项为空（“——”不是内容）"),
        ("处罚类别", "罚钱", "code-unknown", "“罚钱”不在可选值之内"),
        ("罚款金额（万元）", "", "value-missing", "处罚类别含“罚款”时必填"),
        ("罚款金额（万元）", "一万", "amount-invalid", "金额只能由数字和一个小数点组成"),
        ("处罚决定日期", "去年", "date-unreadable", "不是能够识别的日期"),
        ("处罚决定日期", "2025-11-04", "date-in-future", "日期晚于今天（2025-11-03）"),
        ("处罚决定日期", "2022-07-31", "date-before-scope", "早于2022年8月1日"),
        ("涉及领域", "", "value-missing", "必须写明涉及领域"),
        ("涉及领域", "税务", "domain-not-covered", "目录中贵单位不涉及税务领域"),
        ("涉及领域", "餐饮", "domain-unknown", "不在39个领域之内"),
    ] {
        let rejections = RowBuilder::penalty().with(header, value).rejected(MARKET, TableId::Penalty);
        assert_eq!(rejections.len(), 1, "{header}={value}: {rejections:?}");
        let rejection = &rejections[0];
        assert_eq!((rejection.row, rejection.column.as_str()), (2, header));
        assert_eq!(rejection.code.code(), code, "{header}={value}");
        assert!(rejection.reason.contains(said), "{header}={value}: {}", rejection.reason);
        assert!(!rejection.hint.is_empty(), "{header}={value}");
    }
}

#[test]
fn several_faults_of_a_row_are_all_named() {
    let rejections = RowBuilder::penalty()
        .with("处罚决定日期", "x")
        .with("处罚内容", "")
        .with("统一社会信用代码", "1")
        .rejected(MARKET, TableId::Penalty);
    let columns: Vec<&str> = rejections.iter().map(|r| r.column.as_str()).collect();
    assert_eq!(columns, ["统一社会信用代码", "处罚决定日期", "处罚内容"]);
}

#[test]
fn a_confusable_character_is_suggested_and_never_corrected() {
    let right = uscc("MA0TE1T1");
    let row = RowBuilder::penalty().with("统一社会信用代码", &right.replacen('0', "O", 1));
    let rejections = row.rejected(MARKET, TableId::Penalty);
    assert!(rejections[0].hint.contains(&right), "{}", rejections[0].hint);
}

#[test]
fn harmless_mess_is_accepted_and_recorded() {
    let code = uscc("MA0TE1T1");
    let spaced = format!(" {} {}", code[..4].to_lowercase(), code[4..].to_lowercase());
    let row = RowBuilder::penalty()
        .with("统一社会信用代码", &spaced)
        .with("处罚决定日期", "2024年3月5日")
        .with("罚款金额（万元）", "12,500元");
    let taken = row.taken_in(MARKET, TableId::Penalty).unwrap();
    let plain = RowBuilder::penalty().accepted(MARKET, TableId::Penalty);
    assert_eq!(taken.entries(), [&plain], "the same record as without the mess");
    let notes: Vec<String> =
        taken.reading.normalisations.iter().map(|n| format!("{}:{}", n.column, n.normalisation.title())).collect();
    assert_eq!(
        notes,
        [
            "统一社会信用代码:去除空格",
            "统一社会信用代码:小写转大写",
            "罚款金额（万元）:金额单位换算为万元",
            "罚款金额（万元）:去除千位分隔符",
            "处罚决定日期:统一日期格式",
        ]
    );
}

#[test]
fn a_natural_person_is_kept_by_hash_and_mask_only() {
    let row = RowBuilder::penalty()
        .with("行政相对人类别", "自然人")
        .with("统一社会信用代码", "")
        .with("法定代表人", "")
        .with("证件类型", "身份证")
        .with("证件号码", "11010519491231002x");
    let Entry::Record(record) = row.accepted(MARKET, TableId::Penalty) else { panic!("a record") };
    assert_eq!(record.subject.masked_id_number.as_deref(), Some("110105********002X"));
    assert!(!serde_json::to_string(&record).unwrap().contains("19491231"));

    let faulty = row.with("证件号码", "110105194912310021").rejected(MARKET, TableId::Penalty);
    assert_eq!(faulty[0].code.code(), "id-number-invalid");
    assert_eq!(faulty[0].value, "110105********0021", "not even a faulty number is shown");
}

#[test]
fn identity_numbers_of_legal_representatives_are_not_kept() {
    let row = RowBuilder::penalty().with("证件类型", "身份证").with("证件号码", "11010519491231002X");
    let Entry::Record(record) = row.accepted(MARKET, TableId::Penalty) else { panic!("a record") };
    assert_eq!(record.subject.masked_id_number, None);
}

#[test]
fn each_unit_sends_only_what_the_directory_names() {
    for (unit, table, permitted) in [
        ("tax", TableId::Penalty, false),
        ("tax", TableId::Coercion, true),
        ("intermediate-court", TableId::Judgment, true),
        (MARKET, TableId::Judgment, false),
        (MARKET, TableId::AbnormalOperation, true),
        ("tax", TableId::AbnormalOperation, false),
        (MARKET, TableId::Subject, true),
        ("civil-affairs", TableId::Subject, true),
        ("tax", TableId::Subject, false),
        ("market-supervision-140403", TableId::Penalty, true),
    ] {
        let bytes = RowBuilder::penalty().csv();
        let refused = matches!(take_in(&bytes, "表.csv", unit, table), Err(FileRefusal::NotPermitted { .. }));
        assert_eq!(refused, !permitted, "{unit} {table}");
    }
}

#[test]
fn a_missing_mandatory_column_refuses_the_file_and_names_the_nearest() {
    let row = RowBuilder::penalty().without("违法行为类型").with("违法行为种类", "虚构");
    let refusal = row.taken_in(MARKET, TableId::Penalty).unwrap_err();
    assert_eq!(refusal.code(), "columns-missing");
    assert_eq!(refusal.to_string(), "缺少必填列：违法行为类型（最接近的列是“违法行为种类”）");
}

#[test]
fn lists_are_those_of_the_units_row() {
    let code = uscc("MA0TE1T1");
    let row = RowBuilder::of(&[
        ("主体名称", "长治市虚构商贸有限公司"),
        ("行政相对人类别", "法人及非法人组织"),
        ("统一社会信用代码", &code),
        ("法定代表人", "甲某"),
        ("名单名称", "重大税收违法失信主体名单"),
        ("列入决定书文号", "晋虚税〔2024〕9号"),
        ("列入事由", "虚构事由"),
        ("列入依据", "虚构依据"),
        ("列入日期", "2024/5/6"),
        ("列入机关", "长治市税务局"),
        ("列入机关统一社会信用代码", &code),
        ("移出日期", ""),
        ("移出事由", ""),
    ]);
    let Entry::Record(record) = row.accepted("tax", TableId::SeriousDishonesty) else { panic!("a record") };
    assert_eq!(record.domain.name(), "税务", "the unit's only domain needs no column");
    let other = row.clone().with("名单名称", "失信被执行人名单").rejected("tax", TableId::SeriousDishonesty);
    assert_eq!(other[0].code.code(), "list-not-named");
    let removal = row.clone().with("移出日期", "2025-01-01").rejected("tax", TableId::SeriousDishonesty);
    assert_eq!((removal[0].column.as_str(), removal[0].code.code()), ("移出事由", "value-missing"));
    let order = row.with("移出日期", "2024-01-01").with("移出事由", "期满").rejected("tax", TableId::SeriousDishonesty);
    assert_eq!(order[0].code.code(), "date-order");
}

#[test]
fn a_repair_names_the_record_that_the_penalty_made() {
    let code = uscc("MA0TE1T1");
    let Entry::Record(record) = RowBuilder::penalty().accepted(MARKET, TableId::Penalty) else { panic!("a record") };
    let repair = RowBuilder::of(&[
        ("行政相对人名称", "长治市虚构商贸有限公司"),
        ("行政相对人类别", "法人及非法人组织"),
        ("统一社会信用代码", &code),
        ("原决定书文号", "晋虚市监罚[2024]1号"),
        ("记录类别", "行政处罚"),
        ("修复决定机关", "长治市市场监督管理局"),
        ("准予修复决定书文号", "晋虚市监修〔2025〕3号"),
        ("修复日期", "2025-02-01"),
    ]);
    let Entry::Mark(marked) = repair.accepted(MARKET, TableId::Repair) else { panic!("a mark") };
    assert_eq!(marked.id, record.id, "whatever brackets the document number has");
    assert!(matches!(marked.mark, Mark::Repair(_)));
    let other = repair.with("记录类别", "刑事裁判").rejected(MARKET, TableId::Repair);
    assert_eq!(other[0].code.code(), "kind-not-permitted");
}

#[test]
fn every_row_is_accounted_for_once() {
    let base = RowBuilder::penalty();
    let mut text = String::from("长治市行政处罚信息报送表,,,\n填报单位：虚构局\n\n");
    let csv = String::from_utf8(base.csv()).unwrap();
    let (head, row) = csv.split_once('\n').unwrap();
    text.push_str(&format!("{head}\n{row}\n,,,\n"));
    text.push_str(&row.replace("2024-03-05", "坏日期"));
    text.push_str("\n填报人：某某,,填报日期：2025-07-01\n");
    let taken = take_in(text.as_bytes(), "表.csv", MARKET, TableId::Penalty).unwrap();
    let counts = taken.reading.counts;
    assert_eq!(taken.reading.header_row, Some(4));
    assert_eq!((counts.rows, counts.accepted, counts.rejected, counts.blank), (6, 1, 1, 4), "{taken:?}");
    let rejected: Vec<u64> = taken.rejected().iter().map(|row| row.row).collect();
    assert_eq!(rejected, [8], "as a spreadsheet counts");
}

#[test]
fn gb18030_with_rare_characters_reads_like_utf8() {
    let row = RowBuilder::penalty().with("行政相对人名称", "长治市䶮𫖯商贸有限公司");
    let text = String::from_utf8(row.csv()).unwrap();
    let (bytes, ..) = encoding_rs::GB18030.encode(&text);
    let taken = take_in(&bytes, "表.csv", MARKET, TableId::Penalty).unwrap();
    assert_eq!(*taken.entries()[0], row.accepted(MARKET, TableId::Penalty));
}

#[test]
fn an_undecodable_byte_rejects_its_row_only() {
    let text = String::from_utf8(RowBuilder::penalty().csv()).unwrap();
    let row = text.lines().nth(1).unwrap();
    let mut bytes = format!("{text}{row}\n").into_bytes();
    let place = text.find("甲某").unwrap();
    bytes[place] = 0xff;
    let outcomes = take_in(&bytes, "表.csv", MARKET, TableId::Penalty).unwrap().outcomes;
    let TakenRow::Rejected(row) = &outcomes[0] else { panic!("rejected: {outcomes:?}") };
    let faults = &row.faults;
    assert_eq!((faults[0].column.as_str(), faults[0].code.code()), ("法定代表人", "undecodable"));
    assert!(matches!(outcomes[1], TakenRow::Accepted(_)));
}

#[test]
fn what_is_no_table_is_refused_with_a_code() {
    for (bytes, name, code) in [
        (&b""[..], "a.csv", "file-empty"),
        (b"  \r\n ", "a.csv", "file-empty"),
        (b"\x00\x01\x02\x00\x00", "a.csv", "file-format-unknown"),
        (b"hello", "a.pdf", "file-extension-wrong"),
        (b"hello", "a.xlsx", "file-extension-wrong"),
        (b"PK\x03\x04broken", "a.xlsx", "file-workbook-damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1broken", "a.xls", "file-workbook-damaged"),
        ("一,二\n三,四\n".as_bytes(), "a.csv", "header-not-found"),
    ] {
        let refusal = take_in(bytes, name, MARKET, TableId::Penalty).unwrap_err();
        assert_eq!(refusal.code(), code, "{name}");
    }
}
