// The page of the monitor in a real browser: node monitor_page.mjs PACKAGES TILL-MONITOR FOLDER
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessible, launch, open, start, until } from "./browser.mjs";
import { hostile, hostileSeven, IMAGE, MEMBERS, SCRIPT, witness } from "./tills.mjs";
import { walk } from "./monitor_keys.mjs";
import { many } from "./monitor_many.mjs";

const [packages, monitor, pictures] = process.argv.slice(2);
const SHOWN = 3000;
const STATUS = "/till/v1/status";
const SEVEN = "/api/v1/status";

const wrong = [];
const folder = mkdtempSync(join(tmpdir(), "till-monitor-page-"));
process.on("exit", () => rmSync(folder, { recursive: true }));
const picture = (page, name) => page.screenshot({ path: `${pictures}/monitor-${name}.png` });

// A fleet that stands still, of which two tills are asked through a witness; tills that mean harm; a
// store whose line is cut; and a line of the list with a mistake.
const fleet = await start(monitor, ["fleet", "--tills", "20", "--still", "--control", "127.0.0.1:0", "--list", join(folder, "tills.csv")]);
const lines = readFileSync(join(folder, "tills.csv"), "utf8").trim().split("\n").map((line) => line.split(","));
const combined = lines.find((cells, at) => at > 0 && cells[4] === "");
const seven = lines.find((cells) => cells[4] === "auto");
const well = lines.findLast((cells) => cells[4] === "")[3];
const witnesses = new Map();
for (const till of [combined, seven]) {
  witnesses.set(till[0], await witness(till[3]));
  till[3] = witnesses.get(till[0]).address;
}
const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
lines.push([quoted(SCRIPT), quoted(IMAGE), quoted(IMAGE), await hostile(well), "", quoted(IMAGE)]);
lines.push([quoted(`${IMAGE} 7`), quoted(IMAGE), "", await hostileSeven(), "seven", ""]);
for (const place of [1, 2, 3]) lines.push([`99/${place}`, "99", "staffed", "127.0.0.1:1", "", ""]);
lines.push(["broken", "1", "kiosk", "no address", "", ""]);
writeFileSync(join(folder, "tills.csv"), lines.map((cells, at) => [...cells, at === 0 ? "tags" : ""].slice(0, 6).join(",")).join("\n"));

const settings = (listen) => {
  const type = (name) => `[type.${JSON.stringify(name)}]\nno_answer = "3s"\ncannot_tell = "3s"\n`;
  const kinds = ["", "kiosk", "staffed", "self-checkout", IMAGE].map(type).join("");
  writeFileSync(join(folder, "monitor.toml"), `[monitor]\nlisten = "${listen}"\ntills = "tills.csv"\n${kinds}`);
  return ["run", "--config", join(folder, "monitor.toml")];
};
let running = await start(monitor, settings("127.0.0.1:0"));
const browser = await launch(packages);
const ru = await open(browser, `${running.page}/`, { locale: "ru-RU", viewport: { width: 1200, height: 800 } }, wrong);
const en = await open(browser, `${running.page}/`, { locale: "en-GB", colorScheme: "dark", viewport: { width: 360, height: 740 } }, wrong);
const pages = [ru, en];

