// For whoever is signed in: tells in time that the session ends, and goes on with one touch; prints what is folded.
"use strict";
const notice = document.getElementById("session");
// To ask is to use the session. Tells "over" when it is, "other" when somebody else is signed in by now: what the page holds is not
// sent in their name. Otherwise what the page sends from now on is taken as of the session that there is, and it tells "own".
let renewSession = async () => "over";
if (notice) {
  const text = notice.querySelector("p");
  const more = notice.querySelector("button");
  const again = notice.querySelector("a");
  const EARLY = 180;
  let ends = 0;
  let longest = 0;
  let other = false;
  const from = (seconds, most) => { ends = Date.now() + seconds * 1000; longest = Date.now() + most * 1000; };
  from(Number(notice.dataset.seconds), Number(notice.dataset.longest));
  const look = () => {
    const left = Math.ceil((ends - Date.now()) / 1000);
    if (!other && left > EARLY) { notice.hidden = true; return; }
    const over = left <= 0;
    const last = longest - Date.now() < EARLY * 1000;
    text.textContent = other ? "此浏览器已换用其他账号登录，此页的内容不能以该账号提交。请用原账号重新登录后再提交。"
      : over ? "登录已过期。已经填写的内容不会丢失：提交后重新登录，内容会再次显示。"
      : "登录将在 " + Math.max(1, Math.ceil(left / 60)) + " 分钟内到期。" + (last ? "" : "需要更多时间吗？") + "已经填写的内容不会丢失。";
    more.hidden = other || over || last;
    again.hidden = !other && !over && !last;
    notice.hidden = false;
  };
  renewSession = async () => {
    const answer = await fetch("/portal/session", { headers: { accept: "application/json" } });
    if (!answer.ok) return "over";
    const told = await answer.json();
    other = told.who !== notice.dataset.who;
    if (!other) {
      from(told.seconds, told.longest);
      for (const field of document.querySelectorAll("[name=csrf]")) field.value = told.csrf;
    }
    look();
    return other ? "other" : "own";
  };
  more.addEventListener("click", async () => {
    try {
      if ((await renewSession()) === "over") { ends = Date.now(); look(); }
    } catch {
      text.textContent = "暂时无法连接，请检查网络后再试。";
    }
  });
  setInterval(look, 5_000);
  // Other pages of this session may have gone on meanwhile.
  document.addEventListener("visibilitychange", async () => {
    if (document.visibilityState !== "visible" || Date.now() < ends - EARLY * 1000) return;
    try {
      await renewSession();
    } catch { /* the next look may do */ }
  });
}
// Asks for what a form of the page wants; of a page that is older than the session, as after signing in again in another tab, once
// more as of that session. The answer, and what it says; null in its place when it may not be asked in the name of who is signed in.
const submitted = async (address, body) => {
  const ask = async () => {
    const answer = await fetch(address, { method: "POST", body, headers: { accept: "application/json" } });
    return { answer, told: await answer.json() };
  };
  const first = await ask();
  if (first.answer.ok || !/form-stale$/.test(first.told.type || "")) return first;
  const whose = await renewSession();
  if (whose === "other") return { answer: null, told: { title: "此浏览器已换用其他账号登录，没有提交。请用原账号重新登录后再试" } };
  if (whose === "over") return first;
  body.set("csrf", document.querySelector("[name=csrf]").value);
  return ask();
};
// What is folded stands in print.
const folded = [];
window.addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("main details:not([open])")) { part.open = true; folded.push(part); }
});
window.addEventListener("afterprint", () => { for (const part of folded.splice(0)) part.open = false; });
