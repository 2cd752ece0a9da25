//! A report is read in its order, as whoever cannot see its pages has it read: headings, paragraphs, tables with
//! headers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use lopdf::content::Content;
use lopdf::{Dictionary, Document, Object, ObjectId};
use xinzheng_domain::ReportContent;
use xinzheng_render::{Rendered, Template};

#[path = "../benches/subject_matter/mod.rs"]
mod subject_matter;

fn rendered(content: &ReportContent) -> Rendered {
    subject_matter::rendered(content, &content.canonical_json().unwrap())
}

/// The text of a page's marked content by its number, and that of its artifacts. Panics at content that is neither.
fn marked(document: &Document, page: ObjectId) -> (BTreeMap<i64, String>, String) {
    let fonts = document.get_page_fonts(page).unwrap();
    let encodings: BTreeMap<_, _> =
        fonts.into_iter().map(|(name, font)| (name, font.get_font_encoding(document).unwrap())).collect();
    let (mut texts, mut artifacts) = (BTreeMap::new(), String::new());
    let (mut open, mut encoding) = (None, None);
    for operation in Content::decode(&document.get_page_content(page)).unwrap().operations {
        let operands = &operation.operands;
        match operation.operator.as_str() {
            "BMC" | "BDC" => {
                assert!(open.is_none(), "marked content is not nested");
                let id = operands.get(1).and_then(|of| of.as_dict().unwrap().get(b"MCID").ok());
                assert_eq!(id.is_none(), operands[0].as_name().unwrap() == b"Artifact");
                open = Some(id.map(|id| id.as_i64().unwrap()));
            }
            "EMC" => assert!(open.take().is_some()),
            "f" | "Do" => {
                if let Some(id) = open.expect("what is drawn is marked") {
                    texts.entry(id).or_insert_with(String::new);
                }
            }
            "Tf" => encoding = encodings.get(operands[0].as_name().unwrap()),
            "Tj" => {
                let text = Document::decode_text(encoding.unwrap(), operands[0].as_str().unwrap()).unwrap();
                match open.expect("text is marked") {
                    Some(id) => texts.entry(id).or_insert_with(String::new).push_str(&text),
                    None => artifacts.push_str(&text),
                }
            }
            _ => {}
        }
    }
    (texts, artifacts)
}

/// What is read, in its order: of each element with content its type and text.
struct Reading<'d> {
    document: &'d Document,
    pages: BTreeMap<ObjectId, BTreeMap<i64, String>>,
    parents: BTreeMap<i64, Object>,
    read: Vec<(String, String)>,
}

fn read(pdf: &[u8]) -> Vec<(String, String)> {
    let document = Document::load_mem(pdf).unwrap();
    let catalog = document.catalog().unwrap();
    let root = document.get_dictionary(catalog.get(b"StructTreeRoot").unwrap().as_reference().unwrap()).unwrap();
    let parents = document.get_dictionary(root.get(b"ParentTree").unwrap().as_reference().unwrap()).unwrap();
    let parents = parents.get(b"Nums").unwrap().as_array().unwrap();
    let parents = parents.chunks(2).map(|pair| (pair[0].as_i64().unwrap(), pair[1].clone())).collect();
    let pages: BTreeMap<_, _> = document.page_iter().map(|page| (page, marked(&document, page).0)).collect();
    let mut reading = Reading { document: &document, pages, parents, read: vec![] };
    reading.element(root.get(b"K").unwrap().as_reference().unwrap());
    let unread: Vec<_> = reading.pages.values().flatten().collect();
    assert!(unread.is_empty(), "content that no element has: {unread:?}");
    reading.read
}

