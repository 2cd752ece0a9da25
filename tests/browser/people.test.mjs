// What each of the four people comes for, counted in touches and seconds, on a phone and at a desk, with and without scripts.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, look, signIn, visitor } from "./browser.mjs";
import { forged, proven } from "./copies.mjs";
import { start } from "./stack.mjs";
import { PENALTY, csv } from "./table.mjs";

const SUBJECT = "有各类记录";
const DESK = { viewport: { width: 1280, height: 900 } };
let stack, chrome, folder;
before(async () => { stack = await start(); chrome = await launch(); folder = await mkdtemp(join(tmpdir(), "people-")); });
after(async () => {
  await chrome?.close();
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
  console.log(["| journey | touches | seconds |", "|---|--:|--:|", ...told].join("\n"));
});

const told = [];
const open = (options) => visitor(chrome.browser, stack.origin, options);

/** A journey of someone: counts its touches (clicks, choices, files, fields) and its seconds. */
function journey(name) {
  const began = Date.now();
  let touches = 0;
  const touch = async (what) => { touches += 1; await what; };
  const end = (most) => {
    told.push(`| ${name} | ${touches} | ${((Date.now() - began) / 1000).toFixed(1)} |`);
    assert.ok(touches <= most, `${name} took ${touches} touches, not ${most}`);
  };
  return { touch, end };
}

/** The bytes behind a link of the page. */
async function fetched(page, name) {
  const answer = await page.context().request.get(await page.getByRole("link", { name }).first().getAttribute("href"));
  assert.equal(answer.status(), 200);
  return { bytes: await answer.body(), name: answer.headers()["content-disposition"] };
}

for (const [how, options] of [["with scripts", {}], ["without scripts", { javaScriptEnabled: false }]]) {
  test(`the owner on a phone has its report in three touches, ${how}`, async () => {
    const owner = await open(options);
    await signIn(owner, SUBJECT);
    const heading = await owner.getByRole("heading", { level: 1 }).boundingBox();
    assert.ok(heading.y < 100, `the heading stands at ${heading.y} px`);
    const { touch, end } = journey(`owner, phone, ${how}: from the first page to the PDF`);
    await touch(owner.getByRole("link", { name: "开具报告" }).first().click());
    await owner.getByText(/有 \d+ 条记录/).waitFor();
    await touch(owner.getByRole("button", { name: "开具报告", exact: true }).click());
    await owner.waitForURL(/reports\/CZXY-/);
    const link = owner.getByRole("link", { name: "下载 PDF" }).first();
    const box = await link.boundingBox();
    assert.ok(box.y + box.height <= 844, "the download is in view");
    await touch(Promise.resolve());
    const { bytes, name } = await fetched(owner, "下载 PDF");
    assert.equal(bytes.subarray(0, 5).toString(), "%PDF-");
    assert.match(decodeURIComponent(name), /专项信用报告-CZXY-/);
    end(3);
    if (how === "with scripts") writeFileSync(join(folder, "report.pdf"), bytes);
    // Nothing can be evaluated in a page without scripts.
    if (how === "with scripts") await look(owner, "people-report", { allowed: [/plugin/i] });
    await owner.context().close();
  });
}

test("the owner narrows the list of records, and turns its pages", async () => {
  const owner = await open();
  await signIn(owner, SUBJECT);
  await owner.goto("/portal/my/records");
  const all = await owner.locator("article").count();
  assert.ok(all <= 10, `${all} on a page`);
  const height = await owner.evaluate(() => document.documentElement.scrollHeight);
  assert.ok(height < 6_000, `${height} px`);
  await owner.goto("/portal/my/records?standing=repaired");
  for (const card of await owner.locator("article").all()) assert.match(await card.innerText(), /已修复/);
  await look(owner, "people-records");
  await owner.context().close();
});

