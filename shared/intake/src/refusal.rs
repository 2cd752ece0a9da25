//! Why a whole file is refused: nothing in it could be read as rows of its table.

use thiserror::Error;
use xinzheng_domain::TableId;

use crate::encoding::TextEncoding;

/// A refusal of a whole file, with what the clerk can do about it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FileRefusal {
    /// No bytes, or nothing but blanks.
    #[error("文件是空的")]
    Empty,
    /// Neither a workbook nor text.
    #[error("不是支持的文件格式")]
    UnknownFormat,
    #[error("这是 OpenDocument 电子表格（.ods、.fods）")]
    OpenDocument,
    /// A workbook in Excel's binary form or WPS's own.
    #[error("这是 Excel 二进制工作簿（.xlsb）或 WPS 表格（.et）")]
    BinaryWorkbook,
    /// A web page or an XML document under the name of a table.
    #[error("这是网页或 XML 文件，不是电子表格")]
    WebPage,
    /// A package or compound file of another program: a text document, a presentation.
    #[error("文件里没有电子表格")]
    NoSpreadsheet,
    /// Zero bytes in what should be text.
    #[error("文本中含有空字节，可能是没有字节序标记的 UTF-16 或二进制文件")]
    NotText,
    /// The workbook does not open; holds the reader's reason.
    #[error("电子表格无法打开：{0}")]
    DamagedWorkbook(String),
    /// The JSON does not parse; holds the line and column.
    #[error("JSON 内容有误：第{0}行第{1}列附近")]
    DamagedJson(usize, usize),
    /// The JSON has no list of objects.
    #[error("JSON 中没有由对象组成的列表")]
    NoList,
    /// The JSON has more objects than are held; holds the limit.
    #[error("JSON 中的对象超过{0}个的上限")]
    TooManyObjects(u64),
    #[error("电子表格含有宏")]
    Macros,
    /// The name says another format than the content.
    #[error("文件内容是{found}，扩展名却是“{extension}”")]
    WrongExtension {
        /// The format of the content.
        found: &'static str,
        /// The extension, in lower case.
        extension: String,
    },
    #[error("电子表格设有密码")]
    PasswordProtected,
    /// More bytes than an upload may have; holds the limit in bytes.
    #[error("文件超过{0}字节的上限")]
    TooLarge(u64),
    /// The version that was sent is not there any more: deleted, or replaced where no versions are kept.
    #[error("这一版本的文件在读取之前已被删除或替换")]
    Gone,
    /// The version went while it was read in parts; holds how many were not read, of how many.
    #[error("文件在分段读取期间被删除或替换：共{of}段，其中{gone}段没有读到")]
    PartlyGone {
        /// The parts that were not read.
        gone: usize,
        /// All parts.
        of: usize,
    },
    /// Unpacked, the workbook would have more bytes than the limit, which it holds: a zip bomb, or too big a table.
    #[error("电子表格解压后超过{0}字节的上限")]
    UnpackedTooLarge(u64),
    /// No row looks like the table's header; holds the encoding in which a text was read.
    #[error("没有找到表头行{}", read_as(*.0))]
    NoHeader(Option<TextEncoding>),
    /// Mandatory columns are not in the header; holds their names with the nearest found, and the worksheet.
    #[error("{}缺少必填列：{}{}", in_sheet(.sheet.as_deref()), describe(.missing), like(.looks.as_deref()))]
    MissingColumns {
        missing: Vec<MissingColumn>,
        /// The worksheet, for workbooks.
        sheet: Option<String>,
        /// The table whose columns they are instead.
        looks: Option<String>,
    },
    /// Unknown columns are nearly those of the table, which the file lacks: what stands in them would be lost.
    #[error("有的列名与归集标准相近而不相同：{}", describe(.0))]
    NearMisses(Vec<MissingColumn>),
    /// The columns are those of another table.
    #[error("这个文件看起来是“{looks}”，却作为“{sent}”上传")]
    OtherTable {
        /// The table that the columns are those of.
        looks: String,
        /// The table that the file was sent as.
        sent: String,
    },
    /// Most rows were decided by another unit of the directory.
    #[error("这个文件看起来是{looks}的：前{seen}行中有{rows}行由其作出，却由{unit}上传")]
    OtherUnit {
        /// The unit that the rows name.
        looks: String,
        /// How many rows name it.
        rows: u64,
        /// How many rows were looked at.
        seen: u64,
        /// The unit that sent the file.
        unit: String,
    },
    /// The unit's directory row does not name this kind of record (annex 2).
    #[error("《长治市有无违法违规记录信息目录》中{unit}不报送{table}")]
    NotPermitted { unit: String, table: String },
}

/// A mandatory column that a header lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingColumn {
    /// Its name in the standard.
    pub name: String,
    /// The unknown header most like it, if any is.
    pub nearest: Option<String>,
}

fn describe(missing: &[MissingColumn]) -> String {
    let one = |column: &MissingColumn| match &column.nearest {
        None => column.name.clone(),
        Some(nearest) => format!("{}（最接近的列是“{nearest}”）", column.name),
    };
    missing.iter().map(one).collect::<Vec<_>>().join("、")
}

fn read_as(encoding: Option<TextEncoding>) -> String {
    encoding.map_or_else(String::new, |encoding| format!("（按 {} 编码读取）", encoding.title()))
}

