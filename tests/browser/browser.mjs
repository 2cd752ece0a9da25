// A real browser, and what has to be true of every page that it shows.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const shots = process.env.SCREENSHOTS ?? join(tmpdir(), "xinzheng-screenshots");

/** Launches the browser with a profile of its own. */
export async function launch() {
  const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => path && existsSync(path));
  const profile = await mkdtemp(join(tmpdir(), "chromium-"));
  const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--lang=zh-CN"];
  await mkdir(shots, { recursive: true });
  const browser = await chromium.launch({ executablePath, args, env: { ...process.env, HOME: profile, LANGUAGE: "zh_CN", LANG: "zh_CN.UTF-8" } });
  return { browser, close: async () => { await browser.close(); await rm(profile, { recursive: true, force: true }); } };
}

/** A visitor with cookies of their own. What the pages complain of, and what they ask of other sites, is kept. */
export async function visitor(browser, origin, options = {}) {
  const context = await browser.newContext({ baseURL: origin, viewport: { width: 390, height: 844 }, locale: "zh-CN", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints = [];
  page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith("http://127.0.0.1:") && /^https?:/.test(request.url())) complaints.push(`asked ${request.url()}`);
  });
  return Object.assign(page, { complaints });
}

/** Signs in as one of the people whom the local issuer offers. */
export async function signIn(page, person) {
  await page.goto("/portal/home");
  await page.getByRole("button", { name: person }).click();
  await page.waitForURL(/\/portal\/(my|unit|platform|query)/);
}

/** Keeps a picture of the page, and holds it to accessibility, width and quiet; `without` is a part that others made. */
export async function look(page, name, { allowed = [], without } = {}) {
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `${name} is ${overflow} px wider than the screen`);
  const found = await violations(page, without);
  assert.deepEqual(found, [], `axe-core on ${name}`);
  const complaints = page.complaints.splice(0).filter((text) => !allowed.some((known) => known.test(text)));
  assert.deepEqual(complaints, [], `complaints on ${name}`);
}

async function violations(page, without) {
  // By the debugger's protocol, which the page's content security policy does not bind.
  const session = await page.context().newCDPSession(page);
  const run = async (expression) => {
    const { result, exceptionDetails } = await session.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    assert.equal(exceptionDetails, undefined, JSON.stringify(exceptionDetails));
    return result.value;
  };
  await run(`${axe}\n;true`);
  // The part that others made has a main of its own.
  const disabled = without ? { "landmark-no-duplicate-main": { enabled: false } } : {};
  const options = JSON.stringify({ runOnly: { type: "tag", values: rules }, rules: disabled, iframes: false });
  const context = without ? `{ exclude: [${JSON.stringify(without)}] }` : "document";
  const found = await run(`axe.run(${context}, ${options}).then((all) => all.violations.map((one) =>
    [one.id, one.help, ...one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160) + " | " + node.failureSummary)].join("\\n  ")))`);
  await session.detach();
  return found;
}
