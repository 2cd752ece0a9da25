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
  let sending = false;
  const fail = (text) => { sending = false; bar.hidden = true; say(text); };
  const send = async (file) => {
    if (!file || sending) return;
    sending = true;
    bar.hidden = false;
    bar.removeAttribute("value");
    say("正在本机计算文件摘要…");
    try {
      const digest = hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
      const asked = new URLSearchParams({
        csrf: form.elements.csrf.value, table: form.elements.table.value, unit: form.elements.unit.value,
        file: file.name, bytes: String(file.size), sha256: digest,
      });
      for (const said of form.querySelectorAll("[name=confirmed]:checked")) asked.append("confirmed", said.value);
      const answer = await fetch("/portal/unit/uploads", { method: "POST", body: asked, headers: { accept: "application/json" } });
      const told = await answer.json();
      if (!answer.ok) { fail([told.title, told.detail, told.hint].filter(Boolean).join("。")); return; }
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
        sending = false;
        if (put.status >= 200 && put.status < 300) window.location.assign("/portal/unit/uploads/" + encodeURIComponent(told.id));
        else fail("上传未成功（" + put.status + "），请重试。");
      });
      put.addEventListener("error", () => fail("上传中断，请检查网络后重试。"));
      put.send(file);
    } catch {
      fail("无法读取或提交此文件，请检查网络后重试。");
    }
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); send(input.files[0]); });
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    const { files } = event.dataTransfer;
    if (files.length > 1 && !sending) fail("一次上传一个文件，请逐个拖放。");
    else send(files[0]);
  });
}
if (follow) {
  const bar = follow.querySelector("progress");
  const state = follow.querySelector("[role=status]");
  const look = async () => {
    try {
      const answer = await fetch(follow.dataset.address, { headers: { accept: "application/json" } });
      const told = await answer.json();
      if (answer.status === 401) { state.textContent = told.title + "。处理仍在进行。"; return; }
      bar.value = told.percent;
      state.textContent = told.text;
      if (told.over) { window.location.reload(); return; }
    } catch { /* the next look may do */ }
    setTimeout(look, 1000);
  };
  look();
}
