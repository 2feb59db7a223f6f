// Opens reports in a browser and holds them to WCAG 2.2 AA, at two widths, in light and dark.
//
//   npm ci --prefix tests/browser
//   node tests/browser/check.mjs report.html [another.html …]
//
// CHROMIUM names the browser (default /usr/bin/chromium). Prints each violation and `N passed, N failed`;
// exits with 1 if anything failed, and with 2 if nothing could be checked.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const widths = { desktop: 1280, phone: 390 };
const quiet = [
  "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--no-sandbox",
];

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("Name at least one HTML file.");
  process.exit(2);
}

let passed = 0;
let failed = 0;
function tell(name, problems) {
  if (problems.length === 0) {
    passed += 1;
    return;
  }
  failed += 1;
  console.log(`FAILED ${name}`);
  for (const problem of problems) console.log(`  ${problem}`);
}

/** A page that records every request but for the file itself, and everything the console says. */
async function open(browser, file, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const address = pathToFileURL(resolve(file)).href;
  const heard = [];
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== address) heard.push(`request: ${request.url()}`);
  });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) heard.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => heard.push(`script: ${error.message}`));
  await page.goto(address, { waitUntil: "load" });
  return { context, page, heard };
}

async function axe(page) {
  // The page forbids scripts; what the debugger evaluates is not the page's own.
  await page.evaluate(axeSource);
  const result = await page.evaluate(
    (tags) => globalThis.axe.run(document, { runOnly: { type: "tag", values: tags } }),
    tags,
  );
  if (result.passes.length === 0) return ["axe found nothing to check"];
  return result.violations.flatMap((violation) =>
    violation.nodes.slice(0, 5).map((node) => `${violation.id}: ${node.target.join(" ")} – ${violation.help}`),
  );
}

async function scrollsSideways(page) {
  return page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= wide) return [];
    return [...document.querySelectorAll("body *")]
      .filter((element) => element.getBoundingClientRect().right > wide + 1)
      .slice(0, 5)
      .map((element) => `wider than the screen: ${element.tagName.toLowerCase()}.${element.className}`);
  });
}

const openAll = (page) =>
  page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: quiet,
});
try {
  for (const file of files) {
    const name = basename(file);
    for (const [device, width] of Object.entries(widths)) {
      for (const colorScheme of ["light", "dark"]) {
        const { context, page, heard } = await open(browser, file, {
          colorScheme,
          viewport: { width, height: 900 },
        });
        const label = `${name}, ${device}, ${colorScheme}`;
        tell(`${label}: axe as it opens`, await axe(page));
        await openAll(page);
        tell(`${label}: axe with everything unfolded`, await axe(page));
        tell(`${label}: no request, nothing on the console`, heard);
        await context.close();
      }
    }
    const { context, page } = await open(browser, file, { viewport: { width: 320, height: 640 } });
    tell(`${name}, 320 px: no scrolling sideways`, await scrollsSideways(page));
    await openAll(page);
    tell(`${name}, 320 px: no scrolling sideways, unfolded`, await scrollsSideways(page));
    await context.close();

    const plain = await open(browser, file, { javaScriptEnabled: false, viewport: { width: 1280, height: 900 } });
    const told = await plain.page.locator("h1").count();
    tell(`${name}: readable without JavaScript`, told === 1 ? [] : [`${told} main headings`]);
    await plain.context.close();
  }
} finally {
  await browser.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
