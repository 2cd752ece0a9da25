// Tries a file before it is sent, sends it to the object store directly with its progress, and follows it until every row is in force.
"use strict";
const form = document.getElementById("upload");
const follow = document.getElementById("follow");
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
const lasting = (seconds) => (seconds < 60 ? Math.max(1, Math.round(seconds)) + " 秒" : Math.ceil(seconds / 60) + " 分钟");
// How long is left of one thing, by how fast that has gone of late; nothing is said before there is something to reckon by, and when
// it has become much slower that is said, not a number that climbs.
const reckoning = () => {
  let seen = [];
  let ends = 0;
  const told = () => "约需 " + lasting((ends - Date.now()) / 1000) + "。";
  return (done, whole) => {
    const now = Date.now();
    if (done >= whole) return "";
    seen.push({ done, at: now });
    while (seen.length > 2 && now - seen[1].at > 15_000) seen.shift();
    const gone = done - seen[0].done;
    const passed = now - seen[0].at;
    if (passed < 4_000 || gone < whole * 0.04) {
      if (ends && ends <= now) { ends = 0; seen = seen.slice(-1); return "比刚才估计的慢，正在重新估算。"; }
      return ends ? told() : "";
    }
    const fresh = now + (passed / gone) * (whole - done);
    if (ends && fresh > ends + Math.max(10_000, ends - now)) { ends = 0; seen = seen.slice(-1); return "比刚才估计的慢，正在重新估算。"; }
    ends = ends ? ends + (fresh - ends) * 0.3 : fresh;
    return told();
  };
};
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
      const answer = await fetch("/portal/unit/uploads", { method: "POST", body, headers: { accept: "text/html" }, redirect: "manual" });
      if (answer.type === "opaqueredirect") {
        if (mine === latest) say("已选择 " + chosen.name + "。登录已过期：请在新窗口重新登录后，点“上传”，或重新选择文件再试检。此页的内容都还在。");
        return;
      }
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
      const { answer, told: announced } = await submitted("/portal/unit/uploads", asked);
      if (!answer || !answer.ok) {
        fail(answer && answer.status === 401 ? "登录已过期，文件没有报送。请在新窗口重新登录后，回到此页再点一次“上传”；文件不必重新选择。" : told(announced));
        return;
      }
      const put = new XMLHttpRequest();
      const left = reckoning();
      put.open(announced.upload.method, announced.upload.url);
      for (const [name, value] of Object.entries(announced.upload.headers)) {
        if (!/^(host|content-length)$/i.test(name)) put.setRequestHeader(name, value);
      }
      put.upload.addEventListener("progress", (event) => {
        const share = event.loaded / event.total;
        bar.value = Math.floor(share * 100);
        say("正在上传 " + bar.value + "%（" + file.name + "）。" + left(event.loaded, event.total) + "请不要关闭此页。");
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
  // Each step goes at a speed of its own: what is left is told of the step that is under way.
  let step = 0;
  let left = reckoning();
  const look = async () => {
    try {
      const answer = await fetch(follow.dataset.address, { headers: { accept: "application/json" } });
      const told = await answer.json();
      if (answer.status === 401) { state.textContent = told.title + "。处理仍在进行。"; return; }
      if (told.step !== step) { step = told.step; left = reckoning(); }
      // How far a file of one piece is cannot be told before it has been checked.
      if (told.percent) bar.value = told.percent; else bar.removeAttribute("value");
      const remaining = told.over || !told.step ? "" : left(told.of_step, 100);
      state.textContent = told.text + (remaining.startsWith("约需") ? "这一步" : "") + remaining;
      if (told.over) { window.location.reload(); return; }
    } catch { /* the next look may do */ }
    setTimeout(look, 1000);
  };
  look();
}
