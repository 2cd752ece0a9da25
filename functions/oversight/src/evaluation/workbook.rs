//! The evaluation as a spreadsheet with charts.

use rust_xlsxwriter::{Chart, ChartType, Format, Workbook, Worksheet, XlsxError};
use xinzheng_domain::evaluation::Measure;
use xinzheng_domain::reconciliation::ManifestCounts;

use super::counts::{ByMonth, total};
use super::ranking::Standing;

/// A worksheet of measures with charts, one of units, one of what the measures are made of.
pub(super) fn workbook(by_month: &ByMonth, standings: &[Standing]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    measures(book.add_worksheet().set_name("评估")?, by_month)?;
    units(book.add_worksheet().set_name("单位")?, standings)?;
    details(book.add_worksheet().set_name("明细")?, by_month)?;
    book.save_to_buffer()
}

fn measures(sheet: &mut Worksheet, by_month: &ByMonth) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    sheet.set_column_width(0, 28)?;
    sheet.write_string_with_format(0, 0, "指标", &bold)?;
    let columns = u16::try_from(by_month.len()).unwrap_or(u16::MAX);
    for ((month, _), column) in by_month.iter().zip(1..) {
        sheet.write_string_with_format(0, column, month.to_string(), &bold)?;
    }
    for (measure, row) in Measure::ALL.into_iter().zip(1..) {
        sheet.write_string(row, 0, measure.title())?;
        for ((_, counts), column) in by_month.iter().zip(1..) {
            sheet.write_number(row, column, total(counts, measure) as f64)?;
        }
    }
    let below = u32::try_from(Measure::ALL.len()).unwrap_or(0) + 3;
    for (measures, title, column) in [
        (&[Measure::Reports, Measure::Verifications][..], "报告与核验", 0),
        (&[Measure::Objections, Measure::ObjectionsInTime][..], "异议与按期反馈", 6),
    ] {
        let mut chart = Chart::new(ChartType::Column);
        chart.title().set_name(title);
        for measure in measures {
            let place = Measure::ALL.iter().position(|one| one == measure).unwrap_or(0);
            let row = u32::try_from(place).unwrap_or(0) + 1;
            chart
                .add_series()
                .set_name(("评估", row, 0))
                .set_categories(("评估", 0, 1, 0, columns))
                .set_values(("评估", row, 1, row, columns));
        }
        sheet.insert_chart(below, column, &chart)?;
    }
    Ok(())
}

fn units(sheet: &mut Worksheet, standings: &[Standing]) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    sheet.set_column_width(1, 34)?;
    for (title, column) in
        ["名次", "单位", "记录数", "迟报", "按时率", "对账相符", "有差异", "逾期未处理"].into_iter().zip(0..)
    {
        sheet.write_string_with_format(0, column, title, &bold)?;
    }
    let percent = Format::new().set_num_format("0.0%");
    for (standing, row) in standings.iter().zip(1..) {
        sheet.write_number(row, 0, row)?;
        sheet.write_string(row, 1, standing.unit.name())?;
        let ManifestCounts { balanced, open, overdue } = standing.manifests;
        for (number, column) in [(standing.records, 2), (standing.late, 3), (balanced, 5), (open, 6), (overdue, 7)] {
            sheet.write_number(row, column, number as f64)?;
        }
        if let Some(share) = standing.in_time() {
            sheet.write_number_with_format(row, 4, share, &percent)?;
        }
    }
    Ok(())
}

fn details(sheet: &mut Worksheet, by_month: &ByMonth) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    sheet.set_column_width(1, 28)?;
    for (title, column) in ["月份", "指标", "单位", "用途", "领域", "数据表", "原因代码", "数量"].into_iter().zip(0..)
    {
        sheet.write_string_with_format(0, column, title, &bold)?;
    }
    let details = by_month.iter().flat_map(|(month, counts)| counts.iter().map(move |count| (month, count)));
    for ((month, (count, times)), row) in details.zip(1..) {
        let texts = [
            month.to_string(),
            count.measure.title().to_owned(),
            count.unit.map_or_else(String::new, |unit| unit.name().to_string()),
            count.purpose.map_or_else(String::new, |purpose| purpose.title().to_owned()),
            count.domain.map_or_else(String::new, |domain| domain.name().to_owned()),
            count.table.map_or_else(String::new, |table| table.standard().title.clone()),
            count.reason.clone().unwrap_or_default(),
        ];
        for (text, column) in texts.iter().zip(0..) {
            sheet.write_string(row, column, text)?;
        }
        sheet.write_number(row, 7, *times as f64)?;
    }
    Ok(())
}