for (const [how, options] of [["with scripts", {}], ["without scripts", { javaScriptEnabled: false }]]) {
  test(`what the owner wrote survives the end of the session, ${how}`, async () => {
    const owner = await open(options);
    await signIn(owner, SUBJECT);
    await owner.goto("/portal/my/commitments");
    const reasons = "承诺在期限内补齐材料，接受核查。";
    await owner.getByLabel("承诺内容").fill(reasons);
    await owner.getByLabel("履行期限").fill("2030-01-01");
    // The session is over: its cookie is gone, as after half an hour.
    const cookies = await owner.context().cookies();
    await owner.context().clearCookies();
    await owner.context().addCookies(cookies.filter((cookie) => cookie.name !== "session"));
    const { touch, end } = journey(`owner, phone, ${how}: a form that is sent when the session is over`);
    await touch(owner.getByRole("button", { name: "作出承诺" }).click());
    await owner.waitForURL(/dev\/authorize/);
    await touch(owner.getByRole("button", { name: SUBJECT }).click());
    await owner.waitForURL(/portal\/kept\//);
    await owner.getByText("您填写的内容还在").waitFor();
    assert.equal(await owner.getByLabel("承诺内容").inputValue(), reasons);
    if (how === "with scripts") await look(owner, "people-kept");
    await touch(owner.getByRole("button", { name: "作出承诺" }).click());
    await owner.waitForURL(/my\/commitments$/);
    await owner.getByText(reasons).first().waitFor();
    end(3);
    await owner.context().close();
  });
}

test("the owner is warned before the session ends, and goes on with one touch", async () => {
  const owner = await open();
  await owner.clock.install();
  await signIn(owner, SUBJECT);
  await owner.clock.fastForward(27 * 60 * 1000 + 30_000);
  const warning = owner.locator("#session");
  await warning.waitFor();
  assert.match(await warning.innerText(), /分钟内到期/);
  await look(owner, "people-session");
  await warning.getByRole("button", { name: "继续使用" }).click();
  await warning.waitFor({ state: "hidden" });
  await owner.context().close();
});

test("the owner reads what it was told without asking", async () => {
  const owner = await open();
  await signIn(owner, SUBJECT);
  const { touch, end } = journey("owner, phone: the new notices, and all of them seen");
  await touch(owner.getByRole("link", { name: /条新通知/ }).click());
  await owner.getByRole("heading", { name: /通知/ }).first().waitFor();
  await look(owner, "people-notices");
  await touch(owner.getByRole("button", { name: "全部标为已读" }).click());
  await owner.waitForURL(/my\/notices/);
  assert.equal(await owner.getByText("条新通知").count(), 0);
  end(2);
  await owner.context().close();
});

test("the owner sees when a record can be repaired, and why, before the form", async () => {
  const owner = await open();
  await signIn(owner, SUBJECT);
  await owner.goto("/portal/my/records?standing=open");
  const { touch, end } = journey("owner, phone: from the records to the days of repair");
  await touch(owner.getByRole("link", { name: "申请修复" }).first().click());
  await owner.getByText(/现在可以申请|还不能申请/).waitFor();
  for (const said of ["最早申请日", "最长公示至", "依据"]) await owner.getByText(said, { exact: true }).waitFor();
  end(1);
  await look(owner, "people-repair");
  await owner.context().close();
});

test("the bank verifies a folder of files, and has the table", async () => {
  const bank = await open(DESK);
  await bank.goto("/verify");
  const other = join(folder, "other.pdf");
  writeFileSync(other, "%PDF-1.7\n不是报告\n%%EOF\n");
  const { touch, end } = journey("bank, desk: a folder of files verified");
  await touch(bank.setInputFiles("#file", [join(folder, "report.pdf"), other]));
  // The owner has had a newer one of the same scope since.
  await bank.getByText("共 2 个文件：0 个真实且内容未变，其余 2 个请看结论").waitFor();
  const table = bank.getByRole("region", { name: "批量核验结果" });
  assert.match(await table.innerText(), /报告真实，已有更新的报告/);
  end(1);
  const csv = bank.getByRole("link", { name: "下载 CSV" });
  assert.match(await csv.getAttribute("download"), /^批量核验-.*\.csv$/);
  const [saved] = await Promise.all([bank.waitForEvent("download"), csv.click()]);
  const lines = readFileSync(await saved.path(), "utf8").trim().split("\r\n");
  assert.equal(lines.length, 3, lines.join("\n"));
  await look(bank, "people-folder");
  await bank.context().close();
});

test("each file of a folder has its fate, and a copy that others have added to is judged as it is alone", async () => {
  const pdf = readFileSync(join(folder, "report.pdf"));
  const files = {
    "report.pdf": [pdf, /^报告真实，已有更新的报告$/],
    "without-a-name": [pdf, /^报告真实，已有更新的报告$/],
    [`${"long".repeat(62)}.pdf`]: [pdf, /^报告真实，已有更新的报告$/],
    "bank.pdf": [proven(pdf), /^报告真实，已有更新的报告；.*由他人附加了时间戳等证明，报告内容没有改动。$/],
    "forged.pdf": [forged(pdf), /^文件在出具后被改动过/],
    "other.PDF": ["%PDF-1.7\n不是报告\n%%EOF\n", /^没有出具过此文件$/],
    "notes.pdf": ["不是 PDF", /^没有核验：不是 PDF 文件$/],
    "empty.pdf": ["", /^没有核验：空文件$/],
  };
  const whole = join(folder, "whole");
  await mkdir(whole);
  for (const [name, [content]] of Object.entries(files)) writeFileSync(join(whole, name), content);
  const bank = await open({ ...DESK, timezoneId: "America/New_York" });
  await bank.goto("/verify");
  await bank.setInputFiles("#folder", whole);
  await bank.getByText("共 8 个文件").waitFor();
  assert.match(await bank.locator("#by-file [role=status]").innerText(), /其中 2 个没有核验，表中写明原因/);
  const [saved] = await Promise.all([bank.waitForEvent("download"), bank.getByRole("link", { name: "下载 CSV" }).click()]);
  const lines = readFileSync(await saved.path(), "utf8").trim().split("\r\n").slice(1);
  assert.equal(lines.length, 8, lines.join("\n"));
  const china = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" });
  const called = await bank.getByRole("link", { name: "下载 CSV" }).getAttribute("download");
  assert.ok([0, 60_000].some((ago) => called === `批量核验-${china.format(Date.now() - ago)}.csv`), called);
  for (const [name, [, expected]] of Object.entries(files)) {
    const row = bank.locator("#many tbody tr").filter({ has: bank.getByRole("cell", { name: `whole/${name}`, exact: true }) });
    const fate = await row.getByRole("cell").nth(1).innerText();
    assert.match(fate, expected, name);
    assert.ok(lines.some((line) => line.startsWith(`whole/${name},${fate.slice(0, 8)}`)), name);
  }
  await look(bank, "people-fates", { allowed: [/409/] });
  // Alone it says the same.
  for (const [name, said] of [["bank.pdf", /报告内容没有改动/], ["forged.pdf", /文件在出具后被改动过/]]) {
    await bank.setInputFiles("#file", join(whole, name));
    await bank.locator("#by-file [role=status]").getByText(said).waitFor();
  }
  await bank.goto("/verify");
  await bank.context().close();
});

test("the clerk loses nothing by signing in again in another tab, and sends nothing in the name of another", async () => {
  const clerk = await open(DESK);
  await signIn(clerk, "市场监督管理");
  const again = async (person) => {
    const other = await clerk.context().newPage();
    await other.goto("/portal/home");
    await other.getByRole("button", { name: "退出" }).first().click();
    await other.goto("/portal/home");
    await other.getByRole("button", { name: person }).click();
    await other.waitForURL(/\/portal\/(my|unit|platform|query)/);
    await other.close();
  };
  const buffer = csv([{ ...PENALTY, "行政处罚决定书文号": "晋虚市监罚〔2025〕921号" }]);
  await clerk.getByLabel("数据表", { exact: true }).selectOption("penalty");
  await clerk.setInputFiles("#file", { name: "penalties.csv", mimeType: "text/csv", buffer });
  await clerk.getByText("可接收 1 行，会退回 0 行").waitFor();
  await again(SUBJECT);
  await clerk.getByRole("button", { name: "上传", exact: true }).click();
  await clerk.locator("#upload [role=status]").getByText("已换用其他账号登录，没有提交").waitFor();
  await clerk.getByText("可接收 1 行，会退回 0 行").waitFor();
  await look(clerk, "people-other-account", { allowed: [/40[13]/] });
  await again("市场监督管理");
  await clerk.getByRole("button", { name: "上传", exact: true }).click();
  await clerk.waitForURL(/uploads\/[0-9a-f]{32}/);
  await clerk.getByText("✓ 已入库").waitFor();
  await clerk.context().close();
});

test("a file with a header alone does not look taken in", async () => {
  const clerk = await open(DESK);
  await signIn(clerk, "市场监督管理");
  await clerk.getByLabel("数据表", { exact: true }).selectOption("penalty");
  await clerk.setInputFiles("#file", { name: "header.csv", mimeType: "text/csv", buffer: csv([]) });
  await clerk.getByText("试检：没有数据行").waitFor();
  await clerk.getByRole("button", { name: "上传", exact: true }).click();
  await clerk.waitForURL(/uploads\/[0-9a-f]{32}/);
  await clerk.getByText("文件只有表头，没有报送任何记录").first().waitFor();
  assert.equal(await clerk.locator(".badge.good").count(), 0);
  await look(clerk, "people-header-alone");
  await clerk.context().close();
});

test("the time that is left is said of one thing at its own speed, and never climbs", async () => {
  const clerk = await open(DESK);
  await signIn(clerk, "市场监督管理");
  // Seconds, and how far of a hundred: as a file goes that stands still first, then fast, then much slower.
  const told = (looks) => clerk.evaluate((looks) => {
    const clock = Date.now;
    const left = reckoning();
    const said = looks.map(([second, done]) => { Date.now = () => second * 1000; return left(done, 100); });
    Date.now = clock;
    return said;
  }, looks);
  const still = Array.from({ length: 13 }, (_, second) => [second, 0]);
  assert.deepEqual([...new Set(await told(still))], [""], "nothing to reckon by, nothing said");
  const even = await told(Array.from({ length: 40 }, (_, second) => [second, second * 2.5]));
  const seconds = even.map((text) => Number(/约需 (\d+) 秒/.exec(text)?.[1])).filter(Boolean);
  assert.ok(seconds.length > 30 && Math.abs(seconds[0] - 36) <= 3, even.join("\n"));
  assert.ok(seconds.every((one, at) => at === 0 || one <= seconds[at - 1]), even.join("\n"));
  const slower = await told([...Array.from({ length: 20 }, (_, second) => [second, second * 4]), ...Array.from({ length: 60 }, (_, second) => [20 + second, 80 + second / 4])]);
  const numbers = slower.map((text) => Number(/约需 (\d+) 秒/.exec(text)?.[1]) || null);
  assert.ok(slower.some((text) => text.startsWith("比刚才估计的慢")), slower.join("\n"));
  for (const [at, number] of numbers.entries()) {
    if (number && numbers[at - 1]) assert.ok(number <= numbers[at - 1] * 2, `${numbers[at - 1]} and then ${number}`);
  }
  await clerk.context().close();
});

test("on a phone charts and months begin at their newest end, and on paper none is cut off", async () => {
  for (const options of [{}, { javaScriptEnabled: false }]) {
    const official = await open(options);
    await signIn(official, "平台工作人员");
    await official.goto("/portal/platform");
    const width = official.viewportSize().width;
    // The newest month of the line and of the matrix, and what the bars say: in view before anything is moved.
    for (const newest of ["figure .newest text.soft:last-of-type", ".matrix tbody tr:first-child td:last-child"]) {
      const box = await official.locator(newest).first().boundingBox();
      assert.ok(box.x >= 0 && box.x + box.width <= width, `${newest}: ${JSON.stringify(box)}`);
    }
    for (const text of await official.locator("svg.chart a text:nth-of-type(2)").all()) {
      const box = await text.boundingBox();
      assert.ok(box.x + box.width <= width, `${await text.textContent()}: ${JSON.stringify(box)}`);
    }
    await official.context().close();
  }
  const official = await open(DESK);
  await signIn(official, "平台工作人员");
  await official.goto("/portal/platform");
  // As wide as A4 with a centimetre of margin on each side.
  await official.setViewportSize({ width: 718, height: 1000 });
  await official.emulateMedia({ media: "print" });
  await official.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  for (const table of await official.locator(".matrix, svg.chart, .scroll table").all()) {
    const box = await table.boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= 718, JSON.stringify(box));
  }
  const years = await official.locator(".matrix th[scope=colgroup]").allInnerTexts();
  assert.ok(years.includes("2022") && years.includes(String(new Date().getFullYear())), years.join());
  writeFileSync(join(folder, "dashboard.pdf"), await official.pdf({ format: "A4" }));
  await official.context().close();
});

