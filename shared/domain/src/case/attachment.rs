//! Attachments (证明材料): files that a subject sends with an objection, or with an application for repair (R5, R15).

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::sha256::{hexadecimal, is_hexadecimal};

/// The most attachments of a case.
pub const MOST: usize = 5;
/// The longest attachment, in bytes.
pub const LONGEST: u64 = 10 << 20;
/// The longest name, in characters.
pub const LONGEST_NAME: usize = 100;
/// How many of an attachment's first bytes tell what it is.
pub const HEAD: usize = 8;

/// What an attachment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AttachmentKind {
    /// PDF (ISO 32000).
    Pdf,
    /// JPEG (ISO 10918).
    Jpeg,
    /// PNG (ISO 15948).
    Png,
}

impl AttachmentKind {
    /// What the name says that a file is.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "pdf" => Some(Self::Pdf),
            "jpg" | "jpeg" => Some(Self::Jpeg),
            "png" => Some(Self::Png),
            _ => None,
        }
    }

    /// What the first bytes say that a file is.
    pub fn of_content(head: &[u8]) -> Option<Self> {
        [(Self::Pdf, &b"%PDF-"[..]), (Self::Jpeg, &[0xff, 0xd8, 0xff]), (Self::Png, b"\x89PNG\r\n\x1a\n")]
            .into_iter()
            .find_map(|(kind, begin)| head.starts_with(begin).then_some(kind))
    }

    /// The extension that it is handed out with.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }
}

/// The id of an attachment: `FJ-<104 random bits>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttachmentId(String);

impl AttachmentId {
    /// A new id.
    pub fn new(random: u128) -> Self {
        Self(format!("FJ-{:026x}", random >> 24))
    }

    /// Parses an id as it is written.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("FJ-")?;
        is_hexadecimal(digits, 26).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AttachmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// The name that it was sent with.
    pub name: String,
    /// What it is.
    pub kind: AttachmentKind,
    /// How long it is.
    pub bytes: u64,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
}

/// Why a file cannot be attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AttachmentRefusal {
    /// The name is missing, too long, or not that of a file that can be attached.
    #[error("文件名应为 1 至 {LONGEST_NAME} 字，以 .pdf、.jpg 或 .png 结尾，不含斜线和控制字符")]
    Name,
    /// Empty, or too long.
    #[error("文件大小应为 1 字节至 10 MB")]
    Bytes,
    /// More than there may be, or one twice.
    #[error("最多可附 {MOST} 个文件，每个文件只能附一次")]
    TooMany,
    /// The content is not what the name says.
    #[error("文件内容与扩展名不符")]
    Content,
    /// It was announced and never sent.
    #[error("文件尚未上传")]
    Missing,
}

impl AttachmentRefusal {
    /// The stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Name => "attachment-name",
            Self::Bytes => "attachment-size",
            Self::TooMany => "attachments-too-many",
            Self::Content => "attachment-content",
            Self::Missing => "attachment-missing",
        }
    }
}

impl Attachment {
    /// A file that is about to be sent.
    pub fn announced(id: AttachmentId, name: &str, bytes: u64, sha256: &[u8; 32]) -> Result<Self, AttachmentRefusal> {
        let name = name.trim();
        let unfit = name.chars().count() > LONGEST_NAME || name.chars().any(|c| c.is_control() || "/\\".contains(c));
        let kind = AttachmentKind::of_name(name).filter(|_| !unfit).ok_or(AttachmentRefusal::Name)?;
        if bytes == 0 || bytes > LONGEST {
            return Err(AttachmentRefusal::Bytes);
        }
        Ok(Self { id, name: name.to_owned(), kind, bytes, sha256: hexadecimal(sha256) })
    }

    /// That what was sent is what was announced, by its first [`HEAD`] bytes.
    pub fn check_content(&self, head: &[u8]) -> Result<(), AttachmentRefusal> {
        if AttachmentKind::of_content(head) == Some(self.kind) { Ok(()) } else { Err(AttachmentRefusal::Content) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sizes_and_contents_are_looked_at() {
        let announced = |name: &str, bytes| Attachment::announced(AttachmentId::new(u128::MAX), name, bytes, &[1; 32]);
        for (name, bytes, expected) in [
            ("决定书.pdf", 1, Ok(AttachmentKind::Pdf)),
            ("照片.JPG", LONGEST, Ok(AttachmentKind::Jpeg)),
            ("a.png", 0, Err(AttachmentRefusal::Bytes)),
            ("a.png", LONGEST + 1, Err(AttachmentRefusal::Bytes)),
            ("a.svg", 1, Err(AttachmentRefusal::Name)),
            ("a.html", 1, Err(AttachmentRefusal::Name)),
            ("pdf", 1, Err(AttachmentRefusal::Name)),
            ("../a.pdf", 1, Err(AttachmentRefusal::Name)),
            ("a\n.pdf", 1, Err(AttachmentRefusal::Name)),
        ] {
            assert_eq!(announced(name, bytes).map(|attachment| attachment.kind), expected, "{name}");
        }
        let pdf = announced("a.pdf", 9).unwrap();
        assert_eq!(pdf.check_content(b"%PDF-1.7"), Ok(()));
        assert_eq!(pdf.check_content(b"<script>"), Err(AttachmentRefusal::Content));
        assert_eq!(pdf.check_content(b"\x89PNG\r\n\x1a\n"), Err(AttachmentRefusal::Content));
        assert_eq!(AttachmentId::parse(pdf.id.as_str()), Some(pdf.id.clone()));
        assert_eq!(AttachmentId::parse("FJ-../.."), None);
    }
}
