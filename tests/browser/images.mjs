// The screenshots of the README: a daemon on the samples as a newcomer has it, two of its pages, few colours each.
//
// node tests/browser/images.mjs HEDUI [BROWSER]: writes docs/images/*.png. Needs playwright-core in target/browser.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { deflateSync, inflateSync } from "node:zlib";

const [hedui, browserPath = "/usr/bin/chromium"] = process.argv.slice(2);
const root = path.resolve(import.meta.dirname, "../..");
const { chromium } = createRequire(path.join(root, "target/browser/x.js"))("playwright-core");
const home = mkdtempSync(path.join(tmpdir(), "hedui-images-"));
cpSync(path.join(root, "samples"), path.join(home, "samples"), { recursive: true });
writeFileSync(path.join(home, "config.yaml"), "inboxes:\n  - {path: samples, after: keep}\nweb: {listen: \"127.0.0.1:0\"}\nlog: {format: json, level: info}\nquiet_window: 200ms\n");
const daemon = spawn(path.resolve(hedui), ["run"], { cwd: home });
let said = "";
daemon.stderr.on("data", (piece) => { said += piece; });
const until = async (what, is) => { for (let tries = 0; tries < 600; tries++) { const value = is(); if (value) return value; await new Promise((done) => setTimeout(done, 100)); } throw new Error(`not within a minute: ${what}\n${said}`); };

// PNG with a palette: at most 256 colours, each pixel the nearest of them.
const table = Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n >>> 0; });
const crc = (bytes) => { let c = 0xffffffff; for (const byte of bytes) c = table[(c ^ byte) & 255] ^ (c >>> 8); return (c ^ 0xffffffff) >>> 0; };
const chunk = (name, data) => { const body = Buffer.concat([Buffer.from(name, "latin1"), data]); const out = Buffer.alloc(8 + data.length + 4); out.writeUInt32BE(data.length); body.copy(out, 4); out.writeUInt32BE(crc(body), 8 + data.length); return out; };
function pixels(png) {
  let at = 8, width = 0, height = 0, depth = 3; const parts = [];
  while (at < png.length) {
    const length = png.readUInt32BE(at), name = png.toString("latin1", at + 4, at + 8), data = png.subarray(at + 8, at + 8 + length);
    if (name === "IHDR") { width = data.readUInt32BE(0); height = data.readUInt32BE(4); depth = data[9] === 6 ? 4 : 3; }
    if (name === "IDAT") parts.push(data);
    at += 12 + length;
  }
  const raw = inflateSync(Buffer.concat(parts)), stride = width * depth, out = Buffer.alloc(height * stride);
  const paeth = (a, b, c) => { const p = a + b - c, x = Math.abs(p - a), y = Math.abs(p - b), z = Math.abs(p - c); return x <= y && x <= z ? a : y <= z ? b : c; };
  for (let row = 0; row < height; row++) {
    const filter = raw[row * (stride + 1)];
    for (let col = 0; col < stride; col++) {
      const here = row * stride + col, left = col >= depth ? out[here - depth] : 0, up = row ? out[here - stride] : 0, corner = row && col >= depth ? out[here - stride - depth] : 0;
      out[here] = raw[row * (stride + 1) + 1 + col] + [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
    }
  }
  return { width, height, depth, out };
}
function fewColours(png) {
  const { width, height, depth, out } = pixels(png), counts = new Map();
  const key = (at) => (out[at] << 16) | (out[at + 1] << 8) | out[at + 2];
  for (let at = 0; at < out.length; at += depth) counts.set(key(at), (counts.get(key(at)) || 0) + 1);
  const apart = (one, other) => ((one >> 16) - (other >> 16)) ** 2 + (((one >> 8) & 255) - ((other >> 8) & 255)) ** 2 + ((one & 255) - (other & 255)) ** 2;
  const sorted = [...counts].sort((a, b) => b[1] - a[1]), palette = sorted.slice(0, 160).map(([colour]) => colour), nearest = new Map();
  // The rest are those that nothing chosen is like, the larger their areas the sooner.
  const rest = sorted.slice(160).map(([colour, count]) => ({ colour, weight: Math.sqrt(count), far: Math.min(...palette.map((other) => apart(colour, other))) }));
  while (palette.length < 256 && rest.length) {
    const next = rest.reduce((best, each) => (each.far * each.weight > best.far * best.weight ? each : best));
    if (next.far === 0) break;
    palette.push(next.colour);
    for (const each of rest) each.far = Math.min(each.far, apart(each.colour, next.colour));
  }
  const find = (colour) => {
    let best = 0, least = Infinity;
    palette.forEach((other, index) => { const d = apart(colour, other); if (d < least) { least = d; best = index; } });
    return best;
  };
  const rows = Buffer.alloc(height * (width + 1));
  for (let row = 0; row < height; row++) for (let col = 0; col < width; col++) {
    const colour = key((row * width + col) * depth);
    if (!nearest.has(colour)) nearest.set(colour, find(colour));
    rows[row * (width + 1) + 1 + col] = nearest.get(colour);
  }
  const head = Buffer.alloc(13); head.writeUInt32BE(width); head.writeUInt32BE(height, 4); head[8] = 8; head[9] = 3;
  return Buffer.concat([png.subarray(0, 8), chunk("IHDR", head), chunk("PLTE", Buffer.from(palette.flatMap((c) => [c >> 16, (c >> 8) & 255, c & 255]))), chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}

try {
  const at = await until("listening", () => /"at":"([^"]+)"/.exec(said)?.[1]);
  const count = readdirSync(path.join(home, "samples")).length;
  await until("all samples", () => said.split('"message":"done"').length > count);
  const documents = await (await fetch(`http://${at}/api/v1/documents?limit=200`)).json();
  const slip = documents.items.find((each) => each.source.startsWith("yunze-2023")).record_id;
  const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "light", reducedMotion: "reduce" })).newPage();
  mkdirSync(path.join(root, "docs/images"), { recursive: true });
  const keep = async (name) => writeFileSync(path.join(root, "docs/images", name), fewColours(await page.screenshot()));
  await page.goto(`http://${at}/documents/${slip}`);
  await page.click(".finding >> nth=1 >> .op.stated");
  await keep("document.png");
  await page.goto(`http://${at}/`);
  await keep("overview.png");
  await browser.close();
} finally {
  daemon.kill("SIGTERM");
  await new Promise((done) => daemon.once("exit", done));
  rmSync(home, { recursive: true, force: true });
}
