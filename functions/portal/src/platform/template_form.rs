//! The report template as a form: a field for each text of it, with what of it differs from the active version (R11).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use crate::elements::Fields;
use crate::form::Form;

/// How a text of the template is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Line,
    Lines,
    /// One item a line.
    Items,
}

/// A text of the template: its place in the JSON (a JSON Pointer without the slash in front, and the name of its field), its name for
/// people, and what is to be known of it.
struct Text {
    place: &'static str,
    label: &'static str,
    hint: &'static str,
    kind: Kind,
}

const fn text(place: &'static str, label: &'static str, hint: &'static str, kind: Kind) -> Text {
    Text { place, label, hint, kind }
}

/// The texts by groups, in the order in which they stand on the page.
const GROUPS: [(&str, &[Text]); 5] = [
    (
        "首页",
        &[
            text("version", "版本号", "字母、数字、点和连字符，最长 40 位；保存后不能再改。", Kind::Line),
            text("title", "标题", "最长 20 字。", Kind::Line),
            text("subtitle", "副标题", "最长 36 字。", Kind::Line),
            text("issuer", "出具机构", "最长 18 字。", Kind::Line),
        ],
    ),
    (
        "结论",
        &[
            text("conclusion_none", "没有记录，也没有仍有效的措施", "", Kind::Lines),
            text("conclusion_none_decided", "期间内没有记录，但有仍有效的措施", "", Kind::Lines),
            text(
                "conclusion_some",
                "有记录",
                "{count}、{domains}、{repaired} 换成条数、领域数和已修复的条数。",
                Kind::Lines,
            ),
            text("conclusion_in_force", "另有仍有效的措施", "{in_force} 换成项数。", Kind::Lines),
        ],
    ),
    (
        "汇总表",
        &[
            text("no_record", "没有记录的领域", "{kinds} 换成该领域归集的种类。", Kind::Line),
            text("not_reported", "没有报送的领域", "{kinds} 换成该领域归集的种类。", Kind::Line),
            text("legend", "符号说明", "", Kind::Lines),
            text("completeness/column", "完整情况一栏的表头", "不填则没有这一栏；可以分两行。", Kind::Lines),
            text("completeness/whole", "全部报送完整", "{month} 换成月份。", Kind::Lines),
            text("completeness/some", "有的领域不完整", "{month} 换成月份，{gaps} 换成领域。", Kind::Lines),
            text("completeness/unknown", "尚未统计", "", Kind::Lines),
            text("no_details", "没有需要列示的记录", "", Kind::Line),
        ],
    ),
    (
        "各部分的名称（最长 20 字）",
        &[
            text("labels/number", "报告编号", "", Kind::Line),
            text("labels/code", "核验码", "", Kind::Line),
            text("labels/issued_at", "出具时间", "", Kind::Line),
            text("labels/data_as_of", "数据截至", "", Kind::Line),
            text("labels/scan", "扫码提示", "", Kind::Line),
            text("labels/subject", "主体信息", "", Kind::Line),
            text("labels/scope", "报告范围", "", Kind::Line),
            text("labels/summary", "查询结果汇总", "", Kind::Line),
            text("labels/list", "记录一览", "", Kind::Line),
            text("labels/details", "记录明细", "", Kind::Line),
            text("labels/in_force", "期前作出、仍有效", "", Kind::Line),
            text("labels/notes", "说明", "", Kind::Line),
        ],
    ),
    (
        "说明和签章",
        &[
            text("notes", "说明", "每行一条，自动编号。", Kind::Items),
            text("seal", "签章处的文字", "每行一条，最多 4 行，每行最长 24 字。", Kind::Items),
        ],
    ),
];

/// The sections, as the template names them, and for people.
const SECTIONS: [(&str, &str); 7] = [
    ("subject", "主体信息"),
    ("scope", "报告范围"),
    ("summary", "查询结果汇总"),
    ("list", "记录一览"),
    ("details", "记录明细"),
    ("notes", "说明"),
    ("seal", "签章"),
];

/// What becomes of the picture of the seal.
const PICTURES: [(&str, &str); 3] = [("keep", "沿用所编辑版本的"), ("none", "不用图样"), ("new", "换成下面的图片")];

fn at<'j>(template: &'j Value, place: &str) -> Option<&'j Value> {
    template.pointer(&format!("/{place}"))
}

/// A text as its field has it.
fn written(template: &Value, text: &Text) -> String {
    match (at(template, text.place), text.kind) {
        (Some(Value::Array(items)), Kind::Items) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
        }
        (Some(Value::String(line)), _) => line.clone(),
        _ => String::new(),
    }
}

fn texts() -> impl Iterator<Item = &'static Text> {
    GROUPS.iter().flat_map(|(_, texts)| texts.iter())
}

/// A template as a filled-in form.
pub(super) fn filled(template: &Value) -> Form {
    let fields = texts().map(|text| (text.place, written(template, text)));
    let sections = at(template, "sections").and_then(Value::as_array).cloned().unwrap_or_default();
    let sections = sections.into_iter().filter_map(|section| Some(("sections", section.as_str()?.to_owned())));
    Form::with(fields.chain(sections).chain([("picture", "keep".to_owned())]))
}

