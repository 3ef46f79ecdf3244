// What is wrong, grouped as shop staff think: by problem, or by store. Rows are kept and only rewritten.
import { arrange, keepingFocus, make, write } from "./dom.js";
import { lasts, time, word } from "./words.js";

// So many rows of a group are drawn, and so many groups; more when they are asked for.
const MOST = 100;
const groups = document.getElementById("groups");
const none = document.getElementById("none");
const more = make("button", { type: "button", class: "more", onclick: () => showWhole("") });
const whole = new Set();
let boxes = new Map();
let rows = new Map();
let redraw;

const choice = (id) => document.getElementById(id).value;
export const natural = new Intl.Collator(undefined, { numeric: true }).compare;

export function setUpProblems(again, openTill, openStore) {
  redraw = again;
  for (const id of ["group", "severity", "sort"]) document.getElementById(id).addEventListener("change", redraw);
  groups.after(more);
  groups.addEventListener("click", (event) => {
    const { till, store } = event.target.closest("button, a")?.dataset ?? {};
    if (till !== undefined) openTill(till);
    else if (store !== undefined) openStore(store);
  });
  groups.addEventListener("keydown", walk);
}

function showWhole(key) {
  whole.add(key);
  redraw();
}

const byName = (one, other) => natural(one.till ?? one.store, other.till ?? other.store);
const ORDER = {
  longest: (one, other) => one.from - other.from || byName(one, other),
  newest: (one, other) => other.from - one.from || byName(one, other),
  name: byName,
};
const critical = (list) => list.some((problem) => problem.severity === "critical");
// What is wrong with whole stores comes first.
const rank = (list) => critical(list) + list.some((problem) => problem.till === null);

export function drawProblems(picture) {
  const [severity, by] = [choice("severity"), choice("group")];
  const found = picture.problems.filter((problem) => (!severity || problem.severity === severity) && problem.words.includes(picture.query));
  const grouped = new Map();
  for (const problem of found) {
    const key = by === "code" ? problem.code : problem.store;
    if (!grouped.has(key)) grouped.set(key, []);
    grouped.get(key).push(problem);
  }
  const sorted = [...grouped].sort(([a, one], [b, other]) => rank(other) - rank(one) || other.length - one.length || natural(a, b));
  none.hidden = sorted.length > 0;
  write(none, picture.problems.length ? word("none-found") : word("no-problems"));
  const shown = whole.has("") ? sorted : sorted.slice(0, MOST);
  more.hidden = shown.length === sorted.length;
  write(more, `${word("show-all")} (${sorted.length})`);
  const [oldBoxes, oldRows] = [boxes, rows];
  [boxes, rows] = [new Map(), new Map()];
  const list = () => arrange(groups, shown.map(([key, list]) => group(oldBoxes, oldRows, by, key, list)));
  const around = document.activeElement.closest("details");
  keepingFocus(list, () => (groups.contains(around) ? around.querySelector("summary") : enter()));
}

function group(oldBoxes, oldRows, by, key, list) {
  const id = `${by} ${key}`;
  const box = oldBoxes.get(id) ?? newGroup(id);
  boxes.set(id, box);
  const severity = critical(list) ? "critical" : "warning";
  box.details.className = `group ${severity}`;
  write(box.name, by === "code" ? list[0].title : key ? `${word("store")} ${key}` : word("no-store"));
  write(box.number, `(${list.length})`);
  write(box.severity, word(severity));
  list.sort(ORDER[choice("sort")]);
  const shown = whole.has(id) ? list : list.slice(0, MOST);
  arrange(box.list, shown.map((problem) => row(oldRows, by, problem)));
  box.more.hidden = shown.length === list.length;
  write(box.more, `${word("show-all")} (${list.length})`);
  return box.details;
}

function newGroup(id) {
  const box = {
    name: make("span"),
    number: make("span", { class: "number" }),
    severity: make("span", { class: "word" }),
    list: make("ul", { class: "rows" }),
    more: make("button", { type: "button", class: "more", onclick: () => showWhole(id) }),
  };
  box.details = make("details", { open: "" }, make("summary", {}, box.name, box.number, box.severity), box.list, box.more);
  return box;
}

function row(oldRows, by, problem) {
  const id = JSON.stringify([problem.code, problem.till, problem.store, problem.source]);
  const kept = oldRows.get(id) ?? newRow(problem);
  rows.set(id, kept);
  const store = by === "code" && problem.store && !problem.till?.includes(problem.store) ? ` · ${problem.store}` : "";
  write(kept.who, problem.till === null ? `${problem.store}: ${word("whole")}` : problem.till + store);
  write(kept.age, lasts((Date.now() - problem.from) / 1000));
  write(kept.text, by === "code" ? problem.text : sentence(problem));
  return kept.item;
}

// The title is not said twice. It may be all that is in the reader's language.
export function sentence({ title, text }) {
  return text.toLowerCase().includes(title.toLowerCase()) ? text : `${title}. ${text}`;
}

function newRow(problem) {
  const who = problem.till === null
    ? make("a", { href: "#tills", "data-store": problem.store })
    : make("button", { type: "button", "data-till": problem.till });
  const age = make("span", { class: "for", title: `${word("since")} ${time(problem.since ?? problem.seen_at)}` });
  const text = make("p");
  return { who, age, text, item: make("li", { "data-code": problem.code }, who, age, text) };
}

const stops = () => [...groups.querySelectorAll("summary, details[open] :is(.rows button, .rows a, .more:not([hidden]))")];
const enter = () => stops()[0] ?? document.getElementById("main");

// The first row that is found.
export function enterProblems() {
  (groups.querySelector("details[open] :is(.rows button, .rows a)") ?? enter()).focus();
}

// Arrows walk over heads and rows; Tab does too, and leaves.
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const all = stops();
  const at = all.indexOf(event.target);
  if (at < 0) return;
  event.preventDefault();
  all[at + step]?.focus();
}