test("a living code is stopped without scrolling", async () => {
  const owner = await open({ viewport: { width: 390, height: 740 } });
  await signIn(owner, SUBJECT);
  await owner.goto("/portal/my/living");
  await owner.getByRole("button", { name: "生成信用码" }).click();
  await owner.getByRole("img", { name: "信用码的二维码" }).waitFor();
  const { touch, end } = journey("owner, phone: a living code stopped at once");
  const button = owner.getByRole("button", { name: "立即停用" }).first();
  const box = await button.boundingBox();
  assert.ok(box.y >= 0 && box.y + box.height <= 740, JSON.stringify(box));
  await touch(button.click());
  await owner.getByText("已失效的信用码").waitFor();
  end(1);
  await owner.context().close();
});

test("the bank finds what it had, and has it again while the grant lasts", async () => {
  const bank = await open(DESK);
  await signIn(bank, "虚构银行");
  const list = bank.getByRole("region", { name: "本机构取得的报告" });
  await list.waitFor();
  await look(bank, "people-had");
  const { touch, end } = journey("bank, desk: a report that it had, once more");
  await touch(list.getByRole("button", { name: "打开" }).first().click());
  await bank.getByRole("heading", { name: "授权下的报告" }).waitFor();
  await touch(Promise.resolve());
  assert.equal((await fetched(bank, "下载 PDF")).bytes.subarray(0, 5).toString(), "%PDF-");
  end(2);
  await bank.context().close();
});

