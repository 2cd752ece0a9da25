//! What was changed behind a signature, in the words of people.

use serde::Serialize;

/// One thing that was changed and must not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    pub what: Changed,
    /// The number of the object.
    pub object: Option<u32>,
    /// The page, from 1 on.
    pub page: Option<usize>,
    /// The entry of the dictionary.
    pub entry: Option<String>,
}

/// What kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Changed {
    /// Bytes that are no well-formed update, or one that proves nothing.
    Bytes,
    Trailer,
    Catalog,
    Form,
    /// A field that is none of a document time stamp.
    Field,
    Page,
    Annotations,
    /// An object that was signed.
    Object,
    /// An object that nothing needs for proofs.
    NewObject,
    /// An object that what was signed had referred to, and that was not there.
    MissingObject,
    /// The document information.
    Information,
    /// The XMP metadata.
    Metadata,
    /// The document security store has what does not belong there.
    SecurityStore,
}

impl Change {
    pub(crate) const fn of(what: Changed) -> Self {
        Self { what, object: None, page: None, entry: None }
    }

    pub(crate) fn object(what: Changed, number: u32) -> Self {
        Self { object: Some(number), ..Self::of(what) }
    }

    pub(crate) fn entry(what: Changed, key: &[u8]) -> Self {
        Self { entry: Some(String::from_utf8_lossy(key).into_owned()), ..Self::of(what) }
    }

    /// In Chinese.
    pub fn text(&self) -> String {
        let entry = self.entry.as_deref().map(|key| format!(" {key}")).unwrap_or_default();
        let object = self.object.map(|number| format!("（对象 {number}）")).unwrap_or_default();
        let page = self.page.map_or_else(|| "某页".to_owned(), |page| format!("第 {page} 页"));
        let what = match self.what {
            Changed::Bytes => "末尾附加的数据不是完整的更新，或没有证明作用".to_owned(),
            Changed::Trailer => format!("文件尾{entry}"),
            Changed::Catalog => format!("文档目录{entry}"),
            Changed::Form => format!("表单{entry}"),
            Changed::Field => "表单域".to_owned(),
            Changed::Page => format!("{page}{entry}"),
            Changed::Annotations => format!("{page}的批注"),
            Changed::Object => "已签署的内容被替换".to_owned(),
            Changed::NewObject => "附加了与证明无关的内容".to_owned(),
            Changed::MissingObject => "补入了签署时缺失的内容".to_owned(),
            Changed::Information => format!("文档信息{entry}"),
            Changed::Metadata => "元数据".to_owned(),
            Changed::SecurityStore => "验证材料中有不属于它的内容".to_owned(),
        };
        format!("{what}{object}")
    }
}
