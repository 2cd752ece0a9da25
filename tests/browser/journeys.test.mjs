// What people come for, from its beginning to its end, in a real browser on the whole local stack.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, look, signIn, visitor } from "./browser.mjs";
import { start } from "./stack.mjs";
import { PENALTY, csv } from "./table.mjs";

const SUBJECT = "有各类记录";
let stack, chrome, folder;
before(async () => { stack = await start(); chrome = await launch(); folder = await mkdtemp(join(tmpdir(), "journeys-")); });
after(async () => { await chrome?.close(); await stack?.stop(); await rm(folder, { recursive: true, force: true }); });

const open = (options) => visitor(chrome.browser, stack.origin, options);

/** The file behind a link of the page. */
async function fetched(page, name) {
  const href = await page.getByRole("link", { name }).first().getAttribute("href");
  const answer = await page.context().request.get(href);
  assert.equal(answer.status(), 200, href);
  return { bytes: await answer.body(), headers: answer.headers() };
}

/** Asks for a report of everything and gives its number, code and file. */
async function report(page) {
  await page.goto("/portal/my/request");
  await page.locator("#count", { hasText: /有 \d+ 条记录/ }).waitFor();
  await page.getByRole("button", { name: "开具报告", exact: true }).click();
  await page.waitForURL(/reports\/CZXY-/);
  const number = page.url().match(/CZXY-\d{8}-[0-9A-Z]{8}/)[0];
  const code = await page.locator("dd.code").innerText();
  const { bytes, headers } = await fetched(page, "下载 PDF");
  assert.equal(bytes.subarray(0, 5).toString(), "%PDF-");
  assert.match(headers["content-disposition"], /attachment/);
  const file = join(folder, `${number}.pdf`);
  writeFileSync(file, bytes);
  return { number, code, file };
}

/** How many records of a domain the API has for the period that the page asks for. */
async function held(page, domain) {
  const [from, to] = await Promise.all(["起始日期", "截止日期"].map((label) => page.getByLabel(label).inputValue()));
  const claims = { role: "subject", subject: "91140403XN10000145", sub: "journeys" };
  const given = await fetch(`${stack.origin}/dev/token`, { method: "POST", body: JSON.stringify(claims) });
  const authorization = `Bearer ${(await given.json()).access_token}`;
  const query = new URLSearchParams({ from, to, domains: domain });
  const own = await (await fetch(`${stack.origin}/records?${query}`, { headers: { authorization } })).json();
  return own.records.length;
}

