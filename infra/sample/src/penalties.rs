//! Rows of table penalty (行政处罚).

use jiff::Span;
use jiff::civil::Date;

use crate::SampleError;
use crate::docket::Docket;
use crate::party::Party;
use crate::row::Row;
use crate::wording::PenaltyWording;

const CATEGORIES: [&[&str]; 8] = [
    &["警告"],
    &["通报批评"],
    &["罚款"],
    &["罚款"],
    &["警告", "罚款"],
    &["没收违法所得", "罚款"],
    &["没收非法财物"],
    &["暂扣许可证件", "罚款"],
];
const ATTITUDES: [&str; 3] = [
    "当事人对上述事实无异议，并主动提交了整改照片",
    "当事人到场接受询问，配合调查，及时改正了违法行为",
    "当事人起初未能说明来源，后补充提供了进货台账",
];
const CIRCUMSTANCES: [&str; 4] = [
    "鉴于系首次违法且危害后果轻微，依法从轻裁量",
    "该行为持续时间不足三个月，未造成人身损害",
    "因二年内曾有同类情形，依法从重裁量",
    "涉案货值已由执法人员会同当事人清点确认",
];
const EVIDENCE: &str = "上述事实，有现场检查笔录、询问笔录、虚构票据复印件等证据证明，已向当事人出示并经其签名确认。";
/// Every so many rows one has facts of many sentences, with line breaks.
const LONG_EVERY: usize = 13;

/// Row `number` (from 1) of a unit's penalties.
pub(crate) fn row(docket: &mut Docket, number: usize) -> Result<Row, SampleError> {
    let party = docket.party(number)?;
    let decided = docket.day(number);
    let wording = docket.pick(&docket.wording()?.penalties)?;
    let facts = facts(docket, &party, decided, wording, number.is_multiple_of(LONG_EVERY))?;
    let drawn = *docket.pick(&CATEGORIES)?;
    // Neither slight nor grave.
    let ordinary = docket.plan.repairable == Some(number);
    let categories: &[&str] = if ordinary { &["罚款"] } else { drawn };
    let fine = if categories.contains(&"罚款") { docket.amount() } else { None };
    let takes = categories.iter().any(|category| category.starts_with("没收"));
    let confiscated = if takes { docket.amount() } else { None };
    let licence = categories.contains(&"暂扣许可证件").then(|| format!("虚构许可证XK{number:06}"));

    let measure = |category: &&str| match (*category, fine, confiscated, &licence) {
        ("罚款", Some(amount), ..) => format!("处以罚款{amount}万元"),
        ("没收违法所得" | "没收非法财物", _, Some(amount), _) => format!("{category}{amount}万元"),
        ("暂扣许可证件", _, _, Some(licence)) => format!("暂扣{licence}三个月"),
        _ => format!("给予{category}"),
    };
    let measures: Vec<String> = categories.iter().map(measure).collect();
    let authority = docket.authority.clone();
    let mut row = party
        .row()
        .text("document", docket.document(decided))
        .text("violation", &wording.violation)
        .text("facts", facts)
        .text("basis", &wording.basis)
        .text("categories", categories.join("、"))
        .text("content", format!("责令改正；{}。", measures.join("；")))
        .money("fine", fine)
        .money("confiscated", confiscated)
        .some("licence", licence)
        .day("decided", decided)
        .day("published_until", decided.saturating_add(Span::new().years(3)))
        .text("authority", &authority.name)
        .text("authority_uscc", authority.uscc.to_string())
        .text("source_unit", &authority.name)
        .text("source_unit_uscc", authority.uscc.to_string())
        .text("simplified", if docket.one_in(4) && !ordinary { "是" } else { "否" })
        .some("domain", wording.domain.as_deref());
    if docket.one_in(2) {
        row = row.day("valid_until", decided.saturating_add(Span::new().years(1)));
    }
    if docket.one_in(8) {
        row = row.text("remarks", "虚构数据，仅供测试");
    }
    Ok(row)
}

fn facts(
    docket: &mut Docket,
    party: &Party,
    decided: Date,
    wording: &PenaltyWording,
    long: bool,
) -> Result<String, SampleError> {
    let found = decided.saturating_sub(docket.days_between(20, 80));
    let (attitude, circumstance) = (docket.pick(&ATTITUDES)?, docket.pick(&CIRCUMSTANCES)?);
    let day = format!("{}年{}月{}日", found.year(), found.month(), found.day());
    let mut facts = format!("经查，{}于{day}在{}有以下行为：{}。", party.name, party.place, wording.fact);
    if !docket.one_in(3) {
        facts.push_str(&format!("执法人员制作了现场检查笔录，拍摄照片{}张。", found.day() + 3));
        facts.push_str(&format!("{attitude}；{circumstance}。"));
    }
    if docket.one_in(3) {
        facts.push_str(EVIDENCE);
    }
    if long {
        for (number, ordinal) in "一二三四五六七八九".chars().enumerate() {
            facts.push_str(&format!(
                "\n（{ordinal}）{}；该次行为有编号为“虚构证据{:02}”的笔录、票据、照片相互印证，当事人已逐页签名确认，并注明“以上属实”。",
                wording.fact,
                number + 1,
            ));
        }
    }
    Ok(facts)
}
