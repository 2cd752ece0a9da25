//! Reports to measure with: made-up records of varied wording, the same on every run.

use serde_json::json;
use xinzheng_domain::record::standing::StandingRecord;
use xinzheng_domain::report::ContentDigest;
use xinzheng_domain::report::verification_code::CodeKey;
use xinzheng_domain::{ReportContent, Uscc, VerificationCode};
use xinzheng_render::{Manuscript, Rendered, Template, render};

/// Sentences that facts are put together from.
const FACTS: [&str; 6] = [
    "经查，当事人未按规定公示年度报告，经责令限期改正后逾期仍未改正。",
    "现场检查发现当事人经营的预包装食品标签未标明生产日期，货值金额共计1,240元。",
    "当事人在未取得许可的情况下占用城市道路堆放物料，面积约36平方米，影响市容环境卫生。",
    "运输车辆未采取密闭措施，沿途抛撒渣土，造成路面污染约200米。",
    "企业安全生产教育培训记录不完整，3名特种作业人员未持证上岗。",
    "污染防治设施未正常运行，外排废水化学需氧量超过排放标准0.8倍。",
];

const BASES: [&str; 3] = [
    "《虚构市场主体登记管理办法》第六十三条第一款",
    "《虚构食品安全条例》第一百二十五条第一款第（二）项",
    "《虚构市容管理规定》第三十四条、第三十七条",
];

/// A report with this many records, spread over twelve domains; every seventh is repaired.
pub(crate) fn content(records: u32) -> ReportContent {
    let uscc = Uscc::compose("91140403", "MA0TE1T1").expect("a made-up code");
    let name = "长治市虚构精密机械制造有限公司";
    let of = |texts: &[&'static str], number: u32| texts[number as usize % texts.len()];
    let record = |number: u32| -> StandingRecord {
        let (year, month, day) = (2025 - number % 3, 1 + number % 9, 1 + number % 28);
        let facts = format!("{}{}", of(&FACTS, number), of(&FACTS, number / 6 + 1));
        let record = json!({
            "record": {
                "id": format!("{number:032x}"), "unit": "market-supervision", "domain": 1 + (number % 12) * 3,
                "subject": { "id": uscc, "name": name, "subject_type": "organisation" },
                "document": format!("晋虚市监罚〔{year}〕{number}号"), "decided": format!("{year}-{month:02}-{day:02}"),
                "authority": { "name": "长治市虚构行政执法局", "uscc": uscc },
                "details": {
                    "kind": "penalty", "violation": "违反虚构管理规定", "facts": facts, "basis": of(&BASES, number),
                    "categories": ["警告", "罚款"], "content": format!("警告，并处罚款{}元。", 1000 + number * 7 % 9000),
                    "fine": format!("0.{:04}", 1000 + number * 7 % 9000),
                    "source_unit": { "name": "长治市虚构行政执法局", "uscc": uscc },
                },
            },
            "revision": "2025-07-01T00:00:00.000Z#b#0000000001",
            "repair": number.is_multiple_of(7).then(|| json!({
                "authority": "长治市虚构行政执法局", "document": format!("晋虚修〔2025〕{number}号"), "date": "2025-09-02",
            })),
        });
        serde_json::from_value(record).expect("a made-up record")
    };
    let mut content: ReportContent = serde_json::from_value(json!({
        "number": "CZXY-20251103-7K3M9QXT", "salt": "0".repeat(32), "issued_at": "2025-11-03T02:00:00Z", "data_as_of": "2025-11-03T02:00:00Z",
        "subject": { "id": uscc, "name": name, "registration": {
            "register_type": "enterprise", "legal_representative": "甲某某", "authority": "长治市潞州区市场监督管理局",
            "status": "active", "address": "长治市潞州区虚构路1号虚构工业园3号楼",
        } },
        "period": { "from": "2022-08-01", "to": "2025-11-03" },
        "domains": (1..=39).collect::<Vec<u8>>(), "purpose": "financial", "template": Template::builtin().version(),
        "records": [],
        "completeness": {
            "worked_out_at": "2025-11-03T00:00:00Z", "due_until": "2025-09",
            "domains": (1..=39).map(|domain| json!({
                "domain": domain, "complete_until": if domain == 7 { "2024-12" } else { "2025-09" }, "partial": [],
                "missing": if domain == 7 { json!([{ "from": "2025-01", "to": "2025-09" }]) } else { json!([]) },
            })).collect::<Vec<_>>(),
        },
    }))
    .expect("a made-up report");
    let selected = ReportContent::select((1..=records).map(record).collect(), &content.period, &content.domains);
    content.records = selected.records;
    content
}

/// The report as a PDF by the program's template; `data` is its canonical JSON.
pub(crate) fn rendered(content: &ReportContent, data: &[u8]) -> Rendered {
    rendered_by(content, data, None, Template::builtin())
}

/// The same by a template, with the fingerprint of a certificate.
pub(crate) fn rendered_by(
    content: &ReportContent,
    data: &[u8],
    certificate: Option<&ContentDigest>,
    template: &Template,
) -> Rendered {
    let key = CodeKey::new("test", "a secret of the measurements that is long enough");
    let code = &VerificationCode::new(&key, &content.number, &ContentDigest::of(data));
    let verification_url = &format!("https://credit.example/verify/{code}");
    render(Manuscript { content, data, code, verification_url, certificate }, template).expect("it renders")
}
