// Sends proof of an objection or an application to the object store, and puts its id into the form.
"use strict";
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
for (const box of document.querySelectorAll("[data-attach]")) {
  if (!window.crypto || !crypto.subtle) break;
  box.hidden = false;
  const form = box.closest("form");
  const input = box.querySelector("input[type=file]");
  const note = box.querySelector("[role=status]");
  const list = box.querySelector("ul");
  const kinds = { "application/pdf": 1, "image/jpeg": 1, "image/png": 1 };
  input.addEventListener("change", async () => {
    for (const file of Array.from(input.files)) {
      if (list.children.length >= 5) { note.textContent = "最多五个附件。"; break; }
      if (!kinds[file.type] || file.size > 10485760) { note.textContent = file.name + "：附件应为 10 MB 以内的 PDF、JPEG 或 PNG。"; continue; }
      note.textContent = "正在上传 " + file.name + "…";
      try {
        const sha256 = hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
        const asked = new URLSearchParams({ csrf: form.elements.csrf.value, name: file.name, bytes: String(file.size), sha256 });
        const answer = await fetch("/portal/my/attachments", { method: "POST", body: asked, headers: { accept: "application/json" } });
        const told = await answer.json();
        if (!answer.ok) { note.textContent = [file.name, told.title, told.hint].filter(Boolean).join("：") + "。"; continue; }
        const headers = Object.entries(told.upload.headers).filter(([name]) => !/^(host|content-length)$/i.test(name));
        const put = await fetch(told.upload.url, { method: told.upload.method, body: file, headers: Object.fromEntries(headers) });
        if (!put.ok) { note.textContent = file.name + "：上传未成功，请重试。"; continue; }
        const item = document.createElement("li");
        item.textContent = file.name;
        const id = document.createElement("input");
        id.type = "hidden";
        id.name = "attachment";
        id.value = told.id;
        item.append(id);
        list.append(item);
        note.textContent = "已附上 " + file.name + "。";
      } catch {
        note.textContent = file.name + "：上传未成功，请重试。";
      }
    }
    input.value = "";
  });
}
