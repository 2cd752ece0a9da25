//! `POST /uploads`: an address to which the unit can put one file, and no other.

use xinzheng_api::link::{UploadAddress, UploadMethod};
use xinzheng_api::upload::{ANNOUNCE, AnnouncedUpload};
use xinzheng_domain::audit::Action;
use xinzheng_domain::sha256::parse_sha256;
use xinzheng_domain::{Catalogue, TableId, UnitCode, UploadKey, china_time};
use xinzheng_runtime::problem::{
    DIGEST_UNREADABLE, FILE_NAME_NOT_ALLOWED, SIZE_NOT_ALLOWED, TABLE_NOT_PERMITTED, TABLE_UNKNOWN, UNIT_NOT_YOURS,
    UNIT_UNKNOWN,
};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Unit};
use xinzheng_store::objects;

use crate::{App, confirmed};

/// Longest file name, in bytes; S3 takes keys of up to 1024.
const LONGEST_NAME: usize = 200;
/// The extensions of files that intake reads.
const EXTENSIONS: [&str; 8] = ["csv", "tsv", "txt", "xlsx", "xls", "json", "jsonl", "ndjson"];

/// One UpdateItem, one PutItem; one PutItem when it is refused because of another unit's folder.
pub(crate) async fn announce(app: &App, caller: Unit, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let wanted = request.body_of(&ANNOUNCE)?;
    let now = app.clock.now();
    let unit = match wanted.unit.as_deref() {
        None => caller.code,
        Some(code) => UnitCode::parse(code).ok_or(UNIT_UNKNOWN)?,
    };
    if !caller.code.may_change(unit) {
        app.registry.audit_unit(caller.code, now, Action::AnnouncementRefused, &unit.to_string()).await?;
        let hint = "请以本单位的账号上传，县区机构的文件可由其市级主管单位代传";
        return Err(UNIT_NOT_YOURS.titled("不能向其他单位的目录上传").hint(hint).noted());
    }
    let table = TableId::parse(&wanted.table).ok_or_else(|| {
        let codes: Vec<&str> = TableId::ALL.iter().map(|table| table.code()).collect();
        TABLE_UNKNOWN.hint(format!("可选：{}", codes.join("、")))
    })?;
    let permitted = Catalogue::get().unit(unit.row()).is_some_and(|row| row.may_send(table));
    if !permitted {
        let detail = format!("目录中{}不报送{}", unit.name(), table.standard().title);
        return Err(TABLE_NOT_PERMITTED.detail(detail));
    }
    // Where an identity number was hidden in the name: no key has an asterisk.
    let file = wanted.file.replace('*', "X");
    let file = file_name(&file)?;
    let sha256 = parse_sha256(&wanted.sha256).ok_or(DIGEST_UNREADABLE)?;
    let bytes = i64::try_from(wanted.bytes).ok().filter(|&bytes| bytes > 0);
    let Some(bytes) = bytes.filter(|_| wanted.bytes <= app.limits.text_bytes) else {
        let hint = format!("文件应为 1 至 {} 字节，请拆分后上传", app.limits.text_bytes);
        return Err(SIZE_NOT_ALLOWED.hint(hint));
    };
    // The digest in front keeps two files of one name apart, and makes the same file the same upload.
    // What is said of it makes it another: it is read another way.
    let confirmed = confirmed(&wanted.confirmed).to_string();
    let digest = wanted.sha256.to_ascii_lowercase();
    let mark = if confirmed.is_empty() { String::new() } else { format!("-{}", confirmed.replace(',', "-")) };
    let file = format!("{}{mark}-{file}", digest.get(..8).unwrap_or_default());
    let key = UploadKey { unit, table, date: china_time::date(now), file }.to_string();
    let upload = app.registry.announce_upload(unit, &key, now).await?;
    let metadata: Vec<(&str, &str)> =
        if confirmed.is_empty() { vec![] } else { vec![(objects::CONFIRMED, confirmed.as_str())] };
    let (url, headers) = app.uploads.presigned_upload(&key, bytes, &sha256, &metadata, app.valid).await?;
    let upload_address = UploadAddress {
        method: UploadMethod::Put,
        url,
        headers: headers.into_iter().collect(),
        valid_seconds: app.valid.as_secs(),
    };
    Ok(HttpResponse::of(&ANNOUNCE, &AnnouncedUpload { id: upload.id, key, upload: upload_address }))
}

fn file_name(name: &str) -> Result<&str, Problem> {
    let refused = |detail: &str| {
        FILE_NAME_NOT_ALLOWED
            .detail(detail.to_owned())
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
