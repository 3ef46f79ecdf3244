// All tills as a dense board: a cell a till, a line a store. Cells are kept and only repainted.
import { keepingFocus, make, write } from "./dom.js";
import { word } from "./words.js";
import { natural } from "./problems.js";

const board = document.getElementById("board");
const found = document.getElementById("found");
const none = document.getElementById("none-found");
const state = document.getElementById("state");
const store = document.getElementById("store");
const cells = new Map();
const lines = new Map();
let epoch = null;
// The cell that Tab comes to.
let stop;
// The store that is chosen once the board is built.
let chosen = "";

export function setUpBoard(redraw, open) {
  for (const name of ["critical", "warning", "unknown", "ok", "closed", "off"]) state.append(make("option", { value: name, text: word(name) }));
  state.addEventListener("change", redraw);
  store.addEventListener("change", redraw);
  board.addEventListener("click", (event) => {
    const cell = event.target.closest(".cell");
    if (cell) open(cell.dataset.till);
  });
  board.addEventListener("focusin", (event) => stopAt(event.target.closest(".cell")));
  board.addEventListener("keydown", walk);
}

// Sets the filters, without drawing; the board may not be built yet.
export function chooseOnBoard(wanted) {
  state.value = wanted.state ?? "";
  chosen = wanted.store ?? "";
  store.value = chosen;
}

export function drawBoard(picture, changed) {
  keepingFocus(() => {
    if (epoch !== picture.epoch || cells.size !== picture.tills.size) {
      build(picture);
      changed = null;
    }
    for (const till of changed ?? picture.tills.values()) paint(till, picture);
    filter(picture);
  }, () => stop ?? document.getElementById("main"));
}

function build(picture) {
  epoch = picture.epoch;
  cells.clear();
  lines.clear();
  const stores = new Map();
  for (const till of picture.tills.values()) {
    if (!stores.has(till.store)) stores.set(till.store, []);
    stores.get(till.store).push(till);
  }
  const sorted = [...stores].sort(([one], [other]) => natural(one, other));
  for (const [name, tills] of sorted) {
    tills.sort((one, other) => natural(one.name, other.name));
    const box = make("div", { class: "cells" });
    for (const till of tills) {
      const cell = make("button", { type: "button", "data-till": till.name, tabindex: "-1", text: till.name });
      cells.set(till.name, cell);
      box.append(cell);
    }
    const line = make("div", { class: "store", role: "group", "aria-label": name ? `${word("store")} ${name}` : word("no-store") });
    line.append(make("h3", { text: name || word("no-store") }), box);
    lines.set(name, line);
  }
  const named = sorted.filter(([name]) => name).map(([name]) => make("option", { value: name, text: name }));
  const before = store.value || chosen;
  store.replaceChildren(make("option", { value: "", text: word("all-stores") }), ...named);
  store.value = stores.has(before) ? before : "";
  chosen = "";
  board.replaceChildren(...lines.values());
}

function paint(till, picture) {
  const cell = cells.get(till.name);
  const codes = till.codes.map((code) => picture.titles.get(code) ?? code).join(", ");
  const says = `${word(till.state)}${codes ? `: ${codes}` : ""}`;
  if (cell.title === says) return;
  cell.className = `cell ${till.state}-state`;
  cell.setAttribute("aria-label", `${till.name}: ${says}`);
  cell.title = says;
}

function filter(picture) {
  let shown = 0;
  let first = null;
  const seen = new Set();
  for (const [name, cell] of cells) {
    const till = picture.tills.get(name);
    const fits = (!state.value || till.state === state.value) && (!store.value || till.store === store.value) && till.words.includes(picture.query);
    if (cell.hidden === fits) cell.hidden = !fits;
    if (!fits) continue;
    first ??= cell;
    shown += 1;
    seen.add(till.store);
  }
  for (const [name, line] of lines) if (line.hidden === seen.has(name)) line.hidden = !seen.has(name);
  if (!stop?.isConnected || stop.hidden) stopAt(first);
  none.hidden = shown > 0;
  write(found, shown === picture.tills.size ? String(shown) : `${shown} ${word("of")} ${picture.tills.size}`);
}

function stopAt(cell) {
  if (!cell) return;
  stop?.setAttribute("tabindex", "-1");
  stop = cell;
  stop.setAttribute("tabindex", "0");
}

// The first till that is found.
export function enterBoard() {
  board.querySelector(".store:not([hidden]) .cell:not([hidden])")?.focus();
}

// Arrows walk over the cells; Tab leaves the board.
function walk(event) {
  const cell = event.target.closest(".cell");
  if (!cell) return;
  const shown = (within) => [...(within?.querySelectorAll(".cell:not([hidden])") ?? [])];
  const all = () => shown(board).filter((one) => !one.closest(".store").hidden);
  const beside = (step) => { const list = all(); return list[list.indexOf(cell) + step]; };
  const line = cell.closest(".store");
  // The same place in the line above or below on the screen, as far as that one reaches.
  const over = (step) => {
    const columns = getComputedStyle(board).gridTemplateColumns.split(" ").length;
    const visible = [...lines.values()].filter((one) => !one.hidden);
    const list = shown(visible[visible.indexOf(line) + step * columns]);
    return list[Math.min(shown(line).indexOf(cell), list.length - 1)];
  };
  const next = {
    ArrowRight: () => beside(1), ArrowLeft: () => beside(-1), Home: () => all()[0], End: () => all().at(-1),
    ArrowDown: () => over(1), ArrowUp: () => over(-1),
  }[event.key];
  if (!next) return;
  event.preventDefault();
  next()?.focus();
}
