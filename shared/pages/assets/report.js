// Counts the records of the chosen period and domains while the form is filled in.
"use strict";
const form = document.getElementById("request");
const count = document.getElementById("count");
if (form && count) {
  let timer = 0;
  let latest = 0;
  const ask = async () => {
    const asked = ++latest;
    const chosen = new URLSearchParams(new FormData(form));
    chosen.delete("csrf");
    chosen.delete("once");
    count.textContent = "正在统计…";
    try {
      const answer = await fetch("/portal/my/request/count?" + chosen, { headers: { accept: "application/json" } });
      const told = await answer.json();
      if (asked === latest) count.textContent = answer.ok ? told.text : [told.title, told.hint].filter(Boolean).join("，");
    } catch {
      if (asked === latest) count.textContent = "暂时无法统计，不影响开具报告。";
    }
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(ask, 250); };
  form.addEventListener("change", soon);
  for (const button of form.querySelectorAll("[data-domains]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const all = button.dataset.domains === "all";
      for (const box of form.querySelectorAll("[name=domain]")) box.checked = all;
      soon();
    });
  }
  const preview = form.querySelector("[value=count]");
  if (preview) preview.hidden = true;
  ask();
}
