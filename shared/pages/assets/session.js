// For whoever is signed in: tells in time that the session ends, and goes on with one touch; prints what is folded.
"use strict";
const notice = document.getElementById("session");
if (notice) {
  const text = notice.querySelector("p");
  const more = notice.querySelector("button");
  const again = notice.querySelector("a");
  const EARLY = 180;
  let ends = 0;
  let longest = 0;
  const from = (seconds, most) => { ends = Date.now() + seconds * 1000; longest = Date.now() + most * 1000; };
  from(Number(notice.dataset.seconds), Number(notice.dataset.longest));
  const look = () => {
    const left = Math.ceil((ends - Date.now()) / 1000);
    if (left > EARLY) { notice.hidden = true; return; }
    const over = left <= 0;
    const last = longest - Date.now() < EARLY * 1000;
    text.textContent = over ? "登录已过期。已经填写的内容不会丢失：提交后重新登录，内容会再次显示。"
      : "登录将在 " + Math.max(1, Math.ceil(left / 60)) + " 分钟内到期。" + (last ? "" : "需要更多时间吗？") + "已经填写的内容不会丢失。";
    more.hidden = over || last;
    again.hidden = !over && !last;
    notice.hidden = false;
  };
  // To ask is to use the session: false when it is over.
  const goOn = async () => {
    const answer = await fetch("/portal/session", { headers: { accept: "application/json" } });
    if (!answer.ok) return false;
    const told = await answer.json();
    from(told.seconds, told.longest);
    for (const field of document.querySelectorAll("[name=csrf]")) field.value = told.csrf;
    return true;
  };
  more.addEventListener("click", async () => {
    try {
      if (!(await goOn())) ends = Date.now();
    } catch {
      text.textContent = "暂时无法连接，请检查网络后再试。";
      return;
    }
    look();
  });
  setInterval(look, 5_000);
  // Other pages of this session may have gone on meanwhile.
  document.addEventListener("visibilitychange", async () => {
    if (document.visibilityState !== "visible" || Date.now() < ends - EARLY * 1000) return;
    try {
      if (await goOn()) look();
    } catch { /* the next look may do */ }
  });
}
// What is folded stands in print.
const folded = [];
window.addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("main details:not([open])")) { part.open = true; folded.push(part); }
});
window.addEventListener("afterprint", () => { for (const part of folded.splice(0)) part.open = false; });