/// The template that a form was filled in as; the picture of its seal is that of `base` unless it says otherwise.
pub(super) fn template(form: &Form, base: &Value) -> Value {
    let mut template = json!({ "labels": {}, "completeness": {} });
    for text in texts() {
        let said = form.text(text.place).replace("\r\n", "\n");
        let value = match text.kind {
            Kind::Items => said.lines().map(str::trim).filter(|line| !line.is_empty()).map(Value::from).collect(),
            Kind::Line | Kind::Lines => Value::from(said),
        };
        place(&mut template, text.place, value);
    }
    place(&mut template, "sections", form.all("sections").map(Value::from).collect());
    let picture = match form.text("picture") {
        "new" => form.file("seal_picture").map(|bytes| Value::from(STANDARD.encode(bytes))),
        "none" => None,
        _ => at(base, "seal_picture").cloned(),
    };
    if let Some(picture) = picture {
        place(&mut template, "seal_picture", picture);
    }
    template
}

fn place(template: &mut Value, at: &str, value: Value) {
    let (group, name) = at.split_once('/').map_or(("", at), |(group, name)| (group, name));
    let fields: Option<&mut Map<String, Value>> = match group {
        "" => template.as_object_mut(),
        group => template.get_mut(group).and_then(Value::as_object_mut),
    };
    if let Some(fields) = fields {
        fields.insert(name.to_owned(), value);
    }
}

/// How many texts of a filled-in form differ from the active version; the version's own name does not count.
pub(super) fn differences(form: &Form, active: &Value) -> usize {
    texts().filter(|text| text.place != "version" && differs(form, active, text)).count()
}

fn differs(form: &Form, active: &Value, text: &Text) -> bool {
    form.text(text.place).replace("\r\n", "\n") != written(active, text).trim()
}

/// The field of a JSON Pointer: an item of a list is in the field of the list.
pub(super) fn field_of(pointer: &str) -> Option<&str> {
    let place = pointer.strip_prefix('/')?;
    Some(match place.split_once('/') {
        Some((list @ ("notes" | "seal"), _)) => list,
        _ => place,
    })
}

/// What a field is called, by the JSON Pointer that the API names it by.
pub(super) fn label(pointer: &str) -> Option<&'static str> {
    let place = field_of(pointer)?;
    let known = texts().find(|text| text.place == place).map(|text| text.label);
    known.or(match place {
        "sections" => Some("章节顺序"),
        "seal_picture" => Some("印章图样"),
        _ => None,
    })
}

/// The fields, each with what the active version says where that differs.
pub(super) fn fields(fields: &Fields<'_>, active: &Value) -> Markup {
    html! {
        @for (index, (title, texts)) in GROUPS.iter().enumerate() {
            details.fold open[index == 0 || texts.iter().any(|text| fields.wrong(text.place).is_some() || differs(fields.form, active, text))] {
                summary { (title) }
                @for text in *texts { (field(fields, active, text)) }
            }
        }
        details.fold open[fields.wrong("sections").is_some()] {
            summary { "章节顺序" }
            (order(fields))
        }
        details.fold open[fields.wrong("seal_picture").is_some()] {
            summary { "印章图样" }
            (fields.radios("picture", "图样", &PICTURES))
            div.field {
                label for="seal_picture" { "图片" }
                input #seal_picture name="seal_picture" type="file" accept="image/png,image/jpeg";
                @if let Some(problem) = fields.wrong("seal_picture") { p.error { "⚠ " (problem.title()) } }
            }
        }
    }
}

fn field(fields: &Fields<'_>, active: &Value, text: &Text) -> Markup {
    html! {
        @match text.kind {
            Kind::Line => (fields.input("text", text.place, text.label, text.hint, false)),
            Kind::Lines | Kind::Items => (fields.area(text.place, text.label, text.hint, false)),
        }
        @if text.place != "version" && differs(fields.form, active, text) {
            @let before = written(active, text);
            p.hint { (crate::elements::badge("warn", "与现用版本不同")) " 现用：" @if before.is_empty() { "（空）" } @else { (before) } }
        }
    }
}

/// The order of the sections: a list for each place.
fn order(fields: &Fields<'_>) -> Markup {
    let chosen: Vec<&str> = fields.form.all("sections").collect();
    html! {
        fieldset id="sections" {
            legend.sr { "章节顺序" }
            @for place in 0..SECTIONS.len() {
                div.field {
                    label for={ "section-" (place) } { "第 " (place + 1) " 部分" }
                    select id={ "section-" (place) } name="sections" {
                        @for (value, text) in SECTIONS { option value=(value) selected[chosen.get(place) == Some(&value)] { (text) } }
                    }
                }
            }
            @if let Some(problem) = fields.wrong("sections") { p.error { "⚠ 每个章节列出一次：" (problem.title()) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_comes_back_from_its_form_as_it_was() {
        let before: Value =
            serde_json::from_str(include_str!("../../../../shared/render/data/report-template.json")).unwrap();
        let form = filled(&before);
        assert_eq!(template(&form, &before), before);
        assert_eq!(differences(&form, &before), 0);
        let pictured = json!({ "seal_picture": "AAAA" });
        assert_eq!(template(&form, &pictured)["seal_picture"], "AAAA", "the picture of the version that is edited");
    }

    #[test]
    fn what_differs_is_counted_and_every_field_has_a_name() {
        let active = json!({ "title": "旧", "notes": ["一", "二"] });
        let changed =
            Form::with([("version", "2".to_owned()), ("title", "新".to_owned()), ("notes", "一\r\n二".to_owned())]);
        assert_eq!(differences(&changed, &active), 1);
        for text in texts() {
            assert_eq!(label(&format!("/{}", text.place)), Some(text.label));
        }
        assert_eq!((label("/notes/3"), label("/seal/0")), (Some("说明"), Some("签章处的文字")));
        assert_eq!(label("/nothing"), None);
    }
}
