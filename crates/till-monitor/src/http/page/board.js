// All tills as a dense board: a cell a till, a line a store. Cells are kept and only repainted.
import { make, word } from "./words.js";
import { natural } from "./problems.js";

const board = document.getElementById("board");
const found = document.getElementById("found");
const state = document.getElementById("state");
const cells = new Map();
const lines = new Map();
let epoch = null;
let open;

export function setUpBoard(redraw, openTill) {
  open = openTill;
  for (const name of ["critical", "warning", "unknown", "ok", "closed", "off"]) state.append(make("option", { value: name, text: word(name) }));
  state.addEventListener("change", redraw);
  board.addEventListener("click", (event) => {
    const cell = event.target.closest(".cell");
    if (cell) open(cell.dataset.till);
  });
  board.addEventListener("keydown", walk);
}

export function drawBoard(picture, changed) {
  if (epoch !== picture.epoch || cells.size !== picture.tills.size) {
    build(picture);
    changed = null;
  }
  for (const till of changed ?? picture.tills.values()) paint(till);
  filter(picture);
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
  for (const [store, tills] of sorted) {
    tills.sort((one, other) => natural(one.name, other.name));
    const line = make("div", { class: "store", role: "group", "aria-label": store || word("no-store") });
    const box = make("div", { class: "cells" });
    for (const till of tills) {
      const cell = make("button", { type: "button", "data-till": till.name, tabindex: "-1", text: till.name });
      cells.set(till.name, cell);
      box.append(cell);
    }
    line.append(make("h3", { text: store || word("no-store") }), box);
    lines.set(store, line);
  }
  board.replaceChildren(...lines.values());
  cells.values().next().value?.setAttribute("tabindex", "0");
}

function paint(till) {
  const cell = cells.get(till.name);
  if (!cell) return;
  const look = `cell ${till.state}-state`;
  if (cell.className !== look) {
    cell.className = look;
    cell.setAttribute("aria-label", `${till.name}: ${word(till.state)}`);
    cell.title = word(till.state);
  }
}

function filter(picture) {
  const wanted = state.value;
  let shown = 0;
  const seen = new Set();
  for (const till of picture.tills.values()) {
    const words = [till.name, till.store, till.type, till.address, ...till.tags, ...till.codes];
    const fits = (!wanted || till.state === wanted) && (!picture.query || words.some((text) => text.toLowerCase().includes(picture.query)));
    const cell = cells.get(till.name);
    if (cell.hidden === fits) cell.hidden = !fits;
    if (fits) {
      shown += 1;
      seen.add(till.store);
    }
  }
  for (const [store, line] of lines) if (line.hidden === seen.has(store)) line.hidden = !seen.has(store);
  found.textContent = shown === picture.tills.size ? String(shown) : `${shown} ${word("of")} ${picture.tills.size}`;
}

// Arrows walk over the cells; Tab leaves the board.
function walk(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: "down", ArrowUp: "up", Home: "first", End: "last" }[event.key];
  const cell = event.target.closest(".cell");
  if (!step || !cell) return;
  event.preventDefault();
  const shown = [...cells.values()].filter((one) => !one.hidden);
  const at = shown.indexOf(cell);
  let next;
  if (step === "first") next = shown[0];
  else if (step === "last") next = shown.at(-1);
  else if (step === "down" || step === "up") {
    const line = cell.closest(".store");
    const other = sibling(line, step === "down" ? "nextElementSibling" : "previousElementSibling");
    next = other?.querySelector(".cell:not([hidden])");
  } else next = shown[at + step];
  if (!next) return;
  cell.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
}

function sibling(line, way) {
  let other = line[way];
  while (other?.hidden) other = other[way];
  return other;
}
