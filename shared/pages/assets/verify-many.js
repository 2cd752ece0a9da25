// Verifies many files at once: their digests are computed in the browser, asked for by the hundred, and told in a table that can be
// saved. The files are never sent.
"use strict";
(() => {
  const MOST = 1000;
  const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const HEADER = ["文件", "结论", "主体名称", "统一社会信用代码", "报告编号", "核验码", "出具时间", "查询期间", "记录（条）", "期前仍有效（项）", "核验时间", "文件摘要（SHA-256）"];
  const time = (text) => (text ? new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium" }).format(new Date(text)) : "");
  const line = (file, told) => {
    if (!told) return [file.name, "没有查询", "", "", "", "", "", "", "", "", "", file.digest || ""];
    if (told.problem) return [file.name, told.problem.title, "", "", "", "", "", "", "", "", time(new Date().toISOString()), file.digest];
    return [file.name, told.title, told.subject.name, told.subject.id || "", told.number, told.code, time(told.issued_at),
      told.period.from + " 至 " + told.period.to, String(told.records), String(told.in_force), time(told.verified_at), file.digest];
  };
  // A cell that a spreadsheet would take for a formula stays a text.
  const cell = (text) => { const inert = /^[=+\-@\t\r]/.test(text) ? "'" + text : text; return /[",\r\n]/.test(inert) ? '"' + inert.replaceAll('"', '""') + '"' : inert; };
  const table = (rows) => {
    const make = (name, text, attributes = {}) => Object.assign(document.createElement(name), { textContent: text }, attributes);
    const shown = [0, 1, 2, 4, 6, 7, 8, 9];
    const head = document.createElement("tr");
    for (const place of shown) head.append(make("th", HEADER[place], { scope: "col" }));
    const body = document.createElement("tbody");
    for (const row of rows) {
      const tr = document.createElement("tr");
      for (const place of shown) {
        const td = make("td", place === 4 && row[5] ? "" : row[place]);
        if (place === 4 && row[5]) td.append(make("a", row[4], { href: "/verify/" + encodeURIComponent(row[5]), target: "_blank" }));
        tr.append(td);
      }
      body.append(tr);
    }
    const made = document.createElement("table");
    const top = document.createElement("thead");
    top.append(head);
    made.append(top, body);
    const scroll = Object.assign(document.createElement("div"), { className: "scroll", tabIndex: 0 });
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-label", "批量核验结果");
    scroll.append(made);
    return scroll;
  };
  /** Verifies PDF files; `note` tells how far it is, and the result stands in `place`. */
  window.verifyMany = async (files, note, place) => {
    const pdf = Array.from(files).filter((file) => /\.pdf$/i.test(file.name)).slice(0, MOST);
    if (!pdf.length) { note.textContent = "所选的文件中没有 PDF。"; return; }
    const read = [];
    for (const file of pdf) {
      note.textContent = "正在本机计算摘要：" + (read.length + 1) + " / " + pdf.length;
      try {
        read.push({ name: file.webkitRelativePath || file.name, digest: hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer())) });
      } catch { read.push({ name: file.name, digest: "" }); }
    }
    const told = new Map();
    const digests = [...new Set(read.map((file) => file.digest).filter(Boolean))];
    for (let at = 0; at < digests.length; at += 100) {
      note.textContent = "正在查询：" + at + " / " + digests.length;
      try {
        const body = JSON.stringify({ sha256: digests.slice(at, at + 100) });
        const answer = await fetch("/verify", { method: "POST", headers: { accept: "application/json", "content-type": "application/json" }, body });
        const { results } = await answer.json();
        for (const one of results || []) told.set(one.query, one);
      } catch { /* told below as not asked */ }
    }
    const rows = read.map((file) => line(file, told.get(file.digest)));
    const held = read.filter((file) => (told.get(file.digest) || {}).status === "valid").length;
    const lost = rows.filter((row) => row[1] === "没有查询").length;
    note.textContent = "共 " + rows.length + " 个文件：" + held + " 个真实且内容未变，其余 " + (rows.length - held) + " 个请看结论。"
      + (lost ? "其中 " + lost + " 个没有查询成功，请稍后再试。" : "") + (files.length > MOST ? "一次最多 " + MOST + " 个。" : "");
    const csv = "\ufeff" + [HEADER, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
    const save = Object.assign(document.createElement("a"), {
      className: "button quiet", textContent: "下载 CSV", download: "批量核验-" + new Date().toISOString().slice(0, 10) + ".csv",
      href: URL.createObjectURL(new Blob([csv], { type: "text/csv" })),
    });
    const buttons = Object.assign(document.createElement("div"), { className: "buttons" });
    buttons.append(save);
    place.replaceChildren(buttons, table(rows));
  };
})();