fn like(table: Option<&str>) -> String {
    table.map_or_else(String::new, |table| format!("；这个文件看起来是“{table}”"))
}

fn in_sheet(sheet: Option<&str>) -> String {
    sheet.map_or_else(String::new, |sheet| format!("工作表“{sheet}”"))
}

impl FileRefusal {
    /// Every stable code, with what it means in a few words, for people who look at many: what is wrong with one file stands in
    /// its reason.
    pub const TITLES: [(&str, &str); 15] = [
        ("file-empty", "空文件"),
        ("file-format-unknown", "不支持的文件格式"),
        ("file-workbook-damaged", "电子表格损坏"),
        ("file-json-damaged", "JSON 有误"),
        ("file-has-macros", "含有宏"),
        ("file-extension-wrong", "扩展名与内容不符"),
        ("file-password-protected", "设有密码"),
        ("file-unpacked-too-large", "解压后过大"),
        ("file-too-large", "文件过大"),
        ("header-not-found", "没有表头"),
        ("columns-missing", "缺少必填列"),
        ("columns-nearly-known", "列名与标准相近而不相同"),
        ("table-looks-other", "看起来是别的数据表"),
        ("unit-looks-other", "看起来是别的单位的文件"),
        ("table-not-permitted", "目录中无此单位的该类数据"),
    ];

    /// The table that the file looks like instead of the one that it was sent as.
    pub fn looks_like(&self) -> Option<TableId> {
        let (Self::OtherTable { looks, .. } | Self::MissingColumns { looks: Some(looks), .. }) = self else {
            return None;
        };
        TableId::ALL.into_iter().find(|table| table.standard().title == *looks)
    }

    /// The stable code for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "file-empty",
            Self::UnknownFormat
            | Self::OpenDocument
            | Self::BinaryWorkbook
            | Self::WebPage
            | Self::NoSpreadsheet
            | Self::NotText => "file-format-unknown",
            Self::DamagedWorkbook(_) => "file-workbook-damaged",
            Self::DamagedJson(..) | Self::NoList => "file-json-damaged",
            Self::Macros => "file-has-macros",
            Self::WrongExtension { .. } => "file-extension-wrong",
            Self::PasswordProtected => "file-password-protected",
            Self::UnpackedTooLarge(_) => "file-unpacked-too-large",
            Self::TooLarge(_) | Self::TooManyObjects(_) => "file-too-large",
            Self::Gone => "file-gone",
            Self::PartlyGone { .. } => "file-partly-gone",
            Self::NoHeader(_) => "header-not-found",
            Self::MissingColumns { .. } => "columns-missing",
            Self::NearMisses(_) => "columns-nearly-known",
            Self::OtherTable { .. } => "table-looks-other",
            Self::OtherUnit { .. } => "unit-looks-other",
            Self::NotPermitted { .. } => "table-not-permitted",
        }
    }

    /// What the clerk can do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Empty => "请检查是否选错文件，填好后重新上传",
            Self::UnknownFormat | Self::NoSpreadsheet => "请另存为 XLSX 或 CSV 格式后重新上传",
            Self::OpenDocument | Self::BinaryWorkbook => {
                "请用电子表格软件打开，“另存为”Excel 工作簿（.xlsx）后重新上传；只改扩展名没有用"
            }
            Self::WebPage => "请用 Excel 或 WPS 打开，“另存为”Excel 工作簿（.xlsx）后重新上传",
            Self::NotText => "请用原来的软件打开，另存为 XLSX 或 UTF-8 编码的 CSV 后重新上传",
            Self::DamagedWorkbook(_) => "请用 Excel 或 WPS 打开并另存为 XLSX 后重新上传",
            Self::DamagedJson(..) | Self::NoList => "请检查 JSON 的括号、引号和逗号，内容应为对象的列表",
            Self::Macros => "请另存为不含宏的 XLSX 后重新上传",
            Self::WrongExtension { .. } => "请按实际格式更正扩展名，或重新另存为 XLSX、CSV 后上传",
            Self::UnpackedTooLarge(_) => "请删除多余的行列和图片，拆分后重新上传，或改用 CSV 格式",
            Self::PasswordProtected => "请取消密码后重新上传",
            Self::TooManyObjects(_) => "请拆分成多个文件，或改用 JSONL（每行一个对象）",
            Self::TooLarge(_) => "请拆分成多个文件上传，或改用 CSV 格式",
            Self::Gone => "请重新上传；之后又上传过同名文件的，以该次上传的回执为准",
            Self::PartlyGone { .. } => "请重新上传完整的文件；已读到的行照常处理，再次报送不会重复",
            Self::NoHeader(None) => "请使用归集标准的列名作为表头，可下载空白模板",
            Self::NoHeader(Some(_)) => {
                "请使用归集标准的列名作为表头，可下载空白模板；文字显示为乱码时，请另存为 UTF-8 编码的 CSV"
            }
            Self::NearMisses(_) => {
                "请把列名改为归集标准的名称；确实是另外的内容、不需报送时，请在上传时声明“这些列不报送”（columns）"
            }
            Self::OtherTable { .. } | Self::OtherUnit { .. } => {
                "请核对数据表和单位是否选错；确实无误时，请在上传时声明“单位和数据表无误”（origin）"
            }
            Self::MissingColumns { .. } => "请按归集标准补齐列名后重新上传，可下载空白模板",
            Self::NotPermitted { .. } => "请核对上传目录中的数据表是否选错",
        }
    }
}
