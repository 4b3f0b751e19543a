// The dashboard in a real browser: dropped, marked, accepted, corrected, seen to be fixed; both languages and colours; read
// without script; by keyboard; nothing that the content policy refuses; axe-core where it is there.
//
// node dashboard.mjs BROWSER ADDRESS FOLDER [AXE]: FOLDER takes screenshots; AXE is axe.min.js. Needs playwright-core.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const [browserPath, address, folder, axePath] = process.argv.slice(2);
const { chromium } = createRequire(path.join(process.cwd(), "x.js"))("playwright-core");
const report = (right) =>
  "青石市档案馆2022年度部门整体支出绩效自评报告\n一、基本情况\n" +
  `2022年基本支出396.47万元，其中：人员经费313.77万元，公用经费${right ? "82.70" : "8.27"}万元。\n`;
const complaints = [];
const check = (so, what) => { if (!so) throw new Error(what); };

const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  const page = await context.newPage();
  page.on("console", (message) => { if (message.type() === "error") complaints.push(`${page.url()}: ${message.text()}`); });
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error}`));
  return page;
}
async function accessible(page, what) {
  if (!axePath) return;
  // The policy of the page holds for scripts of the page; this one is run from outside.
  await page.evaluate(readFileSync(axePath, "utf8") + ";0");
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  for (const each of found.violations) complaints.push(`${what}: axe ${each.id}: ${each.nodes.map((node) => node.target + " " + (node.failureSummary || "")).slice(0, 3).join(" | ")}`);
}
const shot = (page, name) => page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: false });

async function drop(page, name, text) {
  await page.goto(address + "/upload");
  await page.setInputFiles("input[type=file]", { name, mimeType: "text/plain", buffer: Buffer.from(text) });
  await page.click("form.drop button");
  await page.waitForSelector(".queue li progress");
  await page.waitForFunction(() => document.querySelector(".queue li span:last-child").textContent.includes("已收到"));
}
async function dragged(page, name, text) {
  await page.goto(address + "/upload");
  await page.evaluate(([name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name, { type: "text/plain" }));
    document.querySelector("form.drop").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  }, [name, text]);
  await page.waitForFunction(() => document.querySelector(".queue li span:last-child")?.textContent.includes("已收到"));
}

const page = await open();
// An open overview hears of what comes.
const overview = await open();
await overview.goto(address + "/");
await dragged(page, "档案馆.txt", report(false));
await overview.waitForFunction(() => document.body.textContent.includes("青石市档案馆"), null, { timeout: 30000 });

await page.goto(address + "/documents");
await page.click("text=青石市档案馆2022年度");
await page.waitForSelector(".finding.error .equation");
await page.click(".finding .equation a.op >> nth=0");
check((await page.locator(".fig.lit").count()) >= 3, "the operands do not light up");
check(await page.locator(".fig.lit").first().isVisible(), "the operand is not in view");
check((await page.locator(".fig.wrong").count()) >= 1 && (await page.locator(".flag .icon").count()) >= 1, "nothing is marked");
await shot(page, "document-zh-light");
await page.click(".finding summary:has-text('处理')");
await page.fill("input[name=who]", "王芳");
await page.fill("input[name=note]", "退回单位改正");
await page.click("button[value=accepted]");
await page.waitForSelector(".trail:has-text('王芳')");
await page.goto(address + "/findings?state=accepted");
check((await page.textContent("main")).includes("退回单位改正"), "the decision is not in the queue");

// The corrected file comes under the same name, as units send it.
writeFileSync(process.env.INBOX + "/档案馆.txt", report(true));
await page.goto(address + "/findings?state=fixed");
await page.waitForFunction(() => document.querySelectorAll(".finding").length === 1, null, { timeout: 30000 });
await page.goto(address + "/documents");
await page.click("text=青石市档案馆2022年度");
await page.waitForSelector(".finding.fixed");
check(await page.locator(".badge.clean").first().isVisible(), "the corrected report is not shown as clean");
await shot(page, "document-fixed-zh");

// A mistake to look at from here on, and a larger document of the samples that lie there.
await drop(page, "甲.txt", report(false).replace("青石市档案馆", "白石县统计局"));
await page.goto(address + "/documents?severity=error");
await page.waitForFunction(() => document.querySelectorAll("tbody tr").length >= 1, null, { timeout: 30000 });
const document1 = await page.locator("tbody th a").first().getAttribute("href");

const places = { overview: "/", documents: "/documents", document: document1, findings: "/findings", quarantine: "/quarantine", upload: "/upload", rules: "/rules", nowhere: "/nowhere" };
for (const language of ["zh", "en"]) {
  for (const colours of ["light", "dark"]) {
    const each = await open({ colorScheme: colours });
    for (const [name, target] of Object.entries(places)) {
      await each.goto(`${address}${target}?lang=${language}`);
      const lang = await each.getAttribute("html", "lang");
      check(lang === (language === "zh" ? "zh-CN" : "en"), `${name} is in ${lang}`);
      await accessible(each, `${name} ${language} ${colours}`);
      await shot(each, `${name}-${language}-${colours}`);
    }
    await each.context().close();
  }
}

// Small screens scroll down only.
const small = await open({ viewport: { width: 390, height: 800 } });
for (const target of Object.values(places)) {
  await small.goto(address + target);
  const wide = await small.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(wide <= 1, `${target} is ${wide} wider than a small screen`);
}
await small.goto(address + document1);
await shot(small, "document-small");

// Without script everything can be read, and an equation leads to its figures.
const plain = await open({ javaScriptEnabled: false });
await plain.goto(address + document1);
const fact = await plain.locator(".equation a.op").first().getAttribute("href");
await plain.goto(address + document1 + fact);
check(await plain.locator(fact).isVisible(), "without script an operand leads nowhere");
await plain.goto(address + "/upload");
await plain.setInputFiles("input[type=file]", { name: "乙.txt", mimeType: "text/plain", buffer: Buffer.from(report(true)) });
await plain.click("form.drop button");
check((await plain.textContent(".queue")).includes("已收到"), "without script nothing is uploaded");

// By keyboard alone: the first stop skips the navigation, and every stop is seen.
await page.goto(address + "/findings");
await page.keyboard.press("Tab");
check((await page.evaluate(() => document.activeElement.className)) === "skip", "the first stop does not skip");
await page.keyboard.press("Enter");
check((await page.evaluate(() => location.hash)) === "#main", "the skip leads nowhere");
for (let step = 0; step < 12; step++) {
  await page.keyboard.press("Tab");
  const seen = await page.evaluate(() => { const style = getComputedStyle(document.activeElement); return style.outlineStyle !== "none"; });
  check(seen, "a stop of the keyboard is not seen");
}
await page.emulateMedia({ media: "print" });
await page.goto(address + document1);
check(!(await page.locator(".top nav").isVisible()), "the navigation is printed");
await shot(page, "document-print");

await browser.close();
// A page that is not there answers 404, which the console tells of.
const real = complaints.filter((each) => !each.includes("/nowhere") || each.includes("axe"));
if (real.length) { console.error(real.join("\n")); process.exit(1); }
console.log(`seen: ${Object.keys(places).length} pages, 2 languages, 2 colours${axePath ? ", axe" : ""}`);
