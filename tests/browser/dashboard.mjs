// The dashboard in a real browser: dropped, marked, accepted, corrected, seen to be fixed; both languages and colours; read
// without script; by keyboard; nothing that the content policy refuses; axe-core where it is there.
//
// node dashboard.mjs BROWSER ADDRESS FOLDER [AXE]: FOLDER takes screenshots; AXE is axe.min.js. Needs playwright-core.
import { readFileSync } from "node:fs";
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

// What the unit gets is a file, and the record's page leads to it.
const [letter] = await Promise.all([page.waitForEvent("download"), page.goto(address + "/documents").then(() => page.click("text=青石市档案馆2022年度")).then(() => page.click("a[href$='format=docx']"))]);
check(letter.suggestedFilename() === "档案馆.txt.核对.docx", `the letter is called ${letter.suggestedFilename()}`);
const [list] = await Promise.all([page.waitForEvent("download"), page.goto(address + "/findings?state=accepted").then(() => page.click(".exports a >> nth=0"))]);
check(list.suggestedFilename() === "问题.xlsx", `the list is called ${list.suggestedFilename()}`);

// The corrected file is dropped under the same name. The first one was put away, so the name is free.
await drop(page, "档案馆.txt", report(true));
await page.goto(address + "/findings?state=fixed");
await page.waitForFunction(() => document.querySelectorAll(".finding").length === 1, null, { timeout: 30000 });
await page.goto(address + "/documents");
check((await page.locator("tbody tr:has-text('青石市档案馆')").count()) === 1, "the old report is still listed");
await page.click("text=青石市档案馆2022年度");
await page.waitForSelector(".finding.fixed");
check(await page.locator(".badge.clean").first().isVisible(), "the corrected report is not shown as clean");
await shot(page, "document-fixed-zh");
await page.click(".of a");
await page.waitForSelector("h1:has-text('青石市档案馆')");
check((await page.locator(".finding.fixed").count()) === 1, "the unit's page does not show what was fixed");
const unit = new URL(page.url()).pathname + new URL(page.url()).search;

// A mistake to look at from here on, and a larger document of the samples that lie there.
await drop(page, "甲.txt", report(false).replace("青石市档案馆", "白石县统计局"));
await page.goto(address + "/documents?severity=error");
await page.waitForFunction(() => document.querySelectorAll("tbody tr").length >= 1, null, { timeout: 30000 });
const document1 = await page.locator("tbody th a").first().getAttribute("href");

// Whoever writes an answer, has opened something or selects is not interrupted; that there is more is told.
const writer = await open(), reader = await open(), hearer = await open();
for (const each of [writer, reader, hearer]) await each.goto(address + "/findings");
const listed = (each) => each.locator(".finding").count();
const before = await listed(writer);
await writer.fill("input[name=note] >> nth=0", "尚在核实");
await writer.locator("h1").click();
await reader.evaluate(() => getSelection().selectAllChildren(document.querySelector(".finding .message")));
await hearer.click(".answer summary >> nth=0");
await hearer.locator("h1").click();
const idle = await open();
await idle.goto(address + "/findings");
await drop(page, "丙.txt", report(false).replace("青石市档案馆", "临泉县水利局"));
await idle.waitForFunction((count) => document.querySelectorAll(".finding").length > count, before, { timeout: 30000 });
check(!(await idle.locator("#newer").isVisible()), "nothing is left out, and it says so");
for (const each of [writer, reader, hearer]) {
  await each.waitForSelector("#newer:not([hidden])");
  check((await listed(each)) === before, "a part in use was replaced");
}
check((await writer.inputValue("input[name=note] >> nth=0")) === "尚在核实", "what was typed is lost");
await shot(writer, "newer-zh");
// Once it is not in use any more it is brought up to date by itself; or by the button.
await writer.fill("input[name=note] >> nth=0", "");
await writer.locator("h1").click();
await reader.evaluate(() => getSelection().removeAllRanges());
for (const each of [writer, reader]) {
  await each.waitForFunction((count) => document.querySelectorAll(".finding").length > count, before, { timeout: 30000 });
  check(!(await each.locator("#newer").isVisible()), "the note stays");
}
await hearer.click("#newer button");
await hearer.waitForFunction((count) => document.querySelectorAll(".finding").length > count, before);
// An explanation without a reason is not sent.
await idle.fill("input[name=who] >> nth=0", "王芳");
await idle.click("button[value=explained] >> nth=0");
check((await idle.evaluate(() => document.querySelector("input[name=note]").validationMessage)).includes("写明原因"), "it is not told that a reason is missing");
check(new URL(idle.url()).pathname === "/findings", "an explanation without a reason was sent");
await Promise.all([idle.waitForNavigation(), idle.click("button[value=accepted] >> nth=0")]);
check((await listed(idle)) === before, "the other answers need no reason");
for (const each of [writer, reader, hearer, idle]) await each.context().close();

