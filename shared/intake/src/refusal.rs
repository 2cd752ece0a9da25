//! Why a whole file is refused: nothing in it could be read as rows of its table.

use thiserror::Error;

/// A refusal of a whole file, with what the clerk can do about it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FileRefusal {
    /// No bytes, or nothing but blanks.
    #[error("文件是空的")]
    Empty,
    /// Neither a workbook nor text.
    #[error("不是支持的文件格式")]
    UnknownFormat,
    /// The workbook does not open; holds the reader's reason.
    #[error("电子表格无法打开：{0}")]
    DamagedWorkbook(String),
    /// The JSON does not parse; holds the line and column.
    #[error("JSON 内容有误：第{0}行第{1}列附近")]
    DamagedJson(usize, usize),
    /// The workbook holds macros.
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
    /// The workbook asks for a password.
    #[error("电子表格设有密码")]
    PasswordProtected,
    /// More bytes than an upload may have; holds the limit in bytes.
    #[error("文件超过{0}字节的上限")]
    TooLarge(u64),
    /// Unpacked, the workbook would have more bytes than the limit, which it holds: a zip bomb, or too big a table.
    #[error("电子表格解压后超过{0}字节的上限")]
    UnpackedTooLarge(u64),
    /// No row looks like the table's header.
    #[error("没有找到表头行")]
    NoHeader,
    /// Mandatory columns are not in the header; holds their names with the nearest found.
    #[error("缺少必填列：{}", describe(.0))]
    MissingColumns(Vec<MissingColumn>),
    /// The unit's directory row does not name this kind of record (annex 2).
    #[error("《长治市有无违法违规记录信息目录》中{unit}不报送{table}")]
    NotPermitted {
        /// The unit.
        unit: String,
        /// The table's title.
        table: String,
    },
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

impl FileRefusal {
    /// The stable code for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "file-empty",
            Self::UnknownFormat => "file-format-unknown",
            Self::DamagedWorkbook(_) => "file-workbook-damaged",
            Self::DamagedJson(..) => "file-json-damaged",
            Self::Macros => "file-has-macros",
            Self::WrongExtension { .. } => "file-extension-wrong",
            Self::PasswordProtected => "file-password-protected",
            Self::UnpackedTooLarge(_) => "file-unpacked-too-large",
            Self::TooLarge(_) => "file-too-large",
            Self::NoHeader => "header-not-found",
            Self::MissingColumns(_) => "columns-missing",
            Self::NotPermitted { .. } => "table-not-permitted",
        }
    }

    /// What the clerk can do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Empty => "请检查是否选错文件，填好后重新上传",
            Self::UnknownFormat => "请另存为 XLSX 或 CSV 格式后重新上传",
            Self::DamagedWorkbook(_) => "请用电子表格软件打开并另存为 XLSX 后重新上传",
            Self::DamagedJson(..) => "请检查 JSON 的括号、引号和逗号，内容应为对象的列表",
            Self::Macros => "请另存为不含宏的 XLSX 后重新上传",
            Self::WrongExtension { .. } => "请按实际格式更正扩展名，或重新另存为 XLSX、CSV 后上传",
            Self::UnpackedTooLarge(_) => "请删除多余的行列和图片，拆分后重新上传，或改用 CSV 格式",
            Self::PasswordProtected => "请取消密码后重新上传",
            Self::TooLarge(_) => "请拆分成多个文件上传，或改用 CSV 格式",
            Self::NoHeader => "请使用归集标准的列名作为表头，可下载空白模板",
            Self::MissingColumns(_) => "请按归集标准补齐列名后重新上传，可下载空白模板",
            Self::NotPermitted { .. } => "请核对上传目录中的数据表是否选错",
        }
    }
}
