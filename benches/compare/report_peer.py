"""Renders a report's content with one of the peers and prints how long it took.

    report_peer.py PEER CONTENT.json FONTS ROUNDS OUT.pdf

PEER is reportlab, weasyprint, typst or chromium. All set the same parts with the same two fonts: title, number, subject,
a summary of the chosen domains, a table for each record, notes, page numbers. None draws the QR code or the watermark,
which our own report has. Prints one JSON object as `render_speed` does; `rounds` warm ones, each with another number in
the content, so that no peer answers from a cache.
"""

import html
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

peer, content_file, fonts, rounds, out = sys.argv[1:]
content = json.load(open(content_file, encoding="utf-8"))
rounds = int(rounds)
template = json.load(open(os.path.join(fonts, "..", "data", "report-template.json"), encoding="utf-8"))
# Ours is drawn bold with a stroke; the peers make bold as they do when there is one weight, or leave it.
regular = bold = os.path.join(fonts, "NotoSansSC-Regular.ttf")
catalogue = json.load(open(os.path.join(fonts, "..", "..", "domain", "data", "catalogue.json"), encoding="utf-8"))
domains = {entry["no"]: entry for entry in catalogue["domains"]}
KINDS = ["行政处罚", "行政强制", "严重失信主体名单", "经营异常名录", "刑事裁判"]


def parts(number):
    """The report as plain parts: pairs, summary rows, records by domain, notes."""
    by_domain = {}
    for standing in content["records"]:
        by_domain.setdefault(standing["record"]["domain"], []).append(standing)
    cover = [
        ("报告编号", number),
        ("核验码", "7K3M9QX-T0ABCDE-FGHJKMN"),
        ("出具时间", content["issued_at"]),
        ("数据截至", content["data_as_of"]),
        ("名称", content["subject"]["name"]),
        ("统一社会信用代码", content["subject"]["id"]),
        ("查询期间", f"{content['period']['from']}至{content['period']['to']}"),
    ]
    summary = []
    for domain in content["domains"]:
        found = len(by_domain.get(domain, []))
        counts = [str(found), "0", "0", "0", "0", str(found)] if found else [template["no_record"]] + [""] * 5
        entry = domains[domain]
        summary.append([str(domain), entry["domain"], entry["unit"], *counts])
    records = []
    for domain, standings in by_domain.items():
        rows = []
        for standing in standings:
            record, details = standing["record"], standing["record"]["details"]
            fields = [
                ("处罚决定日期", record["decided"]),
                ("处罚类别", "、".join(details["categories"])),
                ("违法行为类型", details["violation"]),
                ("违法事实", details["facts"]),
                ("处罚依据", details["basis"]),
                ("处罚内容", details["content"]),
                ("罚款金额（万元）", str(details["fine"])),
                ("处罚机关", record["authority"]["name"]),
                ("机关信用代码", record["authority"]["uscc"]),
            ]
            if repair := standing.get("repair"):
                fields.append(("已修复", f"{repair['authority']}准予修复，修复日期 {repair['date']}，文书 {repair['document']}"))
            rows.append((f"行政处罚　{record['document']}", fields))
        records.append((f"{domains[domain]['domain']}领域（{len(rows)} 条）", rows))
    return cover, summary, records, template["notes"]


def as_html(number):
    e = html.escape
    cover, summary, records, notes = parts(number)
    page = [
        "<!doctype html><html lang=zh-CN><meta charset=utf-8><style>"
        f"@font-face{{font-family:N;src:url('file://{regular}')}}@font-face{{font-family:N;font-weight:700;src:url('file://{bold}')}}"
        "@page{size:A4;margin:22mm 19mm;@bottom-right{font:8pt N;content:'第 ' counter(page) ' 页　共 ' counter(pages) ' 页'}}"
        "body{font:9pt/1.55 N}h1{font-size:23pt;text-align:center}h2{font-size:13pt}h3{font-size:10.5pt}"
        "table{border-collapse:collapse;width:100%}td,th{border:.5pt solid #bcc4d1;padding:3.6pt 5pt;text-align:left;vertical-align:top}"
        "th{background:#f1f4f9}tr{break-inside:avoid}thead{display:table-header-group}.l{width:88pt;background:#f1f4f9}"
        f"</style><title>{e(template['title'])}</title><h1>{e(template['title'])}</h1><table>"
    ]
    page += [f"<tr><td class=l>{e(k)}<td>{e(v)}" for k, v in cover]
    page.append("</table><h2>三、查询结果汇总</h2><table><thead><tr>" + "".join(f"<th>{k}" for k in ["序号", "领域", "责任单位", *KINDS, "合计"]) + "</thead>")
    page += ["<tr>" + "".join(f"<td>{e(c)}" for c in row) for row in summary]
    page.append("</table><h2>四、违法违规记录明细</h2>")
    for title, rows in records:
        page.append(f"<h3>{e(title)}</h3>")
        for head, fields in rows:
            page.append(f"<table><tr><th colspan=2>{e(head)}")
            page += [f"<tr><td class=l>{e(k)}<td>{e(v)}" for k, v in fields]
            page.append("</table><p>")
    page.append("<h2>五、说明</h2><ol>" + "".join(f"<li>{e(note)}" for note in notes) + "</ol>")
    return "".join(page)


