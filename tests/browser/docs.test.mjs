// The page for programmers: the description in its viewer, under the site's policy, and what people see of a sample.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { launch, look, visitor } from "./browser.mjs";
import { start } from "./stack.mjs";

const SAMPLE = "EXAMP1E-0000001-0000006";

let stack, chrome;
before(async () => { stack = await start(); chrome = await launch(); });
after(async () => { await chrome?.close(); await stack?.stop(); });

for (const [width, colorScheme] of [[320, "light"], [1280, "light"], [390, "dark"]]) {
  test(`the description at ${width} px, ${colorScheme}`, async () => {
    const page = await visitor(chrome.browser, stack.origin, { viewport: { width, height: 800 }, colorScheme });
    await page.goto("/docs");
    const viewer = page.locator("rapi-doc");
    await viewer.getByText("Xinzheng API").first().waitFor();
    await viewer.getByText("/verify/{code}", { exact: false }).first().waitFor();
    // Its sheets are those that the policy names: without them it has no colours and no columns.
    const display = await viewer.locator(".section-gap").first().evaluate((element) => getComputedStyle(element).paddingLeft);
    assert.notEqual(display, "0px");
    // What is inside the viewer is its makers': the page around it is ours.
    await look(page, `docs-${width}-${colorScheme}`, { without: "rapi-doc" });
    await page.context().close();
  });
}

test("an operation opens with its example, and is tried without leaving", async () => {
  const page = await visitor(chrome.browser, stack.origin, { viewport: { width: 1280, height: 900 } });
  await page.goto("/docs");
  const viewer = page.locator("rapi-doc");
  await viewer.getByText("Verify by code", { exact: true }).first().click();
  await viewer.getByText("As people type it", { exact: false }).first().waitFor();
  await look(page, "docs-operation", { without: "rapi-doc" });
  await page.context().close();
});

test("a problem's address leads to what it means", async () => {
  const page = await visitor(chrome.browser, stack.origin);
  await page.goto("/problems/code-unknown");
  assert.equal(new URL(page.url()).pathname + new URL(page.url()).hash, "/docs#problem-code-unknown");
  assert.ok(await page.locator("#problem-code-unknown").isVisible());
  await page.context().close();
});

test("nobody takes a sample for a report", async () => {
  const page = await visitor(chrome.browser, stack.origin);
  await page.goto(`/verify/${SAMPLE}`);
  await page.getByRole("alert").getByText("这是样例，没有这份报告").waitFor();
  assert.equal(await page.title(), "样例 — 长治市专项信用报告");
  await look(page, "sample");
  await page.context().close();
});

test("a page of another origin verifies, and reads nothing else", async () => {
  const page = await visitor(chrome.browser, stack.origin);
  // Another port is another origin.
  const server = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<title>bank</title>"));
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const bank = await page.context().newPage();
  await bank.goto(`http://127.0.0.1:${server.address().port}/`);
  const asked = (path, init) => bank.evaluate(async ([address, options]) => {
    try {
      const answer = await fetch(address, options);
      return [answer.status, answer.headers.get("api-version")];
    } catch (error) {
      return String(error.name);
    }
  }, [`${stack.origin}${path}`, init]);
  const json = { "content-type": "application/json" };
  assert.deepEqual(await asked(`/verify/${SAMPLE}`), [200, "1"]);
  assert.deepEqual(await asked("/verify", { method: "POST", headers: json, body: JSON.stringify({ codes: [SAMPLE] }) }), [200, "1"]);
  assert.deepEqual(await asked("/openapi.json"), [200, "1"]);
  assert.deepEqual(await asked("/.well-known/jwks.json"), [200, "1"]);
  for (const path of ["/reports", "/questions", "/", "/docs"]) assert.equal(await asked(path), "TypeError", path);
  assert.equal(await asked("/feedback", { method: "POST", headers: json, body: "{}" }), "TypeError");
  await page.context().close();
  server.close();
});
