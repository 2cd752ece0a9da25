// Sends a file to the object store directly, with its progress, and follows it until every row is in force.
"use strict";
const form = document.getElementById("upload");
const follow = document.getElementById("follow");
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
if (form && window.crypto && crypto.subtle) {
  const drop = form.querySelector(".drop");
  const input = form.elements.file;
  const bar = form.querySelector("progress");
  const note = form.querySelector("[role=status]");
  const say = (text) => { note.textContent = text; };
  const send = async (file) => {
    if (!file) return;
    bar.hidden = false;
    bar.removeAttribute("value");
    say("正在本机计算文件摘要…");
    try {
      const digest = hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
      const asked = new URLSearchParams({
        csrf: form.elements.csrf.value, table: form.elements.table.value, unit: form.elements.unit.value,
        file: file.name, bytes: String(file.size), sha256: digest,
      });
      const answer = await fetch("/portal/unit/uploads", { method: "POST", body: asked, headers: { accept: "application/json" } });
      const told = await answer.json();
      if (!answer.ok) { bar.hidden = true; say([told.title, told.detail, told.hint].filter(Boolean).join("。")); return; }
      const put = new XMLHttpRequest();
      put.open(told.upload.method, told.upload.url);
      for (const [name, value] of Object.entries(told.upload.headers)) {
        if (!/^(host|content-length)$/i.test(name)) put.setRequestHeader(name, value);
      }
      put.upload.addEventListener("progress", (event) => {
        const percent = Math.floor((event.loaded / event.total) * 100);
        bar.value = percent;
        say("正在上传 " + percent + "%（" + file.name + "）");
      });
      put.addEventListener("load", () => {
        if (put.status >= 200 && put.status < 300) window.location.assign("/portal/unit/uploads/" + encodeURIComponent(told.id));
        else { bar.hidden = true; say("上传未成功（" + put.status + "），请重试。"); }
      });
      put.addEventListener("error", () => { bar.hidden = true; say("上传中断，请检查网络后重试。"); });
      put.send(file);
    } catch {
      bar.hidden = true;
      say("无法读取此文件，请重新选择。");
    }
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); send(input.files[0]); });
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    send(event.dataTransfer.files[0]);
  });
}
if (follow) {
  const bar = follow.querySelector("progress");
  const state = follow.querySelector("[role=status]");
  const look = async () => {
    try {
      const answer = await fetch(follow.dataset.address, { headers: { accept: "application/json" } });
      const told = await answer.json();
      bar.value = told.percent;
      state.textContent = told.text;
      if (told.over) { window.location.reload(); return; }
    } catch { /* the next look may do */ }
    setTimeout(look, 1000);
  };
  look();
}
