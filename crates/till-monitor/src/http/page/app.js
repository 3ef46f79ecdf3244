// The present picture is fetched as it changes; each view draws itself from it.
import { lang, make, time, translate, word } from "./words.js";
import { drawProblems, setUpProblems } from "./problems.js";
import { drawBoard, setUpBoard } from "./board.js";
import { openTill, setUpTill } from "./till.js";

const picture = { version: 0, epoch: null, tills: new Map(), problems: [], counts: null, titles: {}, query: "", at: Date.now() };
const link = document.getElementById("link");
const search = document.getElementById("search");
let lostSince = null;

function view() {
  const name = location.hash.startsWith("#tills") ? "tills" : "problems";
  for (const section of ["problems", "tills"]) document.getElementById(section).hidden = section !== name;
  for (const anchor of document.querySelectorAll("[data-view]")) {
    if (anchor.dataset.view === name) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  return name;
}

function draw(changed) {
  if (view() === "tills") drawBoard(picture, changed);
  else drawProblems(picture);
}

function drawCounts() {
  const states = ["critical", "warning", "unknown", "ok", "closed", "off"].filter((state) => picture.counts[state] > 0);
  document.getElementById("counts").replaceChildren(
    ...states.map((state) => make("li", { class: `${state}-state`, text: `${picture.counts[state]} ${word(state)}` })),
  );
}

async function fetchChanges() {
  const answer = await fetch(`/monitor/v1/changes?after=${picture.version}&wait=20&lang=${lang}`, { signal: AbortSignal.timeout(30000) });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const news = await answer.json();
  if (news.epoch !== picture.epoch) {
    // Another list of tills, or another run of the monitor: everything anew.
    const first = picture.epoch === null;
    picture.epoch = news.epoch;
    picture.tills.clear();
    if (picture.version !== 0 || !first) {
      picture.version = 0;
      return fetchChanges();
    }
  }
  picture.version = news.version;
  picture.at = Date.now();
  if (!news.problems) return null;
  for (const till of news.tills) picture.tills.set(till.name, till);
  picture.problems = news.problems.map((problem) => ({ ...problem, from: picture.at - problem.seconds * 1000 }));
  picture.counts = news.counts;
  return news.tills;
}

async function follow() {
  for (;;) {
    const begun = Date.now();
    try {
      const changed = await fetchChanges();
      lostSince = null;
      link.className = "link";
      link.textContent = "";
      if (changed) {
        drawCounts();
        draw(changed);
      }
      // A lively fleet changes all the time: twice a second is enough for people.
      await new Promise((go) => setTimeout(go, Math.max(0, 500 - (Date.now() - begun))));
    } catch {
      lostSince ??= new Date().toISOString();
      link.className = "link lost";
      link.textContent = `${word("lost")} ${time(lostSince)}`;
      await new Promise((go) => setTimeout(go, 1000));
    }
  }
}

function keys(event) {
  const typing = event.target.matches("input, select");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape" && event.target === search && search.value) {
    search.value = "";
    search.dispatchEvent(new Event("input"));
  }
}

translate();
const redraw = () => draw(null);
const open = (name) => openTill(name, picture);
setUpProblems(redraw, open);
setUpBoard(redraw, open);
setUpTill();
search.addEventListener("input", () => {
  picture.query = search.value.trim().toLowerCase();
  redraw();
});
addEventListener("hashchange", redraw);
addEventListener("keydown", keys);
// Durations go on between changes.
setInterval(() => view() === "problems" && picture.counts && drawProblems(picture), 5000);
view();
picture.titles = await fetch(`/monitor/v1/titles?lang=${lang}`).then((answer) => answer.json()).catch(() => ({}));
follow();
