// Computes the SHA-256 of a chosen file in the browser and asks for it. The file is never sent.
"use strict";
const form = document.getElementById("by-file");
if (form && window.crypto && crypto.subtle) {
  form.hidden = false;
  const input = form.querySelector("input");
  const note = form.querySelector("[role=status]");
  const check = async (file) => {
    if (!file) return;
    note.textContent = "正在本机计算摘要…";
    try {
      const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
      const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
      window.location.assign("/verify?sha256=" + hex);
    } catch {
      note.textContent = "无法读取此文件，请重新选择。";
    }
  };
  input.addEventListener("change", () => check(input.files[0]));
  form.addEventListener("submit", (event) => { event.preventDefault(); check(input.files[0]); });
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => { event.preventDefault(); check(event.dataTransfer.files[0]); });
}
