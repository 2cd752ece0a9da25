// Counts the records of the chosen period and domains while the form is filled in, and says what is chosen where it is folded.
"use strict";
const form = document.getElementById("request");
const count = document.getElementById("count");
const chosen = document.getElementById("domains-chosen");
if (form) {
  let timer = 0;
  let latest = 0;
  const boxes = () => Array.from(form.querySelectorAll("[name=domain]"));
  const said = () => {
    if (!chosen) return;
    const all = boxes();
    const on = all.filter((box) => box.checked);
    const names = on.slice(0, 3).map((box) => box.parentElement.textContent.trim()).join("、");
    chosen.textContent = on.length === all.length ? "全部 " + all.length + " 个"
      : on.length === 0 ? "没有选择" : "已选 " + on.length + " 个：" + names + (on.length > 3 ? " 等" : "");
  };
  const ask = async () => {
    if (!count) return;
    const asked = ++latest;
    const sent = new URLSearchParams(new FormData(form));
    sent.delete("csrf");
    sent.delete("once");
    count.textContent = "正在统计…";
    try {
      const answer = await fetch("/portal/my/request/count?" + sent, { headers: { accept: "application/json" } });
      const told = await answer.json();
      if (asked === latest) count.textContent = answer.ok ? told.text : [told.title, told.hint].filter(Boolean).join("，");
    } catch {
      if (asked === latest) count.textContent = "暂时无法统计，不影响开具报告。";
    }
  };
  const soon = () => { said(); clearTimeout(timer); timer = setTimeout(ask, 250); };
  form.addEventListener("change", soon);
  for (const button of form.querySelectorAll("[data-domains]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const all = button.dataset.domains === "all";
      for (const box of boxes()) box.checked = all;
      soon();
    });
  }
  // Days of one's own are chosen by naming them, and another choice takes them back.
  const days = form.querySelectorAll("[name=from], [name=to]");
  for (const span of form.querySelectorAll("[name=span]:not([value=own])")) {
    span.addEventListener("change", () => { for (const day of days) day.value = ""; });
  }
  for (const day of days) {
    day.addEventListener("change", () => {
      const own = form.querySelector("[name=span][value=own]");
      if (own) own.checked = true;
    });
  }
  const preview = form.querySelector("[value=count]");
  if (preview) preview.hidden = true;
  said();
}