test("the clerk tries a file as another table, and mends it with one touch", async () => {
  const clerk = await open(DESK);
  await signIn(clerk, "市场监督管理");
  const buffer = csv([{ ...PENALTY, "行政处罚决定书文号": "晋虚市监罚〔2025〕911号" }]);
  await clerk.getByLabel("数据表", { exact: true }).selectOption("coercion");
  const { touch, end } = journey("clerk, desk: a file sent as the wrong table, mended and sent");
  await touch(clerk.setInputFiles("#file", { name: "八月处罚.csv", mimeType: "text/csv", buffer }));
  await clerk.getByText("试检：整个文件会被退回").waitFor();
  await look(clerk, "people-wrong-table");
  await touch(clerk.getByRole("button", { name: /改按“行政处罚/ }).click());
  await clerk.getByText("可接收 1 行，会退回 0 行").waitFor();
  await touch(clerk.getByRole("button", { name: "上传", exact: true }).click());
  await clerk.waitForURL(/uploads\/[0-9a-f]{32}/);
  await clerk.getByText("✓ 已入库").waitFor();
  end(3);
  await clerk.goto("/portal/unit/records");
  const search = journey("clerk, desk: a record by its number");
  await search.touch(clerk.getByLabel("文号、统一社会信用代码或名称").fill("晋虚市监罚(2025)911"));
  await search.touch(clerk.getByRole("button", { name: "查找" }).click());
  await search.touch(clerk.getByRole("link", { name: "晋虚市监罚〔2025〕911号" }).click());
  await clerk.getByRole("heading", { name: "记录的全部变动" }).waitFor();
  search.end(3);
  await clerk.context().close();
});

