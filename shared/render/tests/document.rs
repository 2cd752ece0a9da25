//! The report as a file: whole, readable by others, the same for the same content.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use lopdf::Document;
use serde_json::json;
use xinzheng_domain::report::ContentDigest;
use xinzheng_domain::report::verification_code::CodeKey;
use xinzheng_domain::{ReportContent, Uscc, VerificationCode};
use xinzheng_render::{Manuscript, Rendered, Template, render};

/// A report of a made-up subject with this many records.
fn content(records: u32, name: &str, facts: &str) -> ReportContent {
    let uscc = Uscc::compose("91140403", "MA0TE1T1").unwrap();
    let record = |number: u32| {
        json!({
            "record": {
                "id": format!("{number:032x}"), "unit": "market-supervision", "domain": 18,
                "subject": { "id": uscc, "name": name, "subject_type": "organisation" },
                "document": format!("晋虚市监罚〔2024〕{number}号"), "decided": "2024-03-05",
                "authority": { "name": "长治市市场监督管理局", "uscc": uscc },
                "details": {
                    "kind": "penalty", "violation": "虚构的违法行为", "facts": facts, "basis": "《虚构办法》第一条",
                    "categories": ["警告", "罚款"], "content": "警告，并罚款12500元。", "fine": "1.25",
                    "source_unit": { "name": "长治市市场监督管理局", "uscc": uscc },
                },
            },
            "revision": "2025-07-01T00:00:00.000Z#b#0000000001",
            "repair": if number == 2 {
                json!({ "authority": "长治市市场监督管理局", "document": "晋虚市监修〔2025〕2号", "date": "2025-01-02" })
            } else {
                serde_json::Value::Null
            },
        })
    };
    serde_json::from_value(json!({
        "number": "CZXY-20251103-7K3M9QXT", "salt": "0".repeat(32), "issued_at": "2025-11-03T02:00:00Z", "data_as_of": "2025-11-03T02:00:00Z",
        "subject": { "id": uscc, "name": name, "registration": {
            "register_type": "enterprise", "legal_representative": "甲某", "authority": "潞州区市场监督管理局",
            "status": "active", "address": "长治市潞州区虚构路1号",
        } },
        "period": { "from": "2022-08-01", "to": "2025-11-03" },
        "domains": (1..=39).collect::<Vec<u8>>(), "purpose": "financial", "template": Template::builtin().version(),
        "records": (1..=records).map(record).collect::<Vec<_>>(),
    }))
    .unwrap()
}

fn rendered(content: &ReportContent) -> Rendered {
    rendered_by(content, Template::builtin())
}

fn rendered_by(content: &ReportContent, template: &Template) -> Rendered {
    let key = CodeKey::new("test", "a secret of the tests that is long enough");
    let data = &content.canonical_json().unwrap();
    let code = &VerificationCode::new(&key, &content.number, &ContentDigest::of(data));
    let verification_url = "https://credit.example/verify/7K3M9QX";
    render(Manuscript { content, data, code, verification_url, certificate: None }, template).unwrap()
}

/// The text of each page, as a reader extracts it through the fonts' ToUnicode maps, without spaces and line breaks.
fn pages(pdf: &[u8]) -> Vec<String> {
    let document = Document::load_mem(pdf).unwrap();
    let pages = document.get_pages();
    pages.keys().map(|&page| document.extract_text(&[page]).unwrap().split_whitespace().collect()).collect()
}

const NAME: &str = "长治市虚构商贸有限公司";

#[test]
fn the_same_content_gives_the_same_bytes() {
    let content = content(3, NAME, "事实。");
    assert_eq!(rendered(&content).pdf, rendered(&content).pdf);
}