const places = { overview: "/", documents: "/documents", document: document1, unit, findings: "/findings", quarantine: "/quarantine", upload: "/upload", rules: "/rules", nowhere: "/nowhere" };
for (const language of ["zh", "en"]) {
  for (const colours of ["light", "dark"]) {
    const each = await open({ colorScheme: colours });
    for (const [name, target] of Object.entries(places)) {
      await each.goto(`${address}${target}${target.includes("?") ? "&" : "?"}lang=${language}`);
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

// By keyboard alone: the first stop skips the navigation, every action is a stop, and every stop is seen.
const seen = () => page.evaluate(() => {
  const element = document.activeElement, box = element.getBoundingClientRect();
  const shown = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
  return { shown, outlined: getComputedStyle(element).outlineStyle !== "none", tag: element.tagName, name: element.getAttribute("name"), value: element.value, href: element.getAttribute("href"), main: !!element.closest("main") };
});
async function stops(target, most = 400) {
  await page.goto(address + target);
  const found = [];
  for (let step = 0; step < most; step++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement === document.body)) break;
    const stop = await seen();
    check(stop.outlined && stop.shown, `${target}: a stop of the keyboard is not seen: ${JSON.stringify(stop)}`);
    found.push(stop);
  }
  // Whatever can be pressed is among them, unless it lies in a part that is closed.
  const count = await page.evaluate(() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")].filter((each) => each.checkVisibility()).length);
  check(found.filter((each) => ["A", "BUTTON", "INPUT", "SELECT", "SUMMARY"].includes(each.tag)).length >= Math.min(count, most), `${target}: ${count} things can be pressed, ${found.length} stops`);
  return found;
}
await page.goto(address + "/findings");
await page.keyboard.press("Tab");
check((await page.evaluate(() => document.activeElement.className)) === "skip", "the first stop does not skip");
await page.keyboard.press("Enter");
check((await page.evaluate(() => location.hash)) === "#main", "the skip leads nowhere");
// A stop that is scrolled to at leisure is not seen yet.
await page.emulateMedia({ reducedMotion: "reduce" });
for (const target of Object.values(places)) await stops(target);
// An equation lights up by Enter and goes dark by Escape; a finding is answered without a pointer.
await page.goto(address + document1);
await page.focus(".equation a.op");
await page.keyboard.press("Enter");
check((await page.locator(".fig.lit").count()) >= 3, "Enter lights nothing up");
await page.keyboard.press("Escape");
check((await page.locator(".fig.lit").count()) === 0, "Escape does not turn the light off");
await page.focus(".answer summary");
await page.keyboard.press("Enter");
await page.keyboard.press("Tab");
await page.keyboard.press("Control+A");
await page.keyboard.type("赵敏");
await page.keyboard.press("Tab");
await page.keyboard.type("以附表为准");
await page.keyboard.press("Tab");
await page.keyboard.press("Tab");
check((await seen()).value === "explained", "the second answer is not the second stop");
await page.keyboard.press("Enter");
await page.waitForSelector(".trail:has-text('以附表为准')");
await page.emulateMedia({ media: "print" });
await page.goto(address + document1);
check(!(await page.locator(".top nav").isVisible()), "the navigation is printed");
check(!(await page.locator(".answer").first().isVisible()), "forms are printed");
await shot(page, "document-print");
await page.pdf({ path: path.join(folder, "document.pdf"), format: "A4" });

await browser.close();
// A page that is not there answers 404, which the console tells of.
const real = complaints.filter((each) => !each.includes("/nowhere") || each.includes("axe"));
if (real.length) { console.error(real.join("\n")); process.exit(1); }
console.log(`seen: ${Object.keys(places).length} pages, 2 languages, 2 colours${axePath ? ", axe" : ""}`);
