// One till in detail, with its last hours.
import { make } from "./dom.js";
import { sentence } from "./problems.js";
import { lang, time, word } from "./words.js";

const dialog = document.getElementById("till");
const body = document.getElementById("till-body");
let timer = null;
let shown = null;

export function setUpTill() {
  document.getElementById("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    clearInterval(timer);
    // The browser gives the keyboard back, unless what had it is gone.
    if (document.activeElement.matches("body, #till *")) document.getElementById("main").focus({ preventScroll: true });
    shown = null;
  });
}

export function openTill(name, picture) {
  shown = name;
  document.getElementById("till-name").textContent = name;
  body.replaceChildren(make("p", { text: word("loading") }));
  dialog.showModal();
  dialog.scrollTop = 0;
  const load = async () => {
    try {
      const answer = await fetch(`/monitor/v1/till?name=${encodeURIComponent(name)}&lang=${lang}`, { signal: AbortSignal.timeout(5000) });
      const till = answer.status === 404 ? null : await answer.json();
      if (shown !== name || isMarked()) return;
      if (till) draw(till, picture);
      else body.replaceChildren(make("p", { text: word("gone") }));
    } catch {
      // The head of the page says that the monitor is gone.
    }
  };
  load();
  clearInterval(timer);
  timer = setInterval(load, 2000);
}

// Somebody is about to copy what is marked.
function isMarked() {
  const selection = getSelection();
  return !selection.isCollapsed && body.contains(selection.anchorNode);
}

const NAMES = ["last_receipt_time", "downtime", "user_role_id", "ofd", "paper", "vision", "weight"];
const EMPTY = { last_receipt_time: "no-receipt", downtime: "open-receipt", user_role_id: "nobody", paper: "no", vision: "no", weight: "open-receipt" };

function value(name, said) {
  if (said === "unasked") return make("dd", { class: "unknown-word", text: word("unasked") });
  if (said === "none") return make("dd", { text: word(EMPTY[name] ?? "no"), class: name === "paper" || name === "vision" ? "critical-text" : undefined });
  if ("value" in said) {
    const text = said.value;
    if (name === "last_receipt_time" || name === "downtime") return make("dd", { text: time(text) });
    if (name === "paper" || name === "vision") return make("dd", { text: word("yes") });
    return make("dd", { text: name === "weight" ? `${text} ${word("kg")}` : text });
  }
  const [kind, why] = "unknown" in said ? ["unknown", said.unknown] : ["lacking", said.lacking];
  return make("dd", { class: "unknown-word", text: `${word(kind)}${why ? `: ${why}` : ""}` });
}

function draw(till, picture) {
  const line = (name, text) => (text ? [make("dt", { text: word(name) }), make("dd", { text })] : []);
  const problems = till.problems.map(({ code, severity, text, since, seen_at }) => {
    const says = sentence({ title: picture.titles.get(code) ?? code, text });
    return make("p", { class: `problem ${severity}-state`, text: `${says} (${word("since")} ${time(since ?? seen_at)})` });
  });
  const devices = (till.details?.devices ?? []).map(([name, state]) => `${word(name)}: ${word(state)}`).join(", ");
  body.replaceChildren(
    ...problems,
    make("dl", {}, ...line("failure", till.failure)),
    make("h3", { text: word("values") }),
    make("dl", {}, ...NAMES.flatMap((name, at) => [make("dt", { text: word(name) }), value(name, till.values[at])])),
    make("h3", { text: word("history") }),
    ...charts(till.history),
    make("p", { class: "axis" }, make("span", { text: word("hours-ago") }), make("span", { text: word("now") })),
    make("dl", {},
      ...line("store", till.store), ...line("type", till.type), ...line("address", till.address), ...line("tags", till.tags.join(" ")),
      ...line("heard", time(till.heard)), ...line("latency", till.latency_ms === null ? "" : `${till.latency_ms} ${word("ms")}`),
      ...line("kkt", till.details?.kkt), ...line("devices", devices), ...line("version", till.details?.version),
      ...line("clock", till.details?.till_time ? time(till.details.till_time) : ""),
      ...line("polls", `${till.polls}, ${word("failed")} ${till.failures}`)),
  );
}

const MINUTES = 360;
const SVG = "http://www.w3.org/2000/svg";

function charts(history) {
  const last = Math.floor(Date.now() / 60000);
  const most = (of) => Math.max(1, ...history.map((minute) => of(minute) ?? 0));
  const share = (minute) => (100 * minute.answered) / Math.max(1, minute.polls);
  const bars = (name, of, top, bad) => chart(name, history, last, (minute) => of(minute) === null ? null : [of(minute) / top, bad?.(minute) ? "bad" : "bar"], `${word("max")} ${Math.round(most(of))}`);
  const strip = (name, of, goodIsTrue) => chart(name, history, last, (minute) => of(minute) === null ? null : [1, of(minute) ? (goodIsTrue ? "good" : "bar") : (goodIsTrue ? "bad" : "none")], "", 12);
  return [
    bars("answered", share, 100, (minute) => minute.answered < minute.polls),
    bars("latency-chart", (minute) => minute.latency, most((minute) => minute.latency)),
    bars("ofd", (minute) => minute.ofd, most((minute) => minute.ofd)),
    strip("paper", (minute) => minute.paper, true),
    strip("vision", (minute) => minute.vision, true),
    strip("receipt", (minute) => minute.receipt, false),
  ];
}

// A bar a minute, the present one at the right; where nothing is known there is none.
function chart(name, history, last, look, note, height = 46) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "chart");
  svg.setAttribute("viewBox", `0 0 ${MINUTES} ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${word(name)} ${note}`);
  svg.setAttribute("height", height);
  for (const minute of history) {
    const seen = look(minute);
    const x = MINUTES - 1 - (last - minute.minute);
    if (!seen || x < 0) continue;
    const tall = Math.max(1, seen[0] * height);
    const bar = document.createElementNS(SVG, "rect");
    for (const [key, text] of Object.entries({ x, y: height - tall, width: 1, height: tall, class: seen[1] })) bar.setAttribute(key, text);
    svg.append(bar);
  }
  return make("figure", {}, make("figcaption", {}, make("span", { text: word(name) }), make("span", { text: note })), svg);
}
