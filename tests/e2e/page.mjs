// The till's own page in a real browser: node page.mjs PACKAGES TILL-TOOL FOLDER
import { launch, open, start, until } from "./browser.mjs";

const [packages, tool, pictures] = process.argv.slice(2);
const SHOWN = 3000;

// Path, what is set, what is set back, the problem that the till then names.
const old = new Date(Date.now() - 5 * 86400 * 1000).toISOString();
const CASES = [
  ["kkt", { paper: "out" }, { paper: "present" }, "paper-out"],
  ["kkt", { paper: "near-end" }, { paper: "present" }, "paper-near-end"],
  ["kkt", { cover: "open" }, { cover: "closed" }, "cover-open"],
  ["kkt", { printer_faults: ["cutter-error"] }, { printer_faults: [] }, "printer-fault"],
  ["kkt", { unsent_documents: 3, first_unsent_at: old }, { unsent_documents: 0 }, "ofd-queue-old"],
  ["kkt", { unsent_documents: 500 }, { unsent_documents: 0 }, "ofd-queue"],
  ["kkt", { shift: "expired" }, { shift: "open" }, "shift-expired"],
  ["kkt", { fiscal_storage_flags: ["resource-exhausted"] }, { fiscal_storage_flags: [] }, "fiscal-storage-warning"],
  ["kkt", { clock_skew_seconds: 3600 }, { clock_skew_seconds: 0 }, "clock-skew"],
  ["kkt", { link: "unplugged" }, { link: "ok" }, "kkt-not-connected"],
  ["kkt", { link: "silent" }, { link: "ok" }, "kkt-silent"],
  ["kkt", { link: "busy" }, { link: "ok" }, "kkt-busy"],
  ["kkt", { error: "67" }, { error: null }, "kkt-refused"],
  ["scale", { overload: true }, { overload: false }, "scale-fault"],
  ["scale", { link: "unplugged" }, { link: "ok" }, "scale-not-connected"],
  ["scale", { link: "silent" }, { link: "ok" }, "scale-silent"],
  ["vision", { link: "unplugged" }, { link: "ok" }, "vision-down"],
  ["pos", { link: "silent" }, { link: "ok" }, "feed-silent"],
];

const wrong = [];
const demo = await start(tool, ["demo", "--api", "127.0.0.1:0", "--pos", "127.0.0.1:0"]);
const browser = await launch(packages);
const ru = await open(browser, `${demo.api}/`, { locale: "ru-RU", viewport: { width: 1100, height: 760 } }, wrong);
const en = await open(browser, `${demo.api}/`, { locale: "en-GB", colorScheme: "dark", viewport: { width: 360, height: 740 } }, wrong);

const patch = async (path, body) => {
  const answer = await fetch(`${demo.pos}/demo/${path}`, { method: "PATCH", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (answer.status !== 204) throw new Error(`PATCH ${path} ${JSON.stringify(body)}: ${answer.status} ${await answer.text()}`);
};
const named = async (code) => (await (await fetch(`${demo.api}/till/v1/status`)).json()).problems.some((problem) => problem.code === code);
const shown = (page, code) => page.locator(`.problems [data-code="${code}"]`).count();
const picture = (page, name) => page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });

await until("no problem at the begin", async () => (await ru.locator(".problems li").count()) === 0, 15000);
await picture(ru, "till-ok");
for (const [path, set, back, code] of CASES) {
  await patch(path, set);
  await until(`${code} in the document`, () => named(code), 60000);
  const raised = await Promise.all([ru, en].map((page) => until(`${code} on the page`, () => shown(page, code), SHOWN)));
  const [russian, english] = await Promise.all([ru, en].map((page) => page.locator(`.problems [data-code="${code}"]`).innerText()));
  if (!/[а-я]{3}/i.test(russian) || /[а-я]/i.test(english.replace(/\(.*\)/, ""))) wrong.push(`${code}: ${russian} / ${english}`);
  await Promise.all([picture(ru, `till-${code}`), picture(en, `till-${code}-phone`)]);
  await patch(path, back);
  await until(`${code} out of the document`, async () => !(await named(code)), 60000);
  const cleared = await Promise.all([ru, en].map((page) => until(`${code} off the page`, async () => !(await shown(page, code)), SHOWN)));
  console.log(`ok      ${code}: shown after ${raised} ms, gone after ${cleared} ms`);
}
await Promise.all([patch("kkt", { paper: "out", unsent_documents: 42, first_unsent_at: old }), patch("vision", { link: "unplugged" }), patch("scale", { weight_grams: 1234, stable: false })]);
await until("several at once", async () => (await ru.locator(".problems li").count()) >= 3, 60000);
await Promise.all([picture(ru, "till-several"), picture(en, "till-several-phone")]);

const wide = await en.evaluate(() => document.documentElement.scrollWidth);
if (wide > 360) wrong.push(`360 px wide, but ${wide} px of content`);
console.log(`ok      360 px: ${wide} px of content`);

const [before] = await ru.locator(".language a[lang=en]").all();
await before.focus();
await ru.waitForTimeout(2500);
if (!(await ru.evaluate(() => document.activeElement?.lang === "en"))) wrong.push("the keyboard's place is lost when the page is refreshed");

demo.child.kill("SIGKILL");
await until("the page says that the service is gone", () => ru.locator("#lost:visible").count(), 8000);
await picture(ru, "till-gone");
console.log(`ok      the service is gone: ${await ru.locator("#lost").innerText()}`);
const port = new URL(demo.api).port;
const again = await start(tool, ["demo", "--api", `127.0.0.1:${port}`, "--pos", "127.0.0.1:0"]);
await until("the page comes back", async () => !(await ru.locator("#lost:visible").count()), 8000);
console.log("ok      the service is back, and so is the page");
again.child.kill();
await browser.close();
for (const one of wrong) console.log(`WRONG   ${one}`);
process.exit(wrong.length ? 1 : 0);
