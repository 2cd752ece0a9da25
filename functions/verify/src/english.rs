//! The result of a verification and the summary of its report in English: a translation aid beside the Chinese page, which alone is
//! authoritative (after Regulation (EU) 2016/1191, articles 1 and 7: multilingual forms are aids, and say so).

use jiff::Timestamp;
use maud::{Markup, html};
use xinzheng_api::log::LogStanding;
use xinzheng_domain::record::in_force::Belonging;
use xinzheng_domain::record::line::RecordLine;
use xinzheng_domain::report::DomainCount;
use xinzheng_domain::{DomainId, Purpose, RecordKind, ReportStatus, china_time};
use xinzheng_pages::{Display, Page};
use xinzheng_runtime::{HttpRequest, HttpResponse};

use crate::answer::{MOST_LINES, Verified};

/// The domains of annex 1 in English, by their numbers.
const DOMAINS: [&str; 39] = [
    "Development and reform",
    "Grain and material reserves",
    "Science and technology",
    "Industry and information technology",
    "Public security",
    "Finance (public)",
    "Human resources and social security",
    "Natural resources",
    "Forestry",
    "Ecology and environment",
    "Housing and urban-rural development",
    "Transport",
    "Agriculture and rural affairs",
    "Water resources",
    "Culture and tourism",
    "Health",
    "Market regulation",
    "Food",
    "Drugs",
    "Special equipment",
    "Intellectual property",
    "Statistics",
    "Financial regulation",
    "Taxation",
    "Meteorology",
    "Earthquake administration",
    "Fire and rescue",
    "Education",
    "Sport",
    "Court enforcement",
    "Civil affairs",
    "Healthcare security",
    "Emergency management (work safety)",
    "Justice administration",
    "Audit",
    "Energy",
    "Postal and express delivery",
    "Urban management",
    "Housing provident fund",
];

/// True when the page is asked for in English: `?lang=en`.
pub(crate) fn is_asked(request: &HttpRequest) -> bool {
    request.query_parameters("lang").iter().any(|lang| lang == "en")
}

fn domain(id: DomainId) -> &'static str {
    DOMAINS.get(usize::from(id.number()).saturating_sub(1)).copied().unwrap_or_else(|| id.name())
}

const fn kind(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Penalty => "Administrative penalty",
        RecordKind::Coercion => "Administrative coercion",
        RecordKind::SeriousDishonesty => "List of seriously dishonest entities",
        RecordKind::AbnormalOperation => "List of abnormal operations",
        RecordKind::Judgment => "Criminal judgment",
    }
}

const fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Administrative => "Administrative (approvals, qualifications, procurement, funds, honours)",
        Purpose::Commercial => "Commercial (tenders, exchanges, third-party assessments)",
        Purpose::Financial => "Financial (listing, financing, mergers, bonds, loans)",
        Purpose::Other => "Other lawful uses",
    }
}

/// The title of a status, and what it means.
const fn status(status: ReportStatus) -> (&'static str, &'static str) {
    match status {
        ReportStatus::Valid => (
            "Genuine, and unchanged",
            "Issued by this system. Up to this verification the records in it have not changed, and no record within its scope has been collected since.",
        ),
        ReportStatus::Superseded => (
            "Genuine, but there is a newer report",
            "The same subject has since had a newer report for the same period, domains and purpose.",
        ),
        ReportStatus::Supplemented => (
            "Genuine, but records were collected since",
            "Records within its scope were collected after it was issued and are not in it. Ask for a new report.",
        ),
        ReportStatus::Affected => (
            "Genuine, but records in it have changed",
            "Records in it have since been repaired, corrected or withdrawn. Ask for a new report.",
        ),
        ReportStatus::Withdrawn => ("Withdrawn", "The report has been taken back and is no longer valid."),
    }
}

fn time(at: Timestamp) -> String {
    format!("{} (UTC+8)", china_time::display(at))
}

