//! `POST /uploads`: an address to which the unit can put one file, and no other.

use serde::Deserialize;
use serde_json::{Value, json};
use xinzheng_domain::audit::Action;
use xinzheng_domain::citizen_id::mask_within;
use xinzheng_domain::sha256::parse_sha256;
use xinzheng_domain::{Catalogue, TableId, UnitCode, UploadKey, china_time};
use xinzheng_intake::Confirmed;
use xinzheng_runtime::{HttpResponse, Problem, Unit};
use xinzheng_store::objects;

use crate::App;

/// The file that a unit is about to upload.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Announcement {
    /// The table that it holds.
    table: String,
    /// Its name, with its extension.
    file: String,
    /// Its size.
    bytes: u64,
    /// Its SHA-256, hexadecimal: the address takes these bytes and no others.
    sha256: String,
    /// The county office that it is from, when its municipal unit uploads it.
    #[serde(default)]
    unit: Option<String>,
    /// What the clerk says of the file although it looks otherwise: `columns`, `origin`.
    #[serde(default)]
    confirmed: Vec<Confirmation>,
}

/// What a clerk may say of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Confirmation {
    /// Columns whose names are nearly those of the table are others.
    Columns,
    /// Unit and table are right.
    Origin,
}

/// Longest file name, in bytes; S3 takes keys of up to 1024.
const LONGEST_NAME: usize = 200;
/// The extensions of files that intake reads.
const EXTENSIONS: [&str; 8] = ["csv", "tsv", "txt", "xlsx", "xls", "json", "jsonl", "ndjson"];

/// One UpdateItem, one PutItem; one PutItem when it is refused because of another unit's folder.
pub(crate) async fn announce(app: &App, caller: Unit, wanted: Announcement) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let unit = match wanted.unit.as_deref() {
        None => caller.code,
        Some(code) => UnitCode::parse(code).ok_or_else(|| {
            Problem::new(422, "unit-unknown", "单位代码不存在").hint("请使用目录中的单位代码，县区机构加区划代码")
        })?,
    };
    if !caller.code.may_change(unit) {
        app.registry.audit_unit(caller.code, now, Action::AnnouncementRefused, &unit.to_string()).await?;
        let hint = "请以本单位的账号上传，县区机构的文件可由其市级主管单位代传";
        return Err(Problem::new(403, "unit-not-yours", "不能向其他单位的目录上传").hint(hint));
    }
    let table = TableId::parse(&wanted.table).ok_or_else(|| {
        let codes: Vec<&str> = TableId::ALL.iter().map(|table| table.code()).collect();
        Problem::new(422, "table-unknown", "没有这个数据表").hint(format!("可选：{}", codes.join("、")))
    })?;
    let permitted = Catalogue::get().unit(unit.row()).is_some_and(|row| row.may_send(table));
    if !permitted {
        let detail = format!("目录中{}不报送{}", unit.name(), table.standard().title);
        return Err(Problem::new(403, "table-not-permitted", "不能报送这个数据表").detail(detail));
    }
    // A key is seen in lists and logs.
    let file = mask_within(&wanted.file).map_or_else(|| wanted.file.clone(), |hidden| hidden.replace('*', "X"));
    let file = file_name(&file)?;
    let sha256 = parse_sha256(&wanted.sha256).ok_or_else(|| {
        Problem::new(422, "digest-unreadable", "文件摘要应为 64 位十六进制的 SHA-256").hint("请重新计算文件的 SHA-256")
    })?;
    let bytes = i64::try_from(wanted.bytes).ok().filter(|&bytes| bytes > 0);
    let Some(bytes) = bytes.filter(|_| wanted.bytes <= app.limits.text_bytes) else {
        let hint = format!("文件应为 1 至 {} 字节，请拆分后上传", app.limits.text_bytes);
        return Err(Problem::new(422, "size-not-allowed", "文件大小不符合要求").hint(hint));
    };
    // The digest in front keeps two files of one name apart, and makes the same file the same upload.
    // What is said of it makes it another: it is read another way.
    let says = |said: Confirmation| wanted.confirmed.contains(&said);
    let confirmed = Confirmed { columns: says(Confirmation::Columns), origin: says(Confirmation::Origin) }.to_string();
    let digest = wanted.sha256.to_ascii_lowercase();
    let mark = if confirmed.is_empty() { String::new() } else { format!("-{}", confirmed.replace(',', "-")) };
    let file = format!("{}{mark}-{file}", digest.get(..8).unwrap_or_default());
    let key = UploadKey { unit, table, date: china_time::date(now), file }.to_string();
    let upload = app.registry.announce_upload(unit, &key, now).await?;
    let metadata: Vec<(&str, &str)> =
        if confirmed.is_empty() { vec![] } else { vec![(objects::CONFIRMED, confirmed.as_str())] };
    let (url, headers) = app.uploads.presigned_upload(&key, bytes, &sha256, &metadata, app.valid).await?;
    let headers: serde_json::Map<String, Value> =
        headers.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    Ok(HttpResponse::json(
        201,
        &json!({
            "id": upload.id.as_str(),
            "key": key,
            "upload": { "method": "PUT", "url": url, "headers": headers, "valid_seconds": app.valid.as_secs() },
        }),
    ))
}

fn file_name(name: &str) -> Result<&str, Problem> {
    let refused = |detail: &str| {
        Problem::new(422, "file-name-not-allowed", "文件名不符合要求")
            .detail(detail)
            .hint(format!("请改名后重试；支持的扩展名：{}", EXTENSIONS.join("、")))
    };
    if name.is_empty() || name.len() > LONGEST_NAME {
        return Err(refused("文件名过长或为空"));
    }
    if name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\')) {
        return Err(refused("文件名含有斜线或控制字符"));
    }
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    if !EXTENSIONS.contains(&extension.as_str()) {
        return Err(refused("不支持的扩展名"));
    }
    Ok(name)
}
