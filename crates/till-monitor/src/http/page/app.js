// The present picture is fetched as it changes; each view draws itself from it.
import { arrange, make, write } from "./dom.js";
import { lang, time, translate, word } from "./words.js";
import { drawProblems, enterProblems, setUpProblems } from "./problems.js";
import { chooseOnBoard, drawBoard, enterBoard, setUpBoard } from "./board.js";
import { openTill, setUpTill } from "./till.js";

const picture = { version: 0, epoch: "", tills: new Map(), byTill: new Map(), problems: [], counts: null, titles: new Map(), query: "" };
const STATES = ["critical", "warning", "unknown", "ok", "closed", "off"];
const search = document.getElementById("search");
let lostSince = null;

function view() {
  const name = location.hash.startsWith("#tills") ? "tills" : "problems";
  for (const section of ["problems", "tills"]) document.getElementById(section).hidden = section !== name;
  for (const anchor of document.querySelectorAll("[data-view]")) {
    if (anchor.dataset.view === name) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  for (const anchor of document.querySelectorAll(".language a")) anchor.hash = name;
  return name;
}

function draw(changed) {
  if (!picture.counts) return;
  if (view() === "tills") drawBoard(picture, changed);
  else drawProblems(picture);
}

const redraw = () => draw(null);

// Each count leads to the tills of its state.
const counts = new Map(STATES.map((state) => {
  const anchor = make("a", { href: "#tills", class: `${state}-state`, onclick: () => toBoard({ state }) });
  return [state, make("li", {}, anchor)];
}));

function drawCounts() {
  const shown = STATES.filter((state) => picture.counts[state] > 0);
  for (const state of shown) write(counts.get(state).firstChild, `${word(state)}: ${picture.counts[state]}`);
  arrange(document.getElementById("counts"), shown.map((state) => counts.get(state)));
  document.title = picture.counts.critical ? `(${picture.counts.critical}) ${word("title")}` : word("title");
}

// A list with a mistake must not look like a list without these tills.
function drawBadLines(lines) {
  const box = document.getElementById("bad-lines");
  box.hidden = lines.length === 0;
  write(document.getElementById("bad-lines-head"), `${word("bad-lines")}: ${lines.length}`);
  arrange(document.getElementById("bad-lines-list"), lines.slice(0, 100).map(([line, fault]) => make("li", { text: `${word("line")} ${line}: ${fault}` })));
}

const lower = (words) => words.filter(Boolean).join("\n").toLowerCase();

// Takes rows, and all problems of these and of whole stores: what is not named has not changed.
function take(news) {
  const at = Date.now();
  for (const till of news.tills) {
    till.words = lower([till.name, till.store, till.type, till.address, ...till.tags, ...till.codes]);
    picture.tills.set(till.name, till);
    picture.byTill.delete(till.name);
  }
  picture.byTill.delete(null);
  for (const problem of news.problems) {
    const till = picture.tills.get(problem.till);
    const title = picture.titles.get(problem.code) ?? problem.code;
    const words = lower([problem.till, problem.store, problem.type, problem.text, problem.code, title, till?.address, ...(till?.tags ?? [])]);
    const list = picture.byTill.get(problem.till) ?? [];
    list.push({ ...problem, title, words, from: at - problem.seconds * 1000 });
    picture.byTill.set(problem.till, list);
  }
  picture.problems = [...picture.byTill.values()].flat();
  picture.counts = news.counts;
}

async function get(path) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(15000) });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return answer.json();
}

async function fetchChanges() {
  const { version, epoch } = picture;
  const news = await get(`/monitor/v1/changes?after=${version}&epoch=${encodeURIComponent(epoch)}&wait=10&lang=${lang}`);
  if (news.epoch !== epoch) {
    // Another list of tills, or another run of the monitor: everything anew.
    picture.titles = new Map(Object.entries(await get(`/monitor/v1/titles?lang=${lang}`)));
    Object.assign(picture, { epoch: news.epoch, version: 0 });
    picture.tills.clear();
    picture.byTill.clear();
    if (version !== 0) return fetchChanges();
  }
  picture.version = news.version;
  if (news.bad_lines) drawBadLines(news.bad_lines);
  if (!news.problems) return null;
  take(news);
  return news.tills;
}

async function follow() {
  for (;;) {
    const begun = Date.now();
    let changed = null;
    try {
      changed = await fetchChanges();
      lostSince = null;
    } catch {
      lostSince ??= new Date().toISOString();
      // Whatever was in the middle of being taken is fetched again.
      picture.version = 0;
    }
    document.body.classList.toggle("lost", lostSince !== null);
    for (const link of document.querySelectorAll(".link")) write(link, lostSince ? `${word("lost")} ${time(lostSince)}` : "");
    if (changed) {
      drawCounts();
      draw(changed);
    }
    // A lively fleet changes all the time: twice a second is enough for people.
    await new Promise((go) => setTimeout(go, lostSince ? 1000 : Math.max(0, 500 - (Date.now() - begun))));
  }
}

function look(text) {
  if (search.value !== text) search.value = text;
  picture.query = text.trim().toLowerCase();
  redraw();
}

// A link to the board brings its filters, and nothing hides what it leads to.
function toBoard(filters) {
  chooseOnBoard(filters);
  look("");
}

function keys(event) {
  const typing = event.target.matches("input, select");
  if (event.key === "/" && !typing && !document.querySelector("dialog[open]")) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.target === search && event.key === "Escape" && search.value) {
    event.preventDefault();
    look("");
  } else if (event.target === search && (event.key === "Enter" || event.key === "ArrowDown")) {
    event.preventDefault();
    if (view() === "tills") enterBoard();
    else enterProblems();
  }
}

translate();
const open = (name) => openTill(name, picture);
setUpProblems(redraw, open, (store) => toBoard({ store }));
setUpBoard(redraw, open);
setUpTill();
search.title = word("search-keys");
search.addEventListener("input", () => look(search.value));
// All tills are all of them, whatever was looked for before.
document.querySelector("a[data-view=tills]").addEventListener("click", () => toBoard({}));
addEventListener("hashchange", () => {
  // A link to a view scrolls to it, and its head would be gone; and a link of the other view has the
  // keyboard no more.
  scrollTo(0, 0);
  redraw();
  if (document.activeElement.matches("body, [hidden] *")) document.getElementById("main").focus({ preventScroll: true });
});
addEventListener("keydown", keys);
// Durations go on between changes.
setInterval(() => view() === "problems" && redraw(), 5000);
view();
follow();