#[test]
fn everything_that_the_scheme_requires_is_in_the_text() {
    let text = pages(&rendered(&content(2, NAME, "当事人经营虚构食品，货值金额500元。")).pdf).concat();
    for words in [
        "长治市经营主体专项信用报告",
        "CZXY-20251103-7K3M9QXT",
        "2025-11-0310:00:00",
        NAME,
        "91140403",
        "甲某",
        "2022年8月1日至2025年11月3日",
        "全部39个领域",
        "发展改革",
        "市住房公积金管理中心",
        "发展改革、粮食和物资储备、财政、统计、教育：未查询到行政处罚、严重失信主体名单记录。",
        "违法违规记录2条",
        "归集种类：行政处罚、行政强制、严重失信主体名单、经营异常名录",
        "“—”：该领域不归集此类信息，不表示没有",
        "7个工作日",
        "不含该主体的分支机构的记录",
        "尚未统计数源单位报送的完整情况",
        "其中已修复1条",
        "晋虚市监罚〔2024〕1号",
        "当事人经营虚构食品，货值金额500元。",
        "1.25",
        "晋虚市监修〔2025〕2号",
        "2022年7月31日前",
        "5个工作日",
        "长治市信用信息共享平台",
        "第1页",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
}

#[test]
fn every_size_of_report_is_whole() {
    for records in [0, 1, 30, 1000] {
        let rendered = rendered(&content(records, NAME, "事实，较长的一段事实说明。"));
        let pages = pages(&rendered.pdf);
        assert_eq!(pages.len(), rendered.pages);
        let total = format!("共{}页", pages.len());
        assert!(pages.iter().all(|page| page.contains(&total)), "each page says how many there are");
        let text = pages.concat();
        for number in 1..=records {
            assert!(text.contains(&format!("〔2024〕{number}号")), "record {number} of {records}");
        }
        assert!(rendered.missing.is_empty());
    }
}

#[test]
fn a_report_without_records_is_small() {
    // Of these, three are the data that it carries, and ten the structure that it is read by.
    assert!(rendered(&content(0, NAME, "")).pdf.len() < 94_000);
}

#[test]
fn a_divided_table_repeats_its_head() {
    let pages = pages(&rendered(&content(0, NAME, "")).pdf);
    let heads = pages.iter().filter(|page| page.contains("序号领域责任单位")).count();
    let domains =
        pages.iter().filter(|page| page.contains("市应急管理局") || page.contains("市发展和改革委员会")).count();
    assert!(heads >= 2 && heads == domains, "{heads} {domains}");
    let pages = self::pages(&rendered(&content(200, NAME, "事实。")).pdf);
    let heads = pages.iter().filter(|page| page.contains("序号领域种类文书日期")).count();
    assert!(heads >= 3, "the list's head stands on each of its pages: {heads}");

    let long = "很长的事实，".repeat(2400);
    let pages = self::pages(&rendered(&content(1, NAME, &long)).pdf);
    assert!(pages.iter().filter(|page| page.contains("〔2024〕1号（续）")).count() >= 2);
    assert!(pages.concat().matches("很长的事实，").count() > 2300, "nothing of it is lost");
}

#[test]
fn what_no_font_has_is_shown_and_reported() {
    let rendered = rendered(&content(1, "虚构\u{e000}商贸\u{10fffd}公司", "事实"));
    assert_eq!(rendered.missing, ['\u{e000}', '\u{10fffd}']);
    let pages = pages(&rendered.pdf);
    assert!(pages.concat().contains("虚构〓商贸〓公司"));
    for page in pages {
        assert_eq!(
            page.contains("字库所缺的字"),
            page.replace("〓：", "").contains('〓'),
            "told where it stands: {page}"
        );
    }
}

#[test]
fn rare_and_hostile_names_are_only_text() {
    let name = "<script>𬭎㛃䶮𫖯𠁅𠄌\u{7}有限公司&(\\)";
    let rendered = rendered(&content(1, name, "=cmd|'/c calc'!A0"));
    assert!(rendered.missing.is_empty(), "{:?}", rendered.missing);
    let text = pages(&rendered.pdf).concat();
    assert!(text.contains("<script>𬭎㛃䶮𫖯𠁅𠄌有限公司&(\\)"), "{text}");
}

#[test]
fn the_file_says_what_it_is() {
    let document = Document::load_mem(&rendered(&content(1, NAME, "事实")).pdf).unwrap();
    assert_eq!(document.version, "1.7");
    let catalog = document.catalog().unwrap();
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"zh-CN");
    let outlines = document.get_dictionary(catalog.get(b"Outlines").unwrap().as_reference().unwrap()).unwrap();
    assert_eq!(outlines.get(b"Count").unwrap().as_i64().unwrap(), 7, "six parts and one domain");
    let text = format!("{:?}", document.objects);
    assert!(text.contains("https://credit.example/verify/7K3M9QX"), "the link is there");
}

