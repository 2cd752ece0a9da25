// Tries a file before it is sent, sends it to the object store directly with its progress, and follows it until every row is in force.
"use strict";
const form = document.getElementById("upload");
const follow = document.getElementById("follow");
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
const lasting = (seconds) => (seconds < 60 ? Math.max(1, Math.round(seconds)) + " 秒" : Math.ceil(seconds / 60) + " 分钟");
if (form && window.crypto && crypto.subtle) {
  const TRIED = 4000000;
  const drop = form.querySelector(".drop");
  const input = form.elements.file;
  const bar = form.querySelector("progress");
  const note = form.querySelector("[role=status]");
  const [button, check] = form.querySelectorAll("[type=submit]");
  check.hidden = true;
  const say = (text) => { note.textContent = text; };
  let chosen = null;
  let sending = false;
  let latest = 0;
  const leaving = (event) => { event.preventDefault(); event.returnValue = ""; };
  const busy = (on) => {
    sending = on;
    button.disabled = on;
    window[on ? "addEventListener" : "removeEventListener"]("beforeunload", leaving);
  };
  const fail = (text) => { busy(false); bar.hidden = true; say(text); };
  const told = (answer) => [answer.title, answer.detail, answer.hint].filter(Boolean).join("。");
  const shown = (section) => {
    document.getElementById("checked").replaceWith(section);
    for (const other of section.querySelectorAll("[data-table]")) {
      other.hidden = false;
      other.addEventListener("click", () => { form.elements.table.value = other.dataset.table; tryOut(); });
    }
  };
  // What would become of the file, as the site says; nothing is stored.
  const tryOut = async () => {
    const mine = ++latest;
    shown(Object.assign(document.createElement("div"), { id: "checked" }));
    if (!chosen) return;
    if (chosen.size > TRIED) { say("已选择 " + chosen.name + "。文件较大，不能试检，上传后逐行校验。"); return; }
    say("正在试检 " + chosen.name + "…");
    try {
      const body = new FormData(form);
      body.set("file", chosen, chosen.name);
      body.set("action", "check");
      const answer = await fetch("/portal/unit/uploads", { method: "POST", body, headers: { accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine !== latest || sending) return;
      const section = page.getElementById("checked");
      const fault = page.querySelector(".notice.fault strong");
      if (section && section.childElementCount) { shown(document.adoptNode(section)); say("已选择 " + chosen.name + "，试检完毕，尚未报送。"); }
      else say("已选择 " + chosen.name + "。" + (fault ? fault.textContent : "暂时不能试检，可以直接上传。"));
    } catch {
      if (mine === latest) say("已选择 " + chosen.name + "。暂时不能试检，可以直接上传。");
    }
  };
  const choose = (file) => {
    if (!file || sending) return;
    chosen = file;
    tryOut();
  };
  const send = async (file) => {
    if (!file || sending) return;
    busy(true);
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
      const announced = await answer.json();
      if (!answer.ok) { fail(answer.status === 401 ? "登录已过期，文件没有报送。请在新窗口重新登录后，再点一次“上传”。" : told(announced)); return; }
      const put = new XMLHttpRequest();
      const began = Date.now();
      put.open(announced.upload.method, announced.upload.url);
      for (const [name, value] of Object.entries(announced.upload.headers)) {
        if (!/^(host|content-length)$/i.test(name)) put.setRequestHeader(name, value);
      }
      put.upload.addEventListener("progress", (event) => {
        const share = event.loaded / event.total;
        bar.value = Math.floor(share * 100);
        const left = ((Date.now() - began) / 1000) * (1 - share) / share;
        say("正在上传 " + bar.value + "%（" + file.name + (share < 1 && Date.now() - began > 3000 ? "，约需 " + lasting(left) : "") + "）。请不要关闭此页。");
      });
      put.addEventListener("load", () => {
        busy(false);
        if (put.status >= 200 && put.status < 300) window.location.assign("/portal/unit/uploads/" + encodeURIComponent(announced.id));
        else fail("上传未成功（" + put.status + "），文件没有报送，请再点一次“上传”。");
      });
      put.addEventListener("error", () => fail("上传中断，文件没有报送。请检查网络后再点一次“上传”。"));
      put.send(file);
    } catch {
      fail("无法读取或提交此文件，请检查网络后重试。");
    }
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); send(chosen || input.files[0]); });
  form.elements.table.addEventListener("change", tryOut);
  input.addEventListener("change", () => choose(input.files[0]));
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    const { files } = event.dataTransfer;
    if (files.length > 1 && !sending) { fail("一次上传一个文件，请逐个拖放。"); return; }
    // What was dropped counts as chosen, also for the browser.
    input.required = false;
    choose(files[0]);
  });
}
if (follow) {
  const bar = follow.querySelector("progress");
  const state = follow.querySelector("[role=status]");
  // How long is left is said by how fast it has gone since it was first looked at, once it has gone some way.
  let first = null;
  const left = (percent) => {
    if (!first) first = { percent, at: Date.now() };
    const gone = percent - first.percent;
    const seconds = (Date.now() - first.at) / 1000;
    return gone >= 4 && seconds > 3 ? "约需 " + lasting((seconds / gone) * (100 - percent)) + "。" : "";
  };
  const look = async () => {
    try {
      const answer = await fetch(follow.dataset.address, { headers: { accept: "application/json" } });
      const told = await answer.json();
      if (answer.status === 401) { state.textContent = told.title + "。处理仍在进行。"; return; }
      bar.value = told.percent;
      state.textContent = told.text + (told.over ? "" : left(told.percent));
      if (told.over) { window.location.reload(); return; }
    } catch { /* the next look may do */ }
    setTimeout(look, 1000);
  };
  look();
}
