//! Problems of the portal's pages, each once. Their codes are none of the API's.

use crate::problem::{Fault, catalogue};

catalogue! {
    PAGE_UNKNOWN: 404 "page-unknown" "没有这个页面" "请从首页重新进入";
    FORM_STALE: 403 "form-stale" "页面已过期" "请返回上一页，刷新后重新提交";
    FORM_REVIEW: 422 "form-review" "还没有提交：登录或页面已过期，您填写的内容还在" "请检查后再次提交；选好的文件请重新选择";
    FORM_NOT_KEPT: 404 "form-not-kept" "填写的内容没有保留" "内容只为填写的人保留一小时；请重新填写";
    FORM_UNREADABLE: 400 "form-unreadable" "提交的内容无法读取" "请返回上一页重新提交";
    FORM_TOO_LARGE: 413 "form-too-large" "提交的内容过大" "请分几次提交，文件请用报送页面";
    FORM_UNFIT: 422 "form-unfit" "有内容没有填写，或者格式不对" "请检查日期、文号、数字等内容";
    NOT_CONFIRMED: 422 "not-confirmed" "请先确认" "此操作不能恢复，请勾选确认后再提交";
    FIELD_UNFIT: 422 "field-unfit" "填写的内容不符合要求";
    API_UNREACHABLE: 503 "api-unreachable" "系统繁忙" "请稍后重试";
    ISSUER_UNREACHABLE: 503 "issuer-unreachable" "登录服务暂时无法使用" "请稍后重试；核验报告和查看指南不需要登录";
    SIGN_IN_FAILED: 400 "sign-in-failed" "登录没有完成" "请重新登录";
    SIGN_IN_UNREADABLE: 502 "sign-in-unreadable" "登录服务的答复无法识别" "请稍后重新登录；仍不成功请联系平台";
    FILE_TOO_LARGE: 413 "file-too-large" "文件较大，不能在页面中显示" "请下载后查看";
    FILE_GONE: 404 "file-gone" "文件已不在此处" "请从我的报告中重新打开";
    FILE_MISSING: 422 "file-missing" "请选择文件";
    COUNT_UNREADABLE: 422 "count-unreadable" "决定数应为数字" "没有的填 0";
    CODE_NOT_SEEN: 422 "code-not-seen" "没有识别到二维码" "请靠近一些、对准二维码后再拍一张，或输入核验码";
    PICTURE_UNREADABLE: 422 "picture-unreadable" "照片无法读取"
        "请使用 JPEG 或 PNG 照片，长边不超过 8000 像素、总数不超过 2500 万像素";
    ACCOUNT_WITHOUT_UNIT: 403 "account-without-unit" "账号没有对应的数据报送单位" "请联系平台核对账号";
}