test("the official goes from a late unit to its records in three clicks", async () => {
  const official = await open(DESK);
  await signIn(official, "平台工作人员");
  const { touch, end } = journey("official, desk: from the dashboard to a late record");
  await touch(official.locator("svg.chart a").last().click());
  await official.waitForURL(/platform\/units\//);
  await look(official, "people-unit");
  await touch(official.locator("td.number a[href*='late=true']").first().click());
  await official.waitForURL(/timeliness\/records/);
  await touch(official.locator("tbody a").first().click());
  await official.getByRole("heading", { name: "记录的全部变动" }).waitFor();
  end(3);
  await official.getByRole("link", { name: "返回时效" }).waitFor();
  await official.goto("/portal/platform/work");
  await look(official, "people-work");
  await official.goto("/portal/platform");
  await touch(official.locator("a.figure").first().click());
  await official.getByRole("heading", { name: /出具报告：/ }).waitFor();
  await official.context().close();
});

test("the official looks at a subject for a reason that it reads", async () => {
  const official = await open(DESK);
  await signIn(official, "平台工作人员");
  await official.goto("/portal/platform/subjects");
  const { touch, end } = journey("official, desk: a subject's records for a reason");
  await touch(official.getByLabel("统一社会信用代码").fill("91140403XN10000145"));
  await touch(official.getByLabel("查看的事由").selectOption("complaint"));
  await touch(official.getByRole("button", { name: "查看" }).click());
  await official.getByText("查看的事由：处理投诉").waitFor();
  end(3);
  await look(official, "people-subject");
  await official.context().close();
  const owner = await open();
  await signIn(owner, SUBJECT);
  await owner.goto("/portal/my/access");
  await owner.getByText("处理投诉").first().waitFor();
  await owner.context().close();
});

test("anyone reads a verification in English, and in large type", async () => {
  const anyone = await open();
  await anyone.goto("/verify?code=EXAMP1E-0000001-0000006");
  await anyone.getByText("这是样例，没有这份报告").waitFor();
  const owner = await open();
  await signIn(owner, SUBJECT);
  await owner.goto("/portal/my/reports");
  const code = await owner.locator("dd.code").first().innerText();
  await owner.context().close();
  await anyone.goto(`/verify/${code}`);
  const { touch, end } = journey("anyone, phone: a verification in English");
  await touch(anyone.getByRole("link", { name: "English (translation aid)" }).click());
  await anyone.getByText("Translation aid").waitFor();
  end(1);
  await look(anyone, "people-english");
  await anyone.context().close();
});
