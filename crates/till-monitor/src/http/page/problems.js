// What is wrong, grouped as shop staff think: by problem, or by store.
import { lasts, make, word } from "./words.js";

const MOST = 100;
const groups = document.getElementById("groups");
const none = document.getElementById("none");
const shut = new Set();
const whole = new Set();
let open;
let redraw;

const choice = (id) => document.getElementById(id).value;

export function setUpProblems(again, openTill) {
  open = openTill;
  redraw = again;
  for (const id of ["group", "severity", "sort"]) document.getElementById(id).addEventListener("change", redraw);
}

const title = (picture, code) => picture.titles[code] ?? code;

function matches(picture, problem) {
  const severity = choice("severity");
  if (severity && problem.severity !== severity) return false;
  if (!picture.query) return true;
  const till = picture.tills.get(problem.till);
  const words = [problem.till, problem.store, problem.type, problem.text, problem.code, title(picture, problem.code), till?.address, ...(till?.tags ?? [])];
  return words.some((text) => text?.toLowerCase().includes(picture.query));
}

const ORDER = {
  longest: (one, other) => one.from - other.from,
  newest: (one, other) => other.from - one.from,
  name: (one, other) => natural(one.till ?? one.store, other.till ?? other.store),
};
export const natural = new Intl.Collator(undefined, { numeric: true }).compare;

export function drawProblems(picture) {
  if (!picture.counts) return;
  const found = picture.problems.filter((problem) => matches(picture, problem));
  const by = choice("group");
  const grouped = new Map();
  for (const problem of found) {
    const key = by === "code" ? problem.code : problem.store;
    if (!grouped.has(key)) grouped.set(key, []);
    grouped.get(key).push(problem);
  }
  const worst = (list) => (list.some((problem) => problem.severity === "critical") ? 0 : 1);
  const sorted = [...grouped].sort(([a, one], [b, other]) => worst(one) - worst(other) || other.length - one.length || natural(a, b));
  none.hidden = sorted.length > 0;
  none.textContent = picture.problems.length ? word("none-found") : word("no-problems");
  // What has the keyboard keeps it: groups are kept by their key, rows by theirs.
  const focus = document.activeElement?.closest?.("[data-row]")?.dataset.row;
  groups.replaceChildren(...sorted.map(([key, list]) => group(picture, by, key, list)));
  if (focus) groups.querySelector(`[data-row="${CSS.escape(focus)}"]`)?.querySelector("button, summary")?.focus();
}

function group(picture, by, key, list) {
  list.sort(ORDER[choice("sort")]);
  const name = by === "code" ? title(picture, key) : key ? `${word("store")} ${key}` : word("no-store");
  const severity = list.some((problem) => problem.severity === "critical") ? "critical" : "warning";
  const shown = whole.has(key) ? list : list.slice(0, MOST);
  const box = make(
    "details",
    { class: `group ${severity}`, "data-row": `group ${key}`, "data-key": key },
    make("summary", { text: name }, make("span", { class: "number", text: `(${list.length})` }), make("span", { class: "word", text: word(severity) })),
    make("ul", { class: "rows" }, ...shown.map((problem) => row(picture, by, problem))),
  );
  box.open = !shut.has(key);
  box.addEventListener("toggle", () => (box.open ? shut.delete(key) : shut.add(key)));
  if (shown.length < list.length) {
    const all = () => {
      whole.add(key);
      redraw();
    };
    box.append(make("button", { type: "button", class: "more", text: `${word("show-all")} (${list.length})`, onclick: all }));
  }
  return box;
}

function row(picture, by, problem) {
  const seconds = (Date.now() - problem.from) / 1000;
  const store = by === "code" && problem.store && !problem.till?.includes(problem.store) ? ` · ${problem.store}` : "";
  const who = problem.till
    ? make("button", { type: "button", text: problem.till + store, onclick: () => open(problem.till) })
    : make("span", { text: `${problem.store}: ${word("whole")}` });
  const text = by === "code" ? problem.text : `${title(picture, problem.code)}. ${problem.text}`;
  return make(
    "li",
    { "data-row": `${problem.code} ${problem.till ?? problem.store} ${problem.source}`, "data-code": problem.code, "data-till": problem.till },
    who,
    make("span", { class: "for", text: lasts(seconds) }),
    make("p", { text }),
  );
}
