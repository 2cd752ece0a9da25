//! What forms send: fields and small files; and the address's query.

use futures::stream;
use serde::de::value::Error as Unfit;
use serde::de::{DeserializeOwned, IntoDeserializer};
use xinzheng_api::page_problem::{FORM_TOO_LARGE, FORM_UNFIT, FORM_UNREADABLE, NOT_CONFIRMED};
use xinzheng_api::parameter::Parameter;
use xinzheng_runtime::{HttpRequest, Problem};

use crate::page_words::said;

/// The most bytes of a form without files, and the most parts of any: an encoded Chinese character has nine bytes.
const LARGEST: usize = 1 << 20;
const MOST_PARTS: usize = 1_000;

/// Fields by name, each as often as it was sent, and files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    fields: Vec<(String, String)>,
    /// Field, file name, bytes.
    files: Vec<(String, String, Vec<u8>)>,
}

impl From<Vec<(String, String)>> for Form {
    fn from(fields: Vec<(String, String)>) -> Self {
        Self { fields, files: vec![] }
    }
}

impl Form {
    /// Every field, in the order in which they were sent.
    pub(crate) fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The fields of a query or a form's body.
    pub(crate) fn of(text: &str) -> Self {
        Self { fields: form_urlencoded::parse(text.as_bytes()).into_owned().collect(), files: vec![] }
    }

    /// A form with these fields.
    pub(crate) fn with<'v>(fields: impl IntoIterator<Item = (&'v str, String)>) -> Self {
        Self { fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(), files: vec![] }
    }

    /// The body of a POST: `application/x-www-form-urlencoded` or `multipart/form-data`.
    pub(crate) async fn read(request: &HttpRequest) -> Result<Self, Problem> {
        let unreadable = || Problem::from(FORM_UNREADABLE);
        let bytes = request.bytes()?;
        let content_type = request.header("content-type").unwrap_or_default();
        let Ok(boundary) = multer::parse_boundary(content_type) else {
            if bytes.len() > LARGEST || bytes.iter().filter(|byte| **byte == b'&').count() >= MOST_PARTS {
                return Err(FORM_TOO_LARGE.into());
            }
            return Ok(Self::of(&String::from_utf8(bytes).map_err(|_| unreadable())?));
        };
        let mut parts = multer::Multipart::new(stream::iter([Ok::<_, std::convert::Infallible>(bytes)]), boundary);
        let mut form = Self::default();
        while let Some(part) = parts.next_field().await.map_err(|_| unreadable())? {
            if form.fields.len() + form.files.len() >= MOST_PARTS {
                return Err(FORM_TOO_LARGE.into());
            }
            let name = part.name().unwrap_or_default().to_owned();
            if let Some(file) = part.file_name().map(str::to_owned) {
                form.files.push((name, file, part.bytes().await.map_err(|_| unreadable())?.to_vec()));
            } else {
                form.fields.push((name, part.text().await.map_err(|_| unreadable())?));
            }
        }
        Ok(form)
    }

    /// A field, without spaces around it; empty when it was not sent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    /// The same when it is not empty.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// A field as what it stands for: a day, a document number, one of some choices.
    ///
    /// # Errors
    ///
    /// When it is empty or none.
    pub(crate) fn value<T: DeserializeOwned>(&self, name: &str) -> Result<T, Problem> {
        T::deserialize(self.text(name).into_deserializer()).map_err(|_: Unfit| FORM_UNFIT.into())
    }

    /// A parameter of the address, for the API's query.
    ///
    /// # Errors
    ///
    /// The parameter's own problem, when it is there and none.
    pub(crate) fn parameter<T: Parameter>(&self, name: &str) -> Result<Option<T>, Problem> {
        self.filled(name).map(|text| T::read(text).ok_or_else(|| said(T::UNREADABLE.into()))).transpose()
    }

    /// Whoever sent it has confirmed what cannot be undone.
    ///
    /// # Errors
    ///
    /// When they have not.
    pub(crate) fn sure(&self) -> Result<(), Problem> {
        if self.has("sure", "yes") { Ok(()) } else { Err(NOT_CONFIRMED.into()) }
    }

    /// Every value of a field.
    pub(crate) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// Every value of a field, as what it stands for.
    ///
    /// # Errors
    ///
    /// When one of them is none.
    pub(crate) fn values<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>, Problem> {
        let read = |text: &str| T::deserialize(text.into_deserializer()).map_err(|_: Unfit| FORM_UNFIT.into());
        self.all(name).map(read).collect()
    }

    /// True when a field was sent with this value.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.all(name).any(|sent| sent == value)
    }

    /// A file that was sent.
    pub(crate) fn file(&self, name: &str) -> Option<&[u8]> {
        self.files
            .iter()
            .find(|(known, _, bytes)| known == name && !bytes.is_empty())
            .map(|(_, _, bytes)| bytes.as_slice())
    }

    /// The name of a file that was sent.
    pub(crate) fn file_name(&self, name: &str) -> &str {
        self.files.iter().find(|(known, ..)| known == name).map_or("", |(_, file, _)| file)
    }
}

/// A part of the address as what it names; what is none of it is as unknown as what does not exist.
///
/// # Errors
///
/// The problem that says so.
pub(crate) fn parse_segment<T: Parameter>(text: &str) -> Result<T, Problem> {
    Ok(T::read(text).ok_or(T::UNREADABLE)?)
}

/// A query of these parameters, without those that are empty.
pub(crate) fn query<'v>(parameters: impl IntoIterator<Item = (&'v str, &'v str)>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    parameters.into_iter().filter(|(_, value)| !value.is_empty()).for_each(|(name, value)| {
        query.append_pair(name, value);
    });
    query.finish()
}

/// A text as a part of a path of the API or of these pages: never one that leads elsewhere.
pub(crate) use xinzheng_api::parameter::segment;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_stays_one_segment() {
        for (text, expected) in [
            ("CZXY-20251103-AAAAAAAA", "CZXY-20251103-AAAAAAAA"),
            ("a/b?c#d", "a%2Fb%3Fc%23d"),
            ("..", "-"),
            (".", "-"),
            ("", "-"),
            ("%2e%2e", "%252e%252e"),
            ("甲", "%E7%94%B2"),
        ] {
            assert_eq!(segment(text), expected, "{text}");
        }
    }
}