#[test]
fn a_specimen_says_on_every_page_that_it_proves_nothing() {
    let rendered = xinzheng_render::preview(Template::builtin()).unwrap();
    let catalog = Document::load_mem(&rendered.pdf).unwrap().catalog().unwrap().clone();
    assert!(!catalog.has(b"Names") && !catalog.has(b"AF"), "no data that could be taken for a report's");
    let pages = pages(&rendered.pdf);
    assert!(pages.len() > 1 && pages.iter().all(|page| page.contains("样张仅供预览不具证明效力")));
    assert!(!pages.concat().contains("核验码7"), "no code that could be taken for one");
}

#[test]
fn a_template_orders_and_words_the_report() {
    let builtin = include_str!("../data/report-template.json");
    let mut changed: serde_json::Value = serde_json::from_str(builtin).unwrap();
    changed["sections"] = json!(["notes", "summary", "subject", "scope", "list", "details", "seal"]);
    changed["title"] = json!("另一种标题");
    let template = Template::parse(&changed.to_string()).unwrap();
    let content = content(1, NAME, "事实");
    let rendered = rendered_by(&content, &template);
    let text = pages(&rendered.pdf).concat();
    let places = ["另一种标题", "六、说明", "三、查询结果汇总", "一、主体信息", "四、记录一览", "五、记录明细"]
        .map(|words| text.find(words).unwrap_or_else(|| panic!("{words}")));
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn the_bytes_do_not_depend_on_what_was_rendered_before() {
    let template = || Template::parse(include_str!("../data/report-template.json")).unwrap();
    let content = [content(0, NAME, ""), content(2, "另一个名称", "別的事实，罕用字𠁅。")];
    let bytes = |template: &Template, which: usize| rendered_by(&content[which], template).pdf;
    let (one, other) = (template(), template());
    let in_order = [bytes(&one, 0), bytes(&one, 1)];
    let reversed = [bytes(&other, 1), bytes(&other, 0)];
    assert!(in_order[0] == reversed[1] && in_order[1] == reversed[0]);
}

/// The bytes of a file that the report carries, and what it is to it.
fn carried(document: &Document, name: &[u8]) -> (Vec<u8>, String) {
    let catalog = document.catalog().unwrap();
    let names = catalog.get(b"Names").unwrap().as_dict().unwrap().get(b"EmbeddedFiles").unwrap().as_dict().unwrap();
    let names = names.get(b"Names").unwrap().as_array().unwrap();
    let [_, specification] = names.chunks(2).find(|pair| pair[0].as_str().unwrap() == name).unwrap() else {
        panic!("pairs of names and files")
    };
    assert!(catalog.get(b"AF").unwrap().as_array().unwrap().contains(specification));
    let specification = document.get_dictionary(specification.as_reference().unwrap()).unwrap();
    let relationship = specification.get(b"AFRelationship").unwrap().as_name().unwrap().to_vec();
    let embedded = specification.get(b"EF").unwrap().as_dict().unwrap().get(b"F").unwrap().as_reference().unwrap();
    let embedded = document.get_object(embedded).unwrap().as_stream().unwrap();
    assert_eq!(embedded.dict.get(b"Subtype").unwrap().as_name().unwrap(), b"application/json");
    (embedded.decompressed_content().unwrap(), String::from_utf8(relationship).unwrap())
}

#[test]
fn a_report_carries_its_data_and_what_it_was_set_with() {
    let content = content(3, "虚构\u{e000}公司", "事实");
    let rendered = rendered(&content);
    let document = Document::load_mem(&rendered.pdf).unwrap();
    assert_eq!(carried(&document, b"report.json"), (content.canonical_json().unwrap(), "Data".to_owned()));
    let (rendering, relationship) = carried(&document, b"rendering.json");
    assert_eq!(relationship, "Supplement");
    let rendering: serde_json::Value = serde_json::from_slice(&rendering).unwrap();
    assert_eq!(rendering["missing_characters"], json!(["\u{e000}"]));
    assert_eq!(rendering["verification_url"], "https://credit.example/verify/7K3M9QX");
    let template: serde_json::Value = serde_json::from_str(Template::builtin_json()).unwrap();
    assert_eq!(rendering["template"], template);
}

/// What a record that lasts is made of.
fn measure(kind: &str, domain: u8, document: &str, decided: &str, details: &serde_json::Value) -> serde_json::Value {
    let uscc = Uscc::compose("91140403", "MA0TE1T1").unwrap();
    let mut details = details.clone();
    details["kind"] = json!(kind);
    let digest = ContentDigest::of(document.as_bytes()).to_string();
    json!({
        "record": {
            "id": digest[..32], "unit": "market-supervision", "domain": domain,
            "subject": { "id": uscc, "name": "长治市从前的名称有限公司", "subject_type": "organisation" },
            "document": document, "decided": decided, "authority": { "name": "长治市市场监督管理局", "uscc": uscc },
            "details": details,
        },
        "revision": "2025-07-01T00:00:00.000Z#b#0000000001",
    })
}

#[test]
fn measures_in_force_stand_apart_under_a_heading_of_their_own() {
    let mut content = content(0, NAME, "");
    let listing = json!({ "list": "虚构名单", "cause": "虚构事由", "basis": "《虚构办法》" });
    let listed = measure("serious-dishonesty", 17, "晋虚列〔2021〕1号", "2021-03-01", &listing);
    content.in_force = serde_json::from_value(json!([listed])).unwrap();
    let text = pages(&rendered(&content).pdf).concat();
    for words in [
        "未查询到该主体在期间内作出的违法违规记录。另有期前作出、期间内仍有效的措施1项",
        "市场监管领域（0条）",
        "期前作出、期间内仍有效（1项）",
        "晋虚列〔2021〕1号2021-03-01期前、未移出",
        "记录所载名称：长治市从前的名称有限公司",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    assert!(!text.contains("也没有期前作出"), "it is not said that there is none");
}

#[test]
fn what_was_never_reported_is_not_said_to_be_nothing() {
    let mut content = content(0, NAME, "");
    let missing = |domain: u8| domain == 29;
    let of = |domain: u8| {
        json!({
            "domain": domain, "complete_until": if missing(domain) { json!(null) } else { json!("2025-09") },
            "partial": if domain == 3 { json!([{ "from": "2025-08", "to": "2025-08" }]) } else { json!([]) },
            "missing": if missing(domain) { json!([{ "from": "2022-08", "to": "2025-09" }]) } else { json!([]) },
            "silent": missing(domain),
        })
    };
    let completeness = json!({
        "worked_out_at": "2025-11-03T00:00:00Z", "due_until": "2025-09", "domains": (1..=39).map(of).collect::<Vec<_>>(),
    });
    content.completeness = serde_json::from_value(completeness).unwrap();
    let text = pages(&rendered(&content).pdf).concat();
    for words in [
        "科技（未报送完整：2025年8月）；体育（未报送：2022年8月至2025年9月）",
        "体育：数源单位尚未报送行政处罚数据，不能视为没有记录。",
        "未查询到记录不能证明该领域在这些月份没有记录",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    let whole = json!({ "worked_out_at": "2025-11-03T00:00:00Z", "due_until": "2025-09", "domains": [] });
    content.completeness = serde_json::from_value(whole).unwrap();
    let text = pages(&rendered(&content).pdf).concat();
    assert!(text.contains("截至2025年9月应报送的数据，所选领域的数源单位均已报送并对账相符"), "{text}");
}

#[test]
fn a_template_may_leave_out_how_complete_each_domain_is() {
    let mut changed: serde_json::Value = serde_json::from_str(Template::builtin_json()).unwrap();
    changed["completeness"].as_object_mut().unwrap().remove("column");
    let template = Template::parse(&changed.to_string()).unwrap();
    let content = content(0, NAME, "");
    let rendered = rendered_by(&content, &template);
    assert!(!pages(&rendered.pdf).concat().contains("数据完整至"), "the sentence alone stays");
}

#[test]
fn many_records_take_few_pages_and_none_is_torn() {
    for (records, most) in [(300, 27), (1200, 100)] {
        let facts = "经查，当事人未按规定公示年度报告，经责令限期改正后逾期仍未改正。现场检查发现当事人经营的预包装食品标签未标明生产日期，货值金额共计1,240元。";
        let rendered = rendered(&content(records, NAME, facts));
        assert!(rendered.pages <= most, "{records} records: {}", rendered.pages);
        let pages = pages(&rendered.pdf);
        let torn = pages.iter().filter(|page| page.contains("（续）")).count();
        assert_eq!(torn, 0, "a record of a few lines stands on one page");
    }
}