def reportlab():
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

    pdfmetrics.registerFont(TTFont("R", regular))
    pdfmetrics.registerFont(TTFont("B", bold))
    body = ParagraphStyle("b", fontName="R", fontSize=9, leading=14, wordWrap="CJK")
    strong = ParagraphStyle("s", parent=body, fontName="B")
    big = ParagraphStyle("t", parent=strong, fontSize=23, leading=34, alignment=1)
    head = ParagraphStyle("h", parent=strong, fontSize=13, leading=20)
    grid = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.HexColor("#bcc4d1")), ("VALIGN", (0, 0), (-1, -1), "TOP")])

    def table(rows, widths, repeat=0):
        cells = [[Paragraph(html.escape(cell), body) for cell in row] for row in rows]
        return Table(cells, colWidths=widths, repeatRows=repeat, style=grid)

    def footer(canvas, document):
        canvas.setFont("R", 8)
        canvas.drawRightString(541, 50, f"第 {document.page} 页")

    def render(number):
        cover, summary, records, notes = parts(number)
        story = [Paragraph(template["title"], big), table(cover, [88, 399]), Paragraph("三、查询结果汇总", head)]
        story.append(table([["序号", "领域", "责任单位", *KINDS, "合计"], *summary], [28, 110, 124, 40, 34, 56, 38, 30, 27], 1))
        story.append(Paragraph("四、违法违规记录明细", head))
        for title, rows in records:
            story.append(Paragraph(title, strong))
            for name, fields in rows:
                story += [Paragraph(name, strong), table(fields, [88, 399]), Spacer(1, 9)]
        story.append(Paragraph("五、说明", head))
        story += [Paragraph(f"{n}. {note}", body) for n, note in enumerate(notes, 1)]
        SimpleDocTemplate(out, pagesize=A4, leftMargin=54, rightMargin=54, topMargin=62, bottomMargin=62).build(
            story, onFirstPage=footer, onLaterPages=footer
        )

    return render


def weasyprint():
    import weasyprint as engine

    return lambda number: engine.HTML(string=as_html(number)).write_pdf(out)


def typst():
    import typst as engine

    def quoted(text):
        return json.dumps(text, ensure_ascii=False)

    def render(number):
        cover, summary, records, notes = parts(number)
        lines = [
            '#set page(paper: "a4", margin: (x: 19mm, y: 22mm), numbering: "1 / 1")',
            '#set text(font: "Noto Sans SC", size: 9pt, lang: "zh")',
            "#set table(stroke: .5pt + rgb(\"#bcc4d1\"))",
            f"#align(center, text(23pt, weight: \"bold\", {quoted(template['title'])}))",
            "#table(columns: (88pt, 1fr)," + ",".join(f"{quoted(k)},{quoted(v)}" for k, v in cover) + ")",
            '#text(13pt, weight: "bold", "三、查询结果汇总")',
            "#table(columns: (28pt, 1fr, 1fr, 40pt, 34pt, 56pt, 38pt, 30pt, 30pt), table.header("
            + ",".join(quoted(k) for k in ["序号", "领域", "责任单位", *KINDS, "合计"])
            + "),"
            + ",".join(quoted(cell) for row in summary for cell in row)
            + ")",
            '#text(13pt, weight: "bold", "四、违法违规记录明细")',
        ]
        for title, rows in records:
            lines.append(f"#text(10.5pt, weight: \"bold\", {quoted(title)})\n")
            for name, fields in rows:
                lines.append(
                    f"#table(columns: (88pt, 1fr), table.header(table.cell(colspan: 2, strong({quoted(name)}))),"
                    + ",".join(f"{quoted(k)},{quoted(v)}" for k, v in fields)
                    + ")"
                )
        lines.append('#text(13pt, weight: "bold", "五、说明")\n')
        lines += [f"+ #{quoted(note)}" for note in notes]
        pdf = engine.compile("\n".join(lines).encode(), font_paths=[fonts], ignore_system_fonts=True)
        open(out, "wb").write(pdf)

    return render


def chromium():
    def render(number):
        with tempfile.TemporaryDirectory() as folder:
            page = os.path.join(folder, "page.html")
            open(page, "w", encoding="utf-8").write(as_html(number))
            subprocess.run(
                ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync", f"--user-data-dir={folder}/profile", "--no-pdf-header-footer",
                 f"--print-to-pdf={out}", f"file://{page}"],
                check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )

    return render


render = {"reportlab": reportlab, "weasyprint": weasyprint, "typst": typst, "chromium": chromium}[peer]()


def timed(round_number):
    number = f"CZXY-20251103-{round_number:08d}"
    start = time.perf_counter()
    render(number)
    return (time.perf_counter() - start) * 1000


first = timed(0)
times = sorted(timed(n) for n in range(1, rounds + 1)) or [first]
who = resource.RUSAGE_CHILDREN if peer == "chromium" else resource.RUSAGE_SELF
print(json.dumps({
    "peer": peer, "records": len(content["records"]), "bytes": os.path.getsize(out), "first_ms": first,
    "min_ms": times[0], "median_ms": statistics.median(times), "peak_kib": resource.getrusage(who).ru_maxrss,
}))