const patch = async (till, body) => {
  const answer = await fetch(`${fleet.control}/fleet/till?name=${encodeURIComponent(till)}`, { method: "PATCH", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`PATCH ${till} ${JSON.stringify(body)}: ${answer.status} ${await answer.text()}`);
  return Date.now();
};
const row = (page, code, till) => page.locator(`[data-code="${code}"]`).filter({ has: page.locator(`[data-till="${till}"]`) });
const expect = (what, is, wanted) => {
  const right = wanted instanceof RegExp ? wanted.test(is) : is === wanted;
  if (right) console.log(`ok      ${what}: ${JSON.stringify(is)}`);
  else wrong.push(`${what}: got ${JSON.stringify(is)}, expected ${wanted instanceof RegExp ? wanted : JSON.stringify(wanted)}`);
};

// --- A problem shows soon after the till has told it, and is gone as soon; both kinds of till.
const both = [[{ paper: "out" }, { paper: "present" }, "paper-out", "paper"], [{ vision: false }, { vision: true }, "vision-down", "vision"]];
const CASES = [
  ...both.map(([set, back, code]) => [combined[0], set, back, code, STATUS]),
  [combined[0], { paper: "near-end" }, { paper: "present" }, "paper-near-end", STATUS],
  [combined[0], { cover_open: true }, { cover_open: false }, "cover-open", STATUS],
  [combined[0], { kkt_silent: true }, { kkt_silent: false }, "kkt-silent", STATUS],
  ...both.map(([set, back, code, name]) => [seven[0], set, back, code, `${SEVEN}/${name}`]),
  [seven[0], { unsent_documents: 500 }, { unsent_documents: 0 }, "ofd-queue", `${SEVEN}/ofd`],
];
// Only what has been looked at once can change under our eyes.
await until("the till with the seven is known", async () => (await (await fetch(`${running.page}/monitor/v1/till?name=${encodeURIComponent(seven[0])}`)).json()).values.every((value) => value !== "unasked"), 30000);
for (const [till, set, back, code, path] of CASES) {
  const figures = [];
  for (const [body, there] of [[set, true], [back, false]]) {
    const set = await patch(till, body);
    const what = `${till}: ${code} ${there ? "on" : "off"} the page`;
    await Promise.all(pages.map((page) => until(what, async () => ((await row(page, code, till).count()) > 0) === there, 30000)));
    const [seen, told] = [Date.now(), witnesses.get(till).told(path, set)];
    figures.push(seen - told);
    if (!(seen - told <= SHOWN)) wrong.push(`${what}: ${seen - told} ms after the till told it`);
    if (there) {
      const [russian, english] = await Promise.all(pages.map((page) => page.locator("details", { has: page.locator(`[data-code="${code}"]`) }).first().locator("summary").textContent()));
      if (!/[а-я]{3}/i.test(russian) || /[а-я]/i.test(english)) wrong.push(`${code}: ${russian} / ${english}`);
    }
  }
  console.log(`ok      ${till} (${path}): ${code} shown ${figures[0]} ms, gone ${figures[1]} ms after the till told it`);
}
await patch(combined[0], { link: "reset" });
await until("a till that resets connections is one that does not answer", async () => (await row(ru, "no-answer", combined[0]).count()) > 0, 30000);
await patch(combined[0], { link: "ok" });
await until("and it answers again", async () => !(await row(ru, "no-answer", combined[0]).count()), 30000);
console.log("ok      no-answer is shown and goes");

// --- Whatever a till says is text.
await until("the hostile tills are shown", async () => (await ru.locator("#groups li").count()) >= MEMBERS.length + 2, 30000);
await until("what the hostile till does not know is shown", async () => (await row(ru, "cannot-tell", `${IMAGE} 7`).count()) > 0, 60000);
const foreign = () => ({ hurt: window.hurt, alien: document.querySelectorAll("img, iframe, body script, svg:not(.chart)").length });
for (const page of pages) {
  await page.locator(`#groups [data-till="${SCRIPT}"]`).first().click();
  await page.locator("#till dl").last().waitFor();
  const text = await page.locator("#till").innerText();
  if (!text.includes(SCRIPT) || !text.includes(IMAGE)) wrong.push(`what the hostile till said is not in its detail: ${text}`);
  expect("elements that a till made", JSON.stringify(await page.evaluate(foreign)), '{"alien":0}');
  await picture(page, page === ru ? "hostile" : "hostile-phone");
  await page.keyboard.press("Escape");
}
const csv = await (await fetch(`${running.page}/monitor/v1/problems.csv?lang=en`)).text();
expect("a formula in the list of problems", csv.includes(`,'=1+1`) && !/(^|,)"?=1/m.test(csv), true);

// --- A dead store, a line with a mistake, the lists, the languages.
await until("the dead store is one problem", async () => (await ru.locator('[data-code="store-no-answer"]').count()) === 1 && !(await ru.locator('[data-till^="99/"]').count()), 30000);
await picture(ru, "problems");
await picture(en, "problems-phone");
for (const page of pages) {
  await page.locator('a[data-store="99"]').click();
  expect("the dead store leads to its tills", (await page.locator(".cell:visible").allInnerTexts()).join(" "), "99/1 99/2 99/3");
  await picture(page, page === ru ? "store" : "store-phone");
  await page.locator("#bad-lines summary").click();
}
expect("the bad line", await ru.locator("#bad-lines").innerText(), /не прочитаны: 1\s+строка 27: address: got "no address"/);
expect("in English", await en.locator("#bad-lines").innerText(), /could not be read: 1\s+line 27/);
await en.locator("#bad-lines summary").click();
await en.locator("a[data-view=problems]").click();
const english = async (link) => (await fetch(await en.locator(link).evaluate((anchor) => anchor.href))).text();
expect("the list of problems in the language of the page", (await english("#problems-csv")).includes("None of the store's tills"), true);
const own = await en.locator("header, nav, .filters").allInnerTexts();
expect("Russian words in the English page", own.join(" ").replace("Русский", "").match(/[а-яё]+/gi)?.join(" ") ?? "", "");
await en.locator(".language a[lang=ru]").click();
await en.locator("#groups li").first().waitFor();
expect("the language can be chosen", await en.locator("h1").innerText(), "Кассы");
await en.goBack();
await en.locator("#groups li").first().waitFor();

// --- For everybody: contrast and names, a small screen, the keyboard alone.
for (const [page, look] of [[ru, "light"], [en, "dark"]]) {
  for (const view of ["problems", "tills", "till"]) {
    if (view !== "till") await page.locator(`a[data-view=${view}]`).click();
    else await page.locator(`.cell[data-till="${combined[0]}"]`).click().then(() => page.locator("#till dl").last().waitFor());
    await accessible(packages, page, `${view}, ${look}`, wrong);
    await picture(page, `${view}-${look}`);
    const wide = await page.evaluate(() => Math.max(document.documentElement.scrollWidth, document.getElementById("till").scrollWidth));
    if (page === en) expect(`${view}: pixels of content on a screen of 360`, wide <= 360 ? "at most 360" : wide, "at most 360");
  }
  await page.keyboard.press("Escape");
  await page.locator("a[data-view=problems]").click();
}
await patch(combined[0], { paper: "out" });
await until("paper is out", async () => (await row(ru, "paper-out", combined[0]).count()) > 0, 30000);
await walk(await open(browser, `${running.page}/`, { locale: "ru-RU", viewport: { width: 1200, height: 800 } }, wrong), combined[0], () => patch(combined[0], { paper: "present" }), expect);

// --- The monitor stops.
running.child.kill("SIGKILL");
await until("the page says that the monitor is gone", async () => (await ru.locator("body.lost header .link").innerText().catch(() => "")) !== "", 8000);
console.log(`ok      the monitor is gone: ${await ru.locator("header .link").innerText()}`);
await picture(ru, "gone");
running = await start(monitor, settings(new URL(running.page).host));
await until("the page comes back", async () => !(await ru.locator("body.lost").count()), 8000);
await patch(combined[0], { cover_open: true });
await until("and lives", async () => (await row(ru, "cover-open", combined[0]).count()) > 0, 30000);
console.log("ok      the monitor is back, and so is the page");
running.child.kill();
fleet.child.kill();

await many(browser, monitor, folder, picture, wrong);
await browser.close();
for (const one of new Set(wrong)) console.log(`WRONG   ${one}`);
process.exit(wrong.length ? 1 : 0);
