//! What a file says of itself: document information (ISO 32000-1, 14.3.3), and the same as XMP for PDF/A.

use lopdf::{Dictionary, Object, Stream, dictionary};
use xinzheng_domain::ReportContent;
use xinzheng_domain::china_time::CHINA;

use crate::template::Template;
use crate::text_string::{readable, text_string};

pub(crate) fn information(content: &ReportContent, template: &Template) -> Dictionary {
    let issued = CHINA.to_datetime(content.issued_at).strftime("D:%Y%m%d%H%M%S+08'00'").to_string();
    dictionary! {
        "Title" => text_string(&title(content, template)),
        "Author" => text_string(&template.issuer),
        "Subject" => text_string(&content.subject.name),
        "Creator" => text_string("信证 Xinzheng"),
        "Producer" => text_string("Xinzheng"),
        "CreationDate" => Object::string_literal(issued.as_str()),
        "ModDate" => Object::string_literal(issued.as_str()),
    }
}

/// The metadata stream; PDF/A wants it readable, so it is not compressed.
pub(crate) fn stream(content: &ReportContent, template: &Template) -> Stream {
    let dictionary = dictionary! { "Type" => "Metadata", "Subtype" => "XML" };
    Stream::new(dictionary, xmp(content, template).into_bytes())
}

/// What PDF/A wants to be told of a schema that it does not know (ISO 19005-3, 6.6.2.3.3): PDF/UA's.
const EXTENSION: &str = "<rdf:Description rdf:about=\"\" \
    xmlns:pdfaExtension=\"http://www.aiim.org/pdfa/ns/extension/\" \
    xmlns:pdfaSchema=\"http://www.aiim.org/pdfa/ns/schema#\" \
    xmlns:pdfaProperty=\"http://www.aiim.org/pdfa/ns/property#\">\n\
    <pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType=\"Resource\">\n\
    <pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>\
    <pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
    <pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>\n\
    <pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType=\"Resource\">\
    <pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
    <pdfaProperty:category>internal</pdfaProperty:category>\
    <pdfaProperty:description>The part of ISO 14289 to which the file conforms</pdfaProperty:description>\
    </rdf:li></rdf:Seq></pdfaSchema:property>\n\
    </rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>";

fn xmp(content: &ReportContent, template: &Template) -> String {
    let escape = |text: &str| readable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let issued = CHINA.to_datetime(content.issued_at).strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string();
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" \
         xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\" xmlns:pdfuaid=\"http://www.aiim.org/pdfua/ns/id/\">\n\
         <pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>\n\
         <pdfuaid:part>1</pdfuaid:part>\n\
         <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>\n\
         <dc:creator><rdf:Seq><rdf:li>{issuer}</rdf:li></rdf:Seq></dc:creator>\n\
         <dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">{subject}</rdf:li></rdf:Alt></dc:description>\n\
         <dc:language><rdf:Bag><rdf:li>zh-CN</rdf:li></rdf:Bag></dc:language>\n\
         <xmp:CreatorTool>信证 Xinzheng</xmp:CreatorTool><xmp:CreateDate>{issued}</xmp:CreateDate>\
         <xmp:ModifyDate>{issued}</xmp:ModifyDate><pdf:Producer>Xinzheng</pdf:Producer>\n\
         </rdf:Description>\n{EXTENSION}</rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>",
        title = escape(&title(content, template)),
        issuer = escape(&template.issuer),
        subject = escape(&content.subject.name),
    )
}

fn title(content: &ReportContent, template: &Template) -> String {
    format!("{} {}", template.title, content.number)
}
