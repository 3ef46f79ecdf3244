// What every script with a browser needs.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

// Chromium looks up hosts of its maker unless it is told not to.
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

// What a browser says of a server that has been stopped.
const STOPPED = /net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|SOCKET_NOT_CONNECTED|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)/;

export async function launch(packages) {
  const { chromium } = createRequire(`${packages}/`)("playwright-core");
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: QUIET });
  console.log(`Chromium ${browser.version()}`);
  return browser;
}

// Starts a program, and waits for its line "ready name=value …".
export async function start(program, args) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  process.on("exit", () => child.kill());
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("ready ")) return { child, ...Object.fromEntries(line.split(" ").slice(1).map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)])) };
  }
  throw new Error(`${program} ended before it was ready`);
}

// Looks until it is true, and says after how many milliseconds it was.
export async function until(what, look, limit) {
  const begun = Date.now();
  for (;;) {
    if (await look()) return Date.now() - begun;
    if (Date.now() - begun > limit) throw new Error(`${what}: not within ${limit} ms`);
    await new Promise((go) => setTimeout(go, 20));
  }
}

// A page that must not complain, nor ask anybody else.
export async function open(browser, url, options, wrong) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const own = new URL(url).origin;
  page.on("request", (request) => {
    if (!request.url().startsWith(own) && !request.url().startsWith("data:")) wrong.push(`asked ${request.url()}`);
  });
  page.on("pageerror", (error) => wrong.push(`error ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !STOPPED.test(message.text())) wrong.push(`console ${message.text()}`);
  });
  await page.goto(url);
  return page;
}

// What axe-core finds that keeps somebody from using the page.
export async function accessible(packages, page, what, wrong) {
  await page.evaluate(readFileSync(`${packages}/node_modules/axe-core/axe.min.js`, "utf8"));
  const { version, violations, rules } = await page.evaluate(async () => {
    const { violations, passes } = await axe.run();
    return { version: axe.version, violations, rules: passes.length };
  });
  const serious = violations.filter((one) => ["serious", "critical"].includes(one.impact));
  for (const one of serious) wrong.push(`axe-core, ${what}: ${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(" | ")}`);
  console.log(`ok      axe-core ${version}, ${what}: ${rules} rules passed, ${serious.length} serious, ${violations.length - serious.length} minor (${violations.map((one) => one.id)})`);
}
