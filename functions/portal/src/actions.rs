//! What the audit's entries say, in words.

/// An action of the audit, for people; the action itself when it is a new one.
pub(crate) fn action(action: &str) -> &str {
    match action {
        "attachment.downloaded" => "查看附件",
        "audit.read" => "查看操作记录",
        "backfill.read" => "查看补录进度",
        "calendar.missing" => "下一年度工作日历尚未更新",
        "calendar.put" => "更新工作日历",
        "commitment.broken" => "认定承诺未履行",
        "commitment.checked" => "核查承诺",
        "commitment.false" => "认定虚假承诺",
        "commitment.kept" => "确认承诺已履行",
        "commitment.lifted" => "解除虚假承诺限制",
        "commitment.made" => "作出承诺",
        "escalations.read" => "查看督办",
        "evaluation.read" => "查看评估",
        "evaluation.recounted" => "重新核算评估",
        "feedback.answered" => "答复反馈",
        "feedback.due-soon" => "反馈即将到期",
        "feedback.overdue" => "反馈答复逾期",
        "feedback.read" => "查看反馈",
        "feedback.received" => "收到反馈",
        "grant.given" => "授权查询",
        "grant.refused" => "授权查询被拒绝",
        "grant.revoked" => "撤回授权",
        "manifest.declared" => "申报报送清单",
        "objection.accepted" => "受理异议",
        "objection.due-soon" => "异议即将到期",
        "grant.reports-read" => "查看授权下的报告",
        "mark.cancelled" => "取消修复、撤销或移出",
        "objection.overdue" => "异议答复逾期",
        "objection.recounted" => "重新计算异议答复期限",
        "objection.rejected" => "异议不成立",
        "objection.submitted" => "提出异议",
        "objection.upheld" => "异议成立",
        "objection.withdrawn" => "撤回异议",
        "rejections.downloaded" => "下载退回的行",
        "effects.downloaded" => "下载处理结果",
        "repair.applied" => "申请信用修复",
        "repair.granted" => "准予信用修复",
        "repair.refused" => "不予信用修复",
        "repair.withdrawn" => "撤回修复申请",
        "report.affected" => "报告所依据的记录有变化",
        "report.downloaded" => "查看或下载报告",
        "report.issued" => "开具报告",
        "report.opened" => "凭核验码打开报告",
        "report.read" => "查看报告信息",
        "report.replayed" => "复核报告",
        "report.verified" => "核验报告",
        "report.withdrawn" => "收回报告",
        "severity.set" => "设定失信程度",
        "template.activated" => "启用报告模板",
        "template.put" => "保存报告模板",
        "upload-refused" | "upload.refused" => "上传被拒绝",
        "upload.completed" => "报送完成",
        "upload.received" => "收到报送文件",
        "verification.failed" => "核验未通过",
        other => other,
    }
}

/// Why something was refused, for people; other texts stay as they are.
pub(crate) fn reason(reason: &str) -> &str {
    match reason {
        "grant-not-yours" => "授权给了别的机构",
        "grant-revoked" => "授权已撤回",
        "grant-expired" => "授权已过期",
        "grant-spent" => "授权次数已用完",
        "grant-exceeded" => "超出授权的领域或期间",
        other => other,
    }
}

/// A role of the audit, for people.
pub(crate) fn role(role: &str) -> &str {
    match role {
        "subject" => "本人",
        "unit" => "责任单位",
        "platform" => "平台",
        "third-party" => "第三方",
        "anyone" => "公众",
        "system" => "系统",
        other => other,
    }
}

/// Who took a step of the audit.
pub(crate) fn by(step: &serde_json::Value) -> String {
    use crate::said::Said;
    let (role, name) = (step.text("role"), step.text("by"));
    match role {
        "third-party" => name.to_owned(),
        "unit" => {
            xinzheng_domain::UnitCode::parse(name).map_or_else(|| name.to_owned(), xinzheng_domain::UnitCode::name)
        }
        _ => self::role(role).to_owned(),
    }
}