test("from an upload to a verified report", async () => {
  const unit = await open({ viewport: { width: 1280, height: 900 } });
  await signIn(unit, "市场监督管理");
  const rows = [
    PENALTY,
    { ...PENALTY, "行政处罚决定书文号": "晋虚市监罚〔2025〕902号", "统一社会信用代码": "91140403XN10000146" },
    { ...PENALTY, "行政处罚决定书文号": "晋虚市监罚〔2025〕903号", "处罚决定日期": "2025年13月1日" },
  ];
  // Dropped as from the desktop.
  const drop = async (...names) => {
    const dataTransfer = await unit.evaluateHandle(([bytes, names]) => {
      const transfer = new DataTransfer();
      for (const name of names) transfer.items.add(new File([new Uint8Array(bytes)], name, { type: "text/csv" }));
      return transfer;
    }, [[...csv(rows)], names]);
    await unit.dispatchEvent(".drop", "drop", { dataTransfer });
  };
  await drop("六月处罚.csv", "七月处罚.csv");
  await unit.getByText("一次上传一个文件").waitFor();
  await drop("六月处罚.csv");
  // It is tried before it is sent, and nothing of it is kept.
  await unit.getByText("试检：读到 3 行，可接收 1 行，会退回 2 行").waitFor();
  await look(unit, "journey-1-tried");
  await unit.getByRole("button", { name: "上传", exact: true }).click();
  await unit.waitForURL(/uploads\/[0-9a-f]{32}/);
  await unit.getByText("已入库，有行退回").waitFor();
  const figures = await unit.locator(".figure").allInnerTexts();
  assert.deepEqual(figures, ["3", "1", "2"]);
  const rejected = await unit.getByRole("region", { name: "退回的行" }).innerText();
  assert.match(rejected, /2025年13月1日/);
  assert.match(rejected, /91140403XN10000146/);
  await look(unit, "journey-1-upload");
  assert.equal((await fetched(unit, "下载标注好的 Excel")).bytes.subarray(0, 2).toString(), "PK");
  assert.match((await fetched(unit, "下载 CSV")).bytes.toString("utf8"), /902|3/);
  await unit.context().close();

  const subject = await open();
  await signIn(subject, SUBJECT);
  await subject.goto("/portal/my/records");
  await subject.getByRole("heading", { name: "晋虚市监罚〔2025〕901号" }).waitFor();
  await subject.getByText("详细内容").first().click();
  await look(subject, "journey-1-records");
  await subject.goto("/portal/my/request");
  await subject.locator("#count", { hasText: /有 \d+ 条记录/ }).waitFor();
  await subject.getByText("领域：").click();
  await subject.getByRole("button", { name: "全不选" }).click();
  await subject.locator("#count", { hasText: "请至少选择一个领域" }).waitFor();
  await subject.getByLabel("市场监管").check();
  await subject.locator("#domains-chosen", { hasText: "已选 1 个：市场监管" }).waitFor();
  const count = await held(subject, "市场监管");
  assert.ok(count >= 1, "what was uploaded is there");
  await subject.locator("#count", { hasText: `有 ${count} 条记录` }).waitFor();
  await look(subject, "journey-1-request");
  const { code, file } = await report(subject);
  const frame = await subject.context().request.get(await subject.locator("iframe.document").getAttribute("src"));
  assert.equal(frame.headers()["content-type"], "application/pdf");
  assert.match(frame.headers()["content-disposition"], /^inline/);
  assert.deepEqual(await frame.body(), readFileSync(file), "the page shows the very file");
  // The browser's own viewer paints when it is ready, and tells nobody.
  await subject.waitForTimeout(3_000);
  await look(subject, "journey-1-report", { allowed: [/plugin/i] });
  await subject.context().close();

  // Anyone: by the file, which does not leave the browser; by the code; by the QR code.
  const bank = await open();
  await bank.goto("/verify");
  const sent = [];
  bank.on("request", (request) => sent.push(request.method() + " " + (request.postData() ?? "")));
  await bank.setInputFiles("#file", file);
  await bank.waitForURL(/sha256=/);
  assert.ok(sent.every((request) => request.startsWith("GET ")), sent.join("\n"));
  await bank.getByText("报告真实，内容至今未变", { exact: true }).waitFor();
  await look(bank, "journey-1-verified");
  // Of a copy that somebody has added to what was added is sent, and nothing else.
  await bank.goto("/verify");
  const altered = Buffer.concat([readFileSync(file), Buffer.from("9999 0 obj\n<<>>\nendobj\nstartxref\n0\n%%EOF\n")]);
  sent.length = 0;
  await bank.setInputFiles("#file", { name: "改.pdf", mimeType: "application/pdf", buffer: altered });
  await bank.getByText("文件在出具后被改动过").waitFor();
  assert.ok(sent.every((request) => request.length < 4_000), sent.map((request) => request.length).join(" "));
  await bank.getByRole("link", { name: "查看该报告的核验结果" }).click();
  await bank.getByText("报告真实，内容至今未变", { exact: true }).waitFor();
  await bank.goto("/verify");
  await bank.getByLabel("核验码").fill(code.toLowerCase().replaceAll("-", ""));
  await bank.getByRole("button", { name: "核验", exact: true }).click();
  await bank.getByText("报告真实，内容至今未变", { exact: true }).waitFor();
  await bank.goto("/portal/scan");
  execFileSync("pdftoppm", ["-png", "-r", "110", "-f", "1", "-l", "1", file, join(folder, "page")]);
  const picture = execFileSync("sh", ["-c", `ls ${folder}/page*.png | head -1`]).toString().trim();
  await bank.setInputFiles("#picture", picture);
  await bank.waitForURL(/\/verify\//);
  await bank.getByText("报告真实，内容至今未变", { exact: true }).waitFor();
  await bank.context().close();
});

test("from an objection that is upheld to a report that it affects", async () => {
  const subject = await open();
  await signIn(subject, SUBJECT);
  const { code, number } = await report(subject);
  await subject.goto("/portal/my/records");
  const record = subject.locator("article", { hasText: "晋虚市监罚〔2025〕901号" });
  await record.getByRole("link", { name: "提出异议" }).click();
  await subject.getByLabel("理由").fill("罚款金额有误：实际为 0.02 万元，见缴款凭证。");
  const buffer = Buffer.from("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n");
  await subject.setInputFiles("#attach", { name: "别的文件.pdf", mimeType: "application/pdf", buffer });
  await subject.getByRole("button", { name: "移除 别的文件.pdf" }).click();
  await subject.getByText("已移除 别的文件.pdf").waitFor();
  await subject.setInputFiles("#attach", { name: "缴款凭证.pdf", mimeType: "application/pdf", buffer });
  await subject.getByText("已附上 缴款凭证.pdf").waitFor();
  await look(subject, "journey-2-objection");
  await subject.getByRole("button", { name: "提交异议" }).click();
  await subject.waitForURL(/cases/);
  await subject.getByText("责任单位应在").waitFor();
  await look(subject, "journey-2-submitted");

  const unit = await open({ viewport: { width: 1280, height: 900 } });
  await signIn(unit, "市场监督管理");
  await unit.getByRole("link", { name: "待办" }).click();
  const line = unit.getByRole("row", { name: "晋虚市监罚〔2025〕901号" });
  await look(unit, "journey-2-work");
  await line.getByRole("link", { name: "查看和办理" }).click();
  assert.equal(await unit.getByText("别的文件.pdf").count(), 0, "what was removed is not sent");
  const attachment = await unit.context().request.get(await unit.getByRole("link", { name: "缴款凭证.pdf" }).getAttribute("href"));
  assert.equal(attachment.status(), 200);
  assert.ok(!attachment.url().startsWith(stack.origin), "attachments come from the object store, not from the portal");
  await unit.getByRole("button", { name: "受理" }).click();
  await unit.getByLabel("异议成立，更正记录").check();
  await unit.getByLabel("理由").fill("经核实，金额录入有误，予以更正。");
  await unit.getByText("更正记录时修改").click();
  await unit.getByLabel("罚款金额（万元）").fill("0.02");
  await unit.getByLabel("内容", { exact: true }).fill("罚款 0.02 万元");
  await look(unit, "journey-2-decision");
  await unit.getByRole("button", { name: "作出结论" }).click();
  await unit.getByText("经核实，金额录入有误，予以更正。").waitFor();
  await unit.goto("/portal/unit/work");
  assert.equal(await unit.getByText("晋虚市监罚〔2025〕901号").count(), 0);
  await unit.context().close();

  await subject.goto("/portal/my/reports");
  const affected = subject.locator("article", { hasText: number });
  await affected.getByText("! 内容有变化").waitFor();
  await look(subject, "journey-2-affected");
  await subject.goto(`/verify/${code}`);
  await subject.getByText("报告真实，所载记录有变化").waitFor();
  await look(subject, "journey-2-verified");
  await subject.goto("/portal/my/records");
  await subject.getByText("罚款 0.02 万元").first().waitFor({ state: "attached" });
  await subject.context().close();
});

test("from a grant to an authorised query", async () => {
  const subject = await open();
  await signIn(subject, SUBJECT);
  await subject.getByText("菜单").click();
  await subject.getByRole("link", { name: "授权", exact: true }).click();
  await subject.getByLabel("被授权机构名称").fill("长治市虚构银行");
  await subject.getByRole("button", { name: "授权", exact: true }).click();
  await subject.getByText("授权已生效").waitFor();
  const code = await subject.locator("dd.code").first().innerText();
  await look(subject, "journey-3-grant");

  const bank = await open({ viewport: { width: 1280, height: 900 } });
  await signIn(bank, "虚构银行");
  await bank.getByLabel("授权码").fill("AAAA");
  await bank.getByRole("button", { name: "查询" }).click();
  await bank.locator("#grant-error").waitFor();
  await look(bank, "journey-3-mistyped", { allowed: [/status of 4/] });
  await bank.getByLabel("授权码").fill(code);
  await bank.getByRole("button", { name: "查询" }).click();
  await bank.getByText("报告已开具").first().waitFor();
  await bank.getByText("长治市虚构〇一商贸有限公司").waitFor();
  await look(bank, "journey-3-query");
  assert.equal((await fetched(bank, "下载 PDF")).bytes.subarray(0, 5).toString(), "%PDF-");
  await bank.getByRole("link", { name: "再查一份" }).click();
  await bank.getByLabel("授权码").fill(code);
  await bank.getByRole("button", { name: "查询" }).click();
  await bank.getByText("授权次数已用完").first().waitFor();
  await bank.context().close();

  await subject.goto("/portal/my/access");
  const seen = subject.getByRole("listitem").filter({ hasText: "长治市虚构银行" });
  assert.ok((await seen.count()) >= 2, "both the query and the refused one are in the log");
  await look(subject, "journey-3-access");
  await subject.goto("/portal/my/grants");
  await subject.getByText("已用 1 次，共 1 次").waitFor();
  await subject.context().close();
});

test("from a question to its answer, and from a wrong report to its withdrawal", async () => {
  const anyone = await open();
  await anyone.goto("/portal/feedback");
  await anyone.getByLabel("内容").fill("报告可以用英文出具吗？");
  await anyone.getByLabel("联系方式").fill("虚构电话");
  await anyone.getByRole("button", { name: "提交" }).click();
  await anyone.waitForURL(/feedback\/[0-9A-Z-]{23}/);
  const followed = anyone.url();
  await look(anyone, "journey-4-feedback");

  const subject = await open();
  await signIn(subject, SUBJECT);
  const { number, code } = await report(subject);
  await subject.context().close();

  const platform = await open({ viewport: { width: 1280, height: 900 } });
  await signIn(platform, "平台工作人员");
  await platform.goto("/portal/platform/feedback");
  const waiting = platform.locator("article", { hasText: "英文" });
  await waiting.getByRole("textbox", { name: "答复" }).fill("目前只出具中文报告。");
  await waiting.getByRole("checkbox").check();
  await look(platform, "journey-4-answer");
  await waiting.getByRole("button", { name: "答复" }).click();
  await waiting.waitFor({ state: "detached" });
  await platform.goto("/portal/platform/reports");
  await platform.getByLabel("报告编号").fill(number);
  await platform.getByLabel("查看的事由").selectOption({ label: "协调异议、修复或承诺" });
  await platform.getByRole("button", { name: "查找" }).click();
  await platform.getByLabel("收回原因").fill("演示：依据的数据有误。");
  await look(platform, "journey-4-withdrawal");
  await platform.getByLabel("我已核对报告编号和主体").check();
  await platform.getByRole("button", { name: "收回这份报告" }).click();
  await platform.getByText("已收回。").waitFor();
  await platform.goto("/portal/platform?from=2024-12");
  await look(platform, "journey-4-dashboard");
  await platform.goto("/portal/platform/template");
  await platform.getByLabel("副标题").fill("（替代证明）");
  const [specimen] = await Promise.all([
    platform.context().waitForEvent("request", (request) => request.method() === "POST" && request.url().endsWith("/platform/template")),
    platform.getByRole("button", { name: "预览样张" }).click(),
  ]);
  const answer = await specimen.response();
  assert.equal(answer.headers()["content-type"], "application/pdf");
  await platform.getByRole("button", { name: "标出不同" }).click();
  await platform.getByText("有 1 处与现用版本不同").waitFor();
  await look(platform, "journey-4-template", { allowed: [/plugin|frame/i] });
  await platform.context().close();

  await anyone.goto(followed);
  await anyone.getByText("目前只出具中文报告。").waitFor();
  await anyone.goto("/portal/questions");
  await anyone.getByText("报告可以用英文出具吗？").waitFor();
  await look(anyone, "journey-4-questions");
  await anyone.goto(`/verify/${code}`);
  await anyone.getByText("已被收回").first().waitFor();
  await look(anyone, "journey-4-withdrawn");
  await anyone.context().close();
});

test("from a code on the phone to what whoever scans it sees, and to its end", async () => {
  const subject = await open({ viewport: { width: 390, height: 844 } });
  await signIn(subject, SUBJECT);
  await subject.goto("/portal/my/living");
  await subject.getByLabel("出示给谁").fill("虚构银行");
  await subject.getByRole("button", { name: "生成信用码" }).click();
  const shown = subject.getByRole("region", { name: "出示的信用码" });
  await shown.getByText("0 次").waitFor();
  await look(subject, "journey-5-code");
  const picture = join(folder, "code.png");
  await shown.getByRole("img").screenshot({ path: picture });
  const { width } = await shown.getByRole("img").boundingBox();
  assert.ok(width >= 280, `${width} px are too few to be scanned`);

  // As by a phone's camera, with scripts and without.
  for (const javaScriptEnabled of [true, false]) {
    const bank = await open({ javaScriptEnabled });
    await bank.goto("/portal/scan");
    await bank.setInputFiles("#picture", picture);
    if (!javaScriptEnabled) await bank.getByRole("button", { name: "识别" }).click();
    await bank.waitForURL(/\/living\/[0-9A-Z-]{23}$/);
    await bank.getByText(/^此刻查询到：违法违规记录 \d+ 条/).waitFor();
    await bank.getByText("虚构银行").waitFor();
    if (javaScriptEnabled) await look(bank, "journey-5-look");
    await bank.context().close();
  }
  await subject.reload();
  await shown.getByText(/^2 次，最近一次/).waitFor();
  await subject.goto("/portal/my/access");
  await subject.getByText("扫信用码查看").first().waitFor();
  await subject.getByText(/第 2 次/).waitFor();
  await subject.goto("/portal/my/living");
  const address = await shown.getByRole("link", { name: "看看对方看到什么" }).getAttribute("href");
  await shown.getByRole("button", { name: "立即停用" }).click();
  await subject.getByText("已失效的信用码").waitFor();
  await look(subject, "journey-5-ended");
  await subject.context().close();
  const late = await open();
  const answer = await late.goto(address);
  assert.equal(answer.status(), 403);
  await late.getByText("此信用码已失效").waitFor();
  await look(late, "journey-5-over", { allowed: [/403/] });
  await late.context().close();
});

test("without scripts everything works as well", async () => {
  const options = { javaScriptEnabled: false };
  const subject = await open(options);
  await signIn(subject, SUBJECT);
  await subject.goto("/portal/my/request");
  await subject.getByText(/有 \d+ 条记录/).waitFor();
  await subject.getByLabel("近一年").check();
  await subject.getByRole("button", { name: "先看有多少条记录" }).click();
  await subject.getByText(/有 \d+ 条记录|未查询到记录/).waitFor();
  await subject.getByRole("button", { name: "开具报告", exact: true }).click();
  await subject.waitForURL(/reports\/CZXY-/);
  const code = await subject.locator("dd.code").innerText();
  const { bytes } = await fetched(subject, "下载 PDF");
  const file = join(folder, "plain.pdf");
  writeFileSync(file, bytes);
  await subject.getByText("菜单").click();
  await subject.getByRole("button", { name: "退出" }).click();
  await subject.waitForURL(/\/$/);
  await subject.goto("/portal/my");
  assert.match(subject.url(), /\/dev\/authorize/, "who signed out signs in again");
  await subject.context().close();

  const anyone = await open(options);
  await anyone.goto("/verify");
  await anyone.getByLabel("核验码").fill(code);
  await anyone.getByRole("button", { name: "核验", exact: true }).click();
  await anyone.getByText("报告真实，内容至今未变", { exact: true }).waitFor();
  await anyone.goto("/portal/scan");
  execFileSync("pdftoppm", ["-png", "-r", "110", "-f", "1", "-l", "1", file, join(folder, "plain")]);
  await anyone.setInputFiles("#picture", execFileSync("sh", ["-c", `ls ${folder}/plain*.png | head -1`]).toString().trim());
  await anyone.getByRole("button", { name: "识别" }).click();
  await anyone.getByText("报告真实，内容至今未变", { exact: true }).waitFor();
  await anyone.context().close();

  const unit = await open(options);
  await signIn(unit, "市场监督管理");
  const buffer = csv([{ ...PENALTY, "行政处罚决定书文号": "晋虚市监罚〔2025〕904号" }]);
  await unit.setInputFiles("#file", { name: "七月处罚.csv", mimeType: "text/csv", buffer });
  await unit.getByRole("button", { name: "上传" }).click();
  await unit.waitForURL(/uploads\/[0-9a-f]{32}/);
  for (let looks = 0; looks < 100 && (await unit.getByText("✓ 已入库").count()) === 0; looks += 1) {
    await new Promise((done) => setTimeout(done, 200));
    await unit.reload();
  }
  assert.deepEqual(await unit.locator(".figure").allInnerTexts(), ["1", "1", "0"]);
  await unit.context().close();
});

test("what holds pages to the rules sees what is wrong", async () => {
  const page = await open();
  await page.goto("/verify");
  await page.evaluate(() => { const image = document.createElement("img"); image.src = "/assets/icon.svg"; document.querySelector("main").append(image); });
  await assert.rejects(look(page, "seeded"), /image-alt/);
  await page.evaluate(() => { document.querySelector("main img").alt = ""; document.querySelector("main").style.width = "2000px"; });
  await assert.rejects(look(page, "seeded"), /wider than the screen/);
  await page.context().close();
});

test("what this test read is what the sample has", () => {
  assert.match(readFileSync(join(stack.data, "first-report/report.pdf")).subarray(0, 5).toString(), /%PDF-/);
});