/// The page of a report that was issued.
pub(crate) fn verified(verified: &Verified, request: &HttpRequest) -> HttpResponse {
    let Verified { report, standing, at, .. } = verified;
    let now = standing.status();
    let (records, in_force) = (report.record_count(), report.in_force_count());
    let content = html! {
        p { a href=(request.path_with_parameter("lang", None)) lang="zh-CN" hreflang="zh-CN" { "中文（正式内容）" } }
        h1 { "Verification of a Special Credit Report" }
        div.notice {
            strong { "Translation aid" }
            p { "This page helps to read the report. It has no legal force of its own: the Chinese page and the Chinese report alone are authoritative." }
        }
        div class={ "verdict " (now.code()) } role="status" {
            strong { (status(now).0) }
            @for one in standing.statuses() { p { (status(one).1) } }
            @if let Some(withdrawal) = &standing.withdrawal {
                p { "Taken back on " (time(withdrawal.at)) ". Reason given (in Chinese): " span lang="zh-CN" { (withdrawal.reason) } }
            }
            @for note in &verified.notes {
                p { "To be known of the subject since " (time(note.at)) " (in Chinese): " span lang="zh-CN" { (note.text) } }
            }
        }
        div class={ "finding" @if records + in_force > 0 { " some" } } {
            strong {
                @if records + in_force == 0 { "The report says: no record of violations was found in the listed period and domains, within what is collected for them" }
                @else {
                    "The report says: " (records) " record(s) of violations"
                    @if in_force > 0 { "; and " (in_force) " measure(s) decided before the period and in force in it" }
                }
            }
            @match report.incomplete.as_deref() {
                None => p { "When it was issued it was not known how complete the reporting was: that none was found does not mean that there is none." },
                Some([]) => {},
                Some(domains) => p {
                    "When it was issued, months were missing or incomplete in these domains; that none was found proves nothing there: "
                    (domains.iter().map(|id| domain(*id)).collect::<Vec<_>>().join("; ")) "."
                },
            }
        }
        dl {
            dt { "Subject" } dd lang="zh-CN" { (report.subject_name) }
            @if let Some(uscc) = report.subject.uscc() { dt { "Unified social credit code" } dd { (uscc) } }
            @if let Some(masked) = &report.masked_id_number { dt { "Identity document" } dd { (masked) } }
            dt { "Report number" } dd { (report.number) }
            dt { "Verification code" } dd.code { (report.code) }
            dt { "Period" } dd { (report.period.from()) " to " (report.period.to()) }
            dt { "Domains" } dd { (report.counts.len()) ", listed below; others are not within the report" }
            dt { "Purpose" } dd { (purpose(report.purpose)) }
            dt { "Issued" } dd { (time(report.issued_at)) }
            dt { "Data as of" } dd { (time(report.data_as_of)) }
            dt { "Verified" } dd { (time(*at)) }
        }
        (domains_table(&report.counts))
        (lines(verified))
        h2 { "Public log" }
        @match &verified.log {
            None => {},
            Some(LogStanding::Pending) => p { "The report is being written into the public log." },
            Some(LogStanding::Logged { index, size, .. }) => p { "The report is entry " (index + 1) " of " (size) " in the public log; later changes to it would be noticed." },
        }
        p { "Issued by the credit information platform of Changzhi, Shanxi, China. Verification is free of charge." }
    };
    let page = Page {
        title: "Verification",
        path: "/verify",
        display: Display::of(request),
        here: &request.path_and_query(),
        language: "en",
        content: Some(content),
        ..Page::default()
    };
    xinzheng_pages::html(200, &page)
}

fn domains_table(counts: &[DomainCount]) -> Markup {
    html! {
        h2 { "Domains of the report" }
        div.scroll tabindex="0" role="region" aria-label="Domains of the report" {
            table {
                caption { "“—”: not collected for this domain. “+”: measures decided before the period and in force in it." }
                thead { tr { th scope="col" { "Domain" } @for of in RecordKind::ALL { th.number scope="col" { (kind(of)) } } } }
                tbody {
                    @for count in counts {
                        tr {
                            th scope="row" { (domain(count.domain)) }
                            @for of in RecordKind::ALL { td.number { (crate::page::cell(count, of).replace('＋', " + ")) } }
                        }
                    }
                }
            }
        }
    }
}

fn lines(verified: &Verified) -> Markup {
    html! {
        h2 { "Records of the report" }
        @match &verified.lines {
            None => p { "The subject shows the summary alone." },
            Some(lines) => {
                @if lines.is_empty() && verified.changed == 0 { p { "None." } }
                @if verified.changed > 0 { p { (verified.changed) " record(s) have since been repaired, corrected or withdrawn, and are not listed." } }
                @if !lines.is_empty() { (table(lines)) }
                @if lines.len() > MOST_LINES { p { (lines.len() - MOST_LINES) " more stand in the report." } }
            }
        }
    }
}

/// Numbers of documents and how a record stands are as the report has them.
fn table(lines: &[RecordLine]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Records of the report" {
            table {
                thead { tr {
                    th scope="col" { "Domain" } th scope="col" { "Kind" } th scope="col" { "Document" } th scope="col" { "Date" }
                    th.number scope="col" { "Fined or confiscated (10,000 yuan)" } th scope="col" { "State (Chinese)" }
                } }
                tbody {
                    @for line in lines.iter().take(MOST_LINES) {
                        tr {
                            td { (domain(line.domain)) }
                            td { (kind(line.kind)) @if line.belonging == Belonging::InForce { " (earlier, in force)" } }
                            td lang="zh-CN" { (line.document) }
                            td { (line.decided) }
                            td.number { @if let Some(amount) = line.amount { (amount) } }
                            td lang="zh-CN" { (line.state()) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_domain_has_an_english_name_of_its_own() {
        let names: std::collections::BTreeSet<&str> = DomainId::all().map(domain).collect();
        assert_eq!(names.len(), DomainId::all().count());
        assert!(names.iter().all(|name| name.is_ascii()), "{names:?}");
    }
}
