// Looks at a report page as its readers do, and says what is wrong with it.
import { chromium } from "playwright-core";
import { pathToFileURL } from "node:url";
import assert from "node:assert/strict";

const [file, kind] = process.argv.slice(2);
const url = pathToFileURL(file).href;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});

async function open(options) {
  const context = await browser.newContext({ offline: true, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => wrong.push(message.text()));
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("request", (request) => request.url() === url || wrong.push(`asks for ${request.url()}`));
  await page.goto(url);
  return { page, wrong, close: () => context.close() };
}

const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const light = [];
for (const colorScheme of ["light", "dark"]) {
  const { page, wrong, close } = await open({ colorScheme });
  light.push(await background(page));
  assert.equal(await page.locator("h1").count(), 1);
  assert.equal(await page.locator("#timeline tbody tr").count() > 3, true, "a timeline");
  assert.deepEqual(wrong, [], "nothing is asked for, and nothing goes wrong");
  await close();
}
assert.notEqual(light[0], light[1], "light and dark differ");

for (const width of [320, 390, 768, 1400]) {
  const { page, close } = await open({ viewport: { width, height: 800 } });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.equal(wide <= width, true, `at ${width} pixels the page is ${wide} wide`);
  await close();
}

const { page, close } = await open({});
// from the top with the keyboard: the first stop jumps to the timeline, and everything that opens can be opened
await page.keyboard.press("Tab");
assert.equal(await page.evaluate(() => document.activeElement.getAttribute("href")), "#timeline");
const folded = await page.locator("details:not([open])").count();
assert.equal(folded > 0, true, "something is folded");
let opened = 0;
for (let stop = 0; stop < 200 && opened < folded; stop += 1) {
  await page.keyboard.press("Tab");
  const closed = await page.evaluate(() => {
    const { activeElement: here } = document;
    return here.tagName === "SUMMARY" && !here.parentElement.open;
  });
  if (closed) {
    await page.keyboard.press("Enter");
    opened += 1;
  }
}
assert.equal(opened, folded, "each can be reached");
assert.equal(await page.locator("details:not([open])").count(), 0, "each can be opened");
const unnamed = await page.locator("svg:not([aria-label])").count();
assert.equal(unnamed, 0, "each drawing says what it shows");
if (kind === "good") {
  assert.match(await page.locator(".outcome").innerText(), /^✓ succeeded/);
  assert.equal(await page.locator("svg").count(), 3, "the split, the answers and how long they took");
} else {
  assert.match(await page.locator(".outcome").innerText(), /^✗ rolled back/);
  assert.match(await page.locator(".why").innerText(), /exited with code 1/);
  assert.equal(await page.locator("pre:visible", { hasText: "duplicate key" }).count() > 0, true, "the log can be read");
}
await close();
await browser.close();
console.log(`${kind}: offline, light and dark, 320 to 1400 pixels, ${opened} things opened by keyboard`);
