// Sends proof of an objection or an application to the object store, and puts its id into the form; it can be removed again.
"use strict";
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
for (const box of document.querySelectorAll("[data-attach]")) {
  if (!window.crypto || !crypto.subtle) break;
  box.hidden = false;
  const form = box.closest("form");
  const input = box.querySelector("input[type=file]");
  const note = box.querySelector("[role=status]");
  const list = box.querySelector("ul");
  const hold = (name, value) => {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    return field;
  };
  const removable = (item, name) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = "移除";
    button.setAttribute("aria-label", "移除 " + name);
    button.addEventListener("click", () => {
      item.remove();
      note.textContent = "已移除 " + name + "。";
      input.focus();
    });
    item.append(" ", button);
  };
  for (const item of list.children) removable(item, item.textContent.trim());
  let sending = false;
  form.addEventListener("submit", (event) => {
    if (!sending) return;
    event.preventDefault();
    note.textContent = "附件还在上传，请传完后再提交。";
    note.scrollIntoView({ block: "nearest" });
  });
  const kinds = { "application/pdf": 1, "image/jpeg": 1, "image/png": 1 };
  input.addEventListener("change", async () => {
    sending = true;
    for (const file of Array.from(input.files)) {
      if (list.children.length >= 5) { note.textContent = "最多五个附件。"; break; }
      if (!kinds[file.type] || file.size > 10485760) { note.textContent = file.name + "：附件应为 10 MB 以内的 PDF、JPEG 或 PNG。"; continue; }
      note.textContent = "正在上传 " + file.name + "…";
      try {
        const sha256 = hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
        const asked = new URLSearchParams({ csrf: form.elements.csrf.value, name: file.name, bytes: String(file.size), sha256 });
        const { answer, told } = await submitted("/portal/my/attachments", asked);
        if (!answer || !answer.ok) { note.textContent = [file.name, told.title, told.hint].filter(Boolean).join("：") + "。"; continue; }
        const headers = Object.entries(told.upload.headers).filter(([name]) => !/^(host|content-length)$/i.test(name));
        const put = await fetch(told.upload.url, { method: told.upload.method, body: file, headers: Object.fromEntries(headers) });
        if (!put.ok) { note.textContent = file.name + "：上传未成功，请重试。"; continue; }
        const item = document.createElement("li");
        item.append(file.name, hold("attachment", told.id), hold("attachment-name", file.name));
        removable(item, file.name);
        list.append(item);
        note.textContent = "已附上 " + file.name + "。";
      } catch {
        note.textContent = file.name + "：上传未成功，请重试。";
      }
    }
    input.value = "";
    sending = false;
  });
}
