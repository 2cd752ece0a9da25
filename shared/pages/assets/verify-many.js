// Verifies many files at once: their digests are computed in the browser, asked for by the hundred, and told in a table that can be
// saved, with a line for each file that was chosen. The files are never sent; of one that was not issued as a whole, what stands
// behind the report that it begins with, as of a file that is verified alone (verify.js).
"use strict";
(() => {
  const MOST = 1000;
  // How far into a file what makes it a PDF may stand, as readers take it.
  const HEAD = 1024;
  const HEADER = ["文件", "结论", "主体名称", "统一社会信用代码", "报告编号", "核验码", "出具时间", "查询期间", "记录（条）", "期前仍有效（项）", "核验时间", "文件摘要（SHA-256）"];
  const time = (text) => (text ? new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium" }).format(new Date(text)) : "");
  const now = () => new Date().toISOString();
  const isPdf = async (file) => /%PDF-/.test(new TextDecoder("latin1").decode(await file.slice(0, HEAD).arrayBuffer()));
  const verified = (name, told, title, digest) => [name, title, told.subject.name, told.subject.id || "", told.number, told.code, time(told.issued_at),
    told.period.from + " 至 " + told.period.to, String(told.records), String(told.in_force), time(told.verified_at), digest];
  // One of which nothing else is known than what is said of it, with the report that it begins with.
  const said = (file, title, at = "", { number = "", code = "" } = {}) => [file.name, title, "", "", number, code, "", "", "", "", at, file.digest || ""];
  const line = (file) => {
    const { told, begins } = file;
    if (file.passed) return said(file, file.passed);
    if (begins) return begins.verified ? verified(file.name, begins.verified, begins.verified.title + "；" + begins.text, file.digest) : said(file, begins.text, time(now()), begins);
    if (!told || file.unasked) return said(file, "没有查询成功，请稍后再试");
    return told.problem ? said(file, told.problem.title, time(now())) : verified(file.name, told, told.title, file.digest);
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
        if (place === 4 && row[5]) td.append(make("a", row[4] || row[5], { href: "/verify/" + encodeURIComponent(row[5]), target: "_blank" }));
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
  // A file with its digest, or why it is passed over.
  const looked = async (file, place) => {
    const found = { file, name: file.webkitRelativePath || file.name };
    if (place >= MOST) return { ...found, passed: "没有核验：一次最多 " + MOST + " 个，请分次选择" };
    try {
      if (!file.size) return { ...found, passed: "没有核验：空文件" };
      if (!(await isPdf(file))) return { ...found, passed: "没有核验：不是 PDF 文件" };
      return { ...found, digest: await digested(await file.arrayBuffer()) };
    } catch {
      return { ...found, passed: "没有核验：无法读取（文件夹请用“选择整个文件夹”）" };
    }
  };
  // Asks for all of them by the hundred.
  const ask = async (files, note) => {
    const told = new Map();
    const digests = [...new Set(files.map((file) => file.digest))];
    for (let at = 0; at < digests.length; at += 100) {
      note.textContent = "正在查询：" + at + " / " + digests.length;
      try {
        const { told: answer } = await asked("/verify", { sha256: digests.slice(at, at + 100) });
        for (const one of answer.results || []) told.set(one.query, one);
      } catch { /* told below as not asked */ }
    }
    for (const file of files) file.told = told.get(file.digest);
  };
  // Of those that were not issued as a whole: what they begin with.
  const askOfBeginnings = async (files, note) => {
    for (const [place, file] of files.entries()) {
      note.textContent = "正在核对附加的内容：" + (place + 1) + " / " + files.length;
      try {
        file.begins = await extended(new Uint8Array(await file.file.arrayBuffer()));
      } catch { file.unasked = true; }
    }
  };
  /** Verifies PDF files; `note` tells how far it is, and the result stands in `place`. */
  window.verifyMany = async (files, note, place) => {
    const all = [];
    for (const file of files) {
      note.textContent = "正在本机计算摘要：" + (all.length + 1) + " / " + files.length;
      all.push(await looked(file, all.length));
    }
    if (!all.length) { note.textContent = "没有选择文件，或所选的文件夹是空的。"; return; }
    const pdf = all.filter((file) => !file.passed);
    await ask(pdf, note);
    await askOfBeginnings(pdf.filter((file) => file.told && file.told.problem && file.told.problem.status === 404), note);
    const rows = all.map(line);
    const held = pdf.filter((file) => ((file.begins || {}).verified || file.told || {}).status === "valid").length;
    const lost = pdf.filter((file) => !file.told || file.unasked || (file.told.problem || {}).status === 429).length;
    note.textContent = "共 " + all.length + " 个文件：" + held + " 个真实且内容未变，其余 " + (all.length - held) + " 个请看结论。"
      + (all.length > pdf.length ? "其中 " + (all.length - pdf.length) + " 个没有核验，表中写明原因。" : "")
      + (lost ? "有 " + lost + " 个没有查询成功，请稍后再试。" : "");
    const csv = "\ufeff" + [HEADER, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
    const save = Object.assign(document.createElement("a"), {
      className: "button quiet", textContent: "下载 CSV", download: "批量核验-" + time(now()).slice(0, 10) + ".csv",
      href: URL.createObjectURL(new Blob([csv], { type: "text/csv" })),
    });
    const buttons = Object.assign(document.createElement("div"), { className: "buttons" });
    buttons.append(save);
    place.replaceChildren(buttons, table(rows));
  };
})();
