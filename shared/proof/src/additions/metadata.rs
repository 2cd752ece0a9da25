//! XMP metadata: the statements of a packet, to be compared with those of another.

use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

/// How deep elements may stand in each other.
const DEPTH: usize = 32;
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const META: &str = "adobe:ns:meta/";
/// What a program that adds something may say anew: when, and its own name.
const MAY_DIFFER: [(&str, &str); 3] = [
    ("http://ns.adobe.com/xap/1.0/", "ModifyDate"),
    ("http://ns.adobe.com/xap/1.0/", "MetadataDate"),
    ("http://ns.adobe.com/pdf/1.3/", "Producer"),
];
const LANGUAGE: (&str, &str) = ("http://www.w3.org/XML/1998/namespace", "lang");

type Name = (String, String);

/// Each property with the names that lead to it, its language and its text, in order.
type Statements = Vec<(Vec<Name>, String)>;

/// Whether two packets say the same, but for what may differ.
pub(crate) fn say_the_same(one: &[u8], other: &[u8]) -> bool {
    match (statements(one), statements(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

fn statements(packet: &[u8]) -> Option<Statements> {
    let mut reader = NsReader::from_str(std::str::from_utf8(packet).ok()?);
    reader.config_mut().expand_empty_elements = true;
    let (mut found, mut path, mut text) = (Statements::new(), Vec::<Name>::new(), String::new());
    let mut has_rdf = false;
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) => {
                (path.len() < DEPTH && text.trim().is_empty()).then_some(())?;
                // What may differ is a text alone: readers would find what hides in it.
                (!path.iter().any(|name| is_of(name, &MAY_DIFFER))).then_some(())?;
                text.clear();
                path.push(name(reader.resolver().resolve_element(element.name()))?);
                has_rdf |= path.last().is_some_and(|(space, name)| space == RDF && name == "RDF");
                attributes(&reader, &element, &path, &mut found)?;
            }
            Event::End(_) => {
                if !text.trim().is_empty() {
                    found.push((path.clone(), text.trim().to_owned()));
                }
                text.clear();
                path.pop()?;
            }
            Event::Text(written) => text.push_str(&written),
            Event::GeneralRef(reference) => text.push_str(meant(&reference)?),
            Event::PI(instruction) => instruction.starts_with("xpacket").then_some(())?,
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().transpose().ok()?;
                encoding.is_none_or(|encoding| encoding.eq_ignore_ascii_case("utf-8")).then_some(())?;
            }
            Event::Eof => break,
            Event::CData(_) | Event::Comment(_) | Event::DocType(_) | Event::Empty(_) => return None,
        }
    }
    (path.is_empty() && has_rdf).then_some(())?;
    found.retain(|(path, _)| !path.iter().any(|name| is_of(name, &MAY_DIFFER)));
    // What only holds the statements together says nothing.
    for (path, _) in &mut found {
        path.retain(|(space, name)| space != META && !(space == RDF && (name == "RDF" || name == "Description")));
    }
    found.sort_unstable();
    Some(found)
}

fn attributes(reader: &NsReader<&[u8]>, element: &BytesStart<'_>, path: &[Name], found: &mut Statements) -> Option<()> {
    for attribute in element.attributes() {
        let attribute = attribute.ok()?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let (space, local) = reader.resolver().resolve_attribute(attribute.key);
        let name = name((space, local)).filter(|(space, _)| !space.is_empty())?;
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?.into_owned();
        let is_of_frame = match (name.0.as_str(), name.1.as_str(), value.as_str()) {
            (META, ..) | (RDF, "about", "") | (RDF, "parseType", "Resource") => true,
            (RDF, "resource", _) => {
                // An address as the text of its property.
                found.push((path.to_vec(), value.clone()));
                true
            }
            _ => false,
        };
        if is_of_frame {
            continue;
        }
        let language = is_of(&name, &[LANGUAGE]);
        let path = path.iter().cloned().chain([name]).collect();
        found.push((path, if language { value.to_lowercase() } else { value }));
    }
    Some(())
}

fn name((space, local): (ResolveResult<'_>, quick_xml::name::LocalName<'_>)) -> Option<Name> {
    let space = match space {
        ResolveResult::Bound(space) => space.into_inner().to_owned(),
        ResolveResult::Unbound => String::new(),
        ResolveResult::Unknown(_) => return None,
    };
    Some((space, local.into_inner().to_owned()))
}

fn is_of(name: &Name, names: &[(&str, &str)]) -> bool {
    names.iter().any(|(space, local)| name.0 == *space && name.1 == *local)
}

fn meant(reference: &str) -> Option<&'static str> {
    Some(match reference {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(properties: &str) -> String {
        format!(
            "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\" xmlns:r=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
             xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><r:RDF>\
             {properties}</r:RDF></x:xmpmeta>"
        )
    }

    #[test]
    fn what_says_the_same_is_told_from_what_does_not() {
        let signed = packet(
            "<r:Description r:about=\"\"><dc:title><r:Alt><r:li xml:lang=\"x\">一</r:li></r:Alt></dc:title>\
             <xmp:CreatorTool>二</xmp:CreatorTool><xmp:ModifyDate>1</xmp:ModifyDate></r:Description>",
        );
        for (other, same) in [
            (signed.clone(), true),
            (signed.replace("<xmp:ModifyDate>1", "<xmp:ModifyDate>2"), true),
            (
                packet(
                    "<r:Description r:about=\"\" xmp:CreatorTool=\"二\"><dc:title><r:Alt><r:li xml:lang=\"x\">一</r:li>\
                     </r:Alt></dc:title></r:Description>",
                ),
                true,
            ),
            (
                signed
                    .replace("<dc:title>", "<dc:title r:parseType=\"Resource\">")
                    .replace("<xmp:CreatorTool>二</xmp:CreatorTool>", "<xmp:CreatorTool r:resource=\"二\"/>"),
                true,
            ),
            (signed.replace("<dc:title>", "<dc:title r:parseType=\"Literal\">"), false),
            (signed.replace("一", "三"), false),
            (signed.replace("\"x\"", "\"y\""), false),
            (signed.replace("</r:Description>", "<dc:type>x</dc:type></r:Description>"), false),
            (signed.replace("CreatorTool", "Label"), false),
            (signed.replace("</r:RDF>", ""), false),
            (String::new(), false),
        ] {
            assert_eq!(say_the_same(signed.as_bytes(), other.as_bytes()), same, "{other}");
        }
    }
}
