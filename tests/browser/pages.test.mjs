// Every page in every role: accessible, as narrow as 320 px, quiet, in light and dark, and small.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, look, signIn, visitor } from "./browser.mjs";
import { start } from "./stack.mjs";

/** The first page with everything that it loads, in bytes as they go over the wire. */
const FIRST_PAGE = 60 * 1024;

const PUBLIC = ["/", "/verify", "/portal/scan", "/portal/guide", "/portal/domains", "/portal/questions", "/portal/feedback"];
const PAGES = {
  "有各类记录": ["my", "my/records", "my/request", "my/reports", "my/grants", "my/living", "my/cases", "my/commitments", "my/access"],
  "没有记录": ["my", "my/records", "my/reports"],
  "市场监督管理": ["unit", "unit/templates", "unit/work", "unit/work/done", "unit/records", "unit/records?q=1号", "unit/timeliness",
    "unit/reconciliation", "unit/waiting"],
  "平台工作人员": ["platform", "platform/work", "platform/units", "platform/units/market-supervision", "platform/measures/rejections",
    "platform/subjects", "platform/subjects/91140403XN10000145?reason=case", "platform/escalations", "platform/feedback", "platform/reports", "platform/template",
    "platform/calendar", "platform/audit", "platform/backfill"],
  "虚构银行": ["query"],
};

let stack, chrome;
before(async () => { stack = await start(); chrome = await launch(); });
after(async () => { await chrome?.close(); await stack?.stop(); });

for (const [width, colorScheme] of [[320, "light"], [1280, "light"], [390, "dark"]]) {
  test(`public pages at ${width} px, ${colorScheme}`, async () => {
    const page = await visitor(chrome.browser, stack.origin, { viewport: { width, height: 800 }, colorScheme });
    for (const address of PUBLIC) {
      const answer = await page.goto(address);
      assert.equal(answer.status(), 200, address);
      await look(page, `public${address.replaceAll("/", "-")}-${width}-${colorScheme}`);
    }
    await page.context().close();
  });
  for (const [person, addresses] of Object.entries(PAGES)) {
    test(`pages of ${person} at ${width} px, ${colorScheme}`, async () => {
      const page = await visitor(chrome.browser, stack.origin, { viewport: { width, height: 800 }, colorScheme });
      await signIn(page, person);
      for (const address of addresses) {
        const answer = await page.goto(`/portal/${address}`);
        assert.equal(answer.status(), 200, address);
        await page.waitForLoadState("networkidle");
        await look(page, `${address.replaceAll("/", "-")}-${person}-${width}-${colorScheme}`);
      }
      await page.context().close();
    });
  }
}

test("large type for everyone who chooses it, and text of twice the size on a phone", async () => {
  const page = await visitor(chrome.browser, stack.origin);
  await page.goto("/");
  await page.locator("footer").getByRole("link", { name: "大字版" }).click();
  assert.equal(await page.evaluate(() => document.documentElement.className), "large");
  for (const address of PUBLIC) { await page.goto(address); await look(page, `large${address.replaceAll("/", "-")}`); }
  await page.locator("footer").getByRole("link", { name: "标准版" }).click();
  assert.equal(await page.evaluate(() => document.documentElement.className), "");
  await page.context().close();
  const roles = { anyone: PUBLIC, ...Object.fromEntries(Object.entries(PAGES).map(([who, all]) => [who, all.map((one) => `/portal/${one}`)])) };
  for (const [person, addresses] of Object.entries(roles)) for (const [width, large] of [[390, false], [390, true], [320, true]]) {
    const visit = await visitor(chrome.browser, stack.origin, { viewport: { width, height: 740 } });
    if (person !== "anyone") await signIn(visit, person);
    if (large) await visit.goto("/portal/display?mode=large&next=/");
    for (const address of addresses) {
      await visit.goto(address);
      await visit.evaluate(() => { document.documentElement.style.fontSize = "200%"; });
      const over = await visit.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(over <= 0, `${address} at 200 %${large ? ", large," : ""} is ${over} px wider than the ${width} px of the screen`);
    }
    await visit.context().close();
  }
});

test("the first page is small, and nothing is asked of anyone else", async () => {
  const page = await visitor(chrome.browser, stack.origin);
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  let bytes = 0, requests = 0;
  session.on("Network.loadingFinished", (event) => { bytes += event.encodedDataLength; requests += 1; });
  await page.goto("/");
  await page.waitForLoadState("networkidle");
  console.log(`first page: ${bytes} bytes, ${requests} requests`);
  assert.ok(bytes > 1_000 && bytes <= FIRST_PAGE, `${bytes} bytes`);
  assert.ok(requests <= 4, `${requests} requests`);
  await look(page, "first-page");
  await page.context().close();
});

test("the keyboard reaches everything, the content first", async () => {
  const page = await visitor(chrome.browser, stack.origin);
  await page.goto("/verify");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "跳到正文");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "code");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.equal(outline, "solid");
  await page.context().close();
});

test("a printed page has its content alone", async () => {
  const page = await visitor(chrome.browser, stack.origin);
  await page.goto("/portal/domains");
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator("header.site").isVisible(), false);
  assert.equal(await page.locator("main table").isVisible(), true);
  await page.context().close();
});
