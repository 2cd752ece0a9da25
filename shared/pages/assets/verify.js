// Computes the SHA-256 of a chosen file in the browser and asks for it. The file is never sent; of a file that was not issued as a
// whole, but begins with one that was, what stands behind that is sent, to be judged.
"use strict";
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
const digested = async (bytes) => hex(await crypto.subtle.digest("SHA-256", bytes));
// Where ends of file stand in it, the last eight but that of the whole.
const ends = (bytes) => {
  const found = [];
  for (let at = bytes.length - 6; at >= 0 && found.length < 9; at--) {
    if (bytes[at] !== 37 || String.fromCharCode(...bytes.subarray(at, at + 5)) !== "%%EOF") continue;
    let end = at + 5;
    if (bytes[end] === 13) end++;
    if (bytes[end] === 10) end++;
    if (end < bytes.length) found.push(end);
  }
  return found.slice(0, 8).reverse();
};
const base64 = (bytes) => {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
};
const asked = async (address, body) => {
  const headers = { accept: "application/json", "content-type": "application/json" };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  return { ok: answer.ok, status: answer.status, told: await answer.json() };
};
// What is said of a file that others have added to, with the report that it begins with, and what that is verified as when nothing
// of it was changed; null when it begins with none that was issued.
const extended = async (bytes) => {
  const places = ends(bytes);
  if (!places.length) return null;
  const prefixes = [];
  for (const end of places) prefixes.push({ bytes: end, sha256: await digested(bytes.subarray(0, end)) });
  const known = await asked("/verify", { sha256: prefixes.map((prefix) => prefix.sha256) });
  if (!known.ok) throw new Error("not asked");
  const issued = prefixes.filter((prefix, index) => known.told.results[index].code);
  // Who has asked too often is told nothing of the rest: that is not to be read as that there is none.
  if (!issued.length && known.told.results.some((result) => (result.problem || {}).status === 429)) throw new Error("not asked");
  if (!issued.length) return null;
  const last = issued[issued.length - 1];
  const behind = bytes.subarray(last.bytes);
  const { code, number } = known.told.results.find((result) => result.query === last.sha256);
  const report = { code, number };
  if (behind.length > 180000) return { ...report, text: "此文件以我们出具的报告开头，其后附加的内容过大，无法在线判断；请以报告原件为准。" };
  const judged = await asked("/verify/additions", { prefixes: [last], additions: base64(behind) });
  if (judged.ok) return { ...report, verified: judged.told, text: "此文件以我们出具的报告开头，其后由他人附加了时间戳等证明，报告内容没有改动。" };
  return { ...report, text: [judged.told.title, judged.told.detail, judged.told.hint].filter(Boolean).join("：") + "。" };
};
let shown = null;
// Shows a page that was asked for as if it had been gone to: asked for again it would be in the subject's access log twice.
const show = (html, address) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  history.pushState(null, "", address);
  shown = address;
  document.title = page.title;
  document.body.replaceWith(page.body);
  window.scrollTo(0, 0);
  start();
};
const start = () => {
  const form = document.getElementById("by-file");
  if (!form || !window.crypto || !crypto.subtle) return;
  form.hidden = false;
  const input = form.querySelector("input");
  const note = form.querySelector("[role=status]");
  const many = document.getElementById("many");
  const check = async (file) => {
    if (!file) return;
    note.textContent = "正在本机计算摘要…";
    many.replaceChildren();
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const address = "/verify?sha256=" + (await digested(bytes));
      const answer = await fetch(address, { headers: { accept: "text/html" } });
      const found = answer.status === 404 ? await extended(bytes) : null;
      if (!found) {
        show(await answer.text(), address);
        return;
      }
      const link = document.createElement("a");
      link.href = "/verify/" + encodeURIComponent(found.code);
      link.textContent = "查看该报告的核验结果";
      note.replaceChildren(found.text, " ", link);
    } catch {
      note.textContent = "无法读取此文件，或暂时无法查询，请重试。";
    }
  };
  const folder = document.getElementById("folder");
  const choose = (files, whole) => (files.length > 1 || whole ? window.verifyMany(files, note, many) : check(files[0]));
  input.addEventListener("change", () => choose(input.files, false));
  folder.addEventListener("change", () => choose(folder.files, true));
  form.addEventListener("submit", (event) => { event.preventDefault(); choose(input.files, false); });
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => { event.preventDefault(); choose(event.dataTransfer.files, false); });
};
// Going back from it, not within it.
window.addEventListener("popstate", () => {
  if (shown && shown !== window.location.pathname + window.location.search) window.location.reload();
});
start();