impl Reading<'_> {
    fn element(&mut self, id: ObjectId) {
        let element = self.document.get_dictionary(id).unwrap();
        let kind = String::from_utf8(element.get(b"S").unwrap().as_name().unwrap().to_vec()).unwrap();
        let kids = match element.get(b"K") {
            Ok(Object::Array(kids)) => kids.clone(),
            Ok(kid) => vec![kid.clone()],
            Err(_) => vec![],
        };
        let place = self.read.len();
        let mut own = String::new();
        let mut has_content = kids.is_empty();
        for kid in &kids {
            match kid {
                Object::Reference(kid) => {
                    let parent = self.document.get_dictionary(*kid).unwrap().get(b"P").unwrap().as_reference().unwrap();
                    assert_eq!(parent, id);
                    self.element(*kid);
                }
                Object::Integer(number) => {
                    let page = element.get(b"Pg").unwrap().as_reference().unwrap();
                    own.push_str(&self.content(id, page, *number));
                    has_content = true;
                }
                Object::Dictionary(kid) if kid.has(b"MCID") => {
                    let page = kid.get(b"Pg").unwrap().as_reference().unwrap();
                    own.push_str(&self.content(id, page, kid.get(b"MCID").unwrap().as_i64().unwrap()));
                    has_content = true;
                }
                Object::Dictionary(kid) => self.annotation(id, kid),
                other => panic!("no kid: {other:?}"),
            }
        }
        let attributes = element.get(b"A").map(|attributes| format!("{attributes:?}")).unwrap_or_default();
        let scope = ["Column", "Row"].into_iter().find(|scope| attributes.contains(scope));
        if has_content {
            let kind = scope.filter(|_| kind == "TH").map_or(kind.clone(), |scope| format!("TH {scope}"));
            self.read.insert(place, (kind, own));
        }
    }

    /// The text of marked content, which is read once and leads back to its element.
    fn content(&mut self, element: ObjectId, page: ObjectId, number: i64) -> String {
        let key = self.document.get_dictionary(page).unwrap().get(b"StructParents").unwrap().as_i64().unwrap();
        let owners = self.document.get_object(self.parents[&key].as_reference().unwrap()).unwrap();
        let owner = owners.as_array().unwrap()[usize::try_from(number).unwrap()].as_reference().unwrap();
        assert_eq!(owner, element);
        self.pages.get_mut(&page).unwrap().remove(&number).expect("content is read once")
    }

    fn annotation(&self, element: ObjectId, reference: &Dictionary) {
        let annotation = reference.get(b"Obj").unwrap().as_reference().unwrap();
        let annotation = self.document.get_dictionary(annotation).unwrap();
        assert!(!annotation.get(b"Contents").unwrap().as_str().unwrap().is_empty());
        let key = annotation.get(b"StructParent").unwrap().as_i64().unwrap();
        assert_eq!(self.parents[&key].as_reference().unwrap(), element);
    }
}

#[test]
fn a_report_is_read_from_its_title_to_its_seal() {
    let pdf = rendered(&subject_matter::content(3)).pdf;
    let read = read(&pdf);
    let said: Vec<(&str, &str)> = read.iter().map(|(kind, text)| (kind.as_str(), text.as_str())).collect();
    let begin = [
        ("H1", "长治市经营主体专项信用报告"),
        ("P", "（替代有无违法违规记录证明）"),
        ("TH Row", "报告编号"),
        ("TD", "CZXY-20251103-7K3M9QXT"),
        ("TH Row", "核验码"),
    ];
    assert_eq!(said[..begin.len()], begin);
    let headings: Vec<&str> = said.iter().filter(|(kind, _)| kind.starts_with('H')).map(|(_, text)| *text).collect();
    let expected = [
        "长治市经营主体专项信用报告",
        "一、主体信息",
        "二、报告范围",
        "三、查询结果汇总",
        "四、记录一览",
        "五、记录明细",
    ];
    assert_eq!(headings[..expected.len()], expected);
    assert_eq!(headings.last(), Some(&"六、说明"));
    let follow = |run: &[(&str, &str)]| assert!(said.windows(run.len()).any(|found| found == run), "{run:?}: {said:?}");
    follow(&[("Link", "扫码核验真伪"), ("Figure", ""), ("H2", "一、主体信息")]);
    follow(&[("TH Column", "合计"), ("TH Column", "期前有效"), ("TH Column", "数据完整至"), ("TD", "1")]);
    follow(&[("TD", "1"), ("TH Row", "发展改革"), ("TD", "市发展和改革委员会")]);
    follow(&[("Lbl", "1.")]);
    assert_eq!(said.last(), Some(&("Div", "")), "the place of the signature's field");
}

#[test]
fn what_goes_over_pages_is_read_as_one() {
    let read = read(&rendered(&subject_matter::content(300)).pdf);
    let heads = read.iter().filter(|(kind, text)| kind == "TH Column" && text == "状态").count();
    assert_eq!(heads, 1, "a head that is repeated on each page is read once");
    for number in 1..=300 {
        let title = format!("{number}．行政处罚");
        let records: Vec<_> = read.iter().filter(|(_, text)| text.starts_with(&title)).collect();
        assert_eq!(records.len(), 1, "{title}");
        assert!(!records[0].1.contains("（续）"));
    }

    let mut content = subject_matter::content(0);
    let address = "虚构路很长的地址，".repeat(900);
    let registration = content.subject.registration.as_mut().unwrap();
    registration.address = Some(address.clone());
    let rendered = rendered(&content);
    assert!(rendered.pages > 5);
    assert!(self::read(&rendered.pdf).contains(&("TD".to_owned(), address)), "a cell over pages is one");
}

#[test]
fn running_lines_are_artifacts() {
    let rendered = xinzheng_render::preview(Template::builtin()).unwrap();
    let document = Document::load_mem(&rendered.pdf).unwrap();
    for (number, page) in (1..).zip(document.page_iter()) {
        let (texts, artifacts) = marked(&document, page);
        let said = texts.into_values().collect::<String>();
        for running in ["样张　仅供预览", &format!("第 {number} 页")] {
            assert!(artifacts.contains(running) && !said.contains(running), "{running}");
        }
    }
}
