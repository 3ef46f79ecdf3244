// The service makes the page; here it is fetched again each second, and what is shown is replaced.
"use strict";
const page = document.getElementById("page");
const lost = document.getElementById("lost");
let last = new Date();

async function refresh() {
  try {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(3000) });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const content = fresh.getElementById("page");
    if (!content) throw new Error("no page");
    // What has the keyboard keeps it: only what differs is replaced.
    merge(page, content);
    document.title = fresh.title;
    last = new Date();
    lost.hidden = true;
    page.classList.remove("gone");
  } catch {
    lost.textContent = `${document.body.dataset.lost} ${last.toLocaleTimeString(document.documentElement.lang)}`;
    lost.hidden = false;
    page.classList.add("gone");
  }
  setTimeout(refresh, 1000);
}

function merge(old, fresh) {
  const before = [...old.children];
  const after = [...fresh.children];
  if (before.length !== after.length || before.some((one, at) => one.tagName !== after[at].tagName)) {
    old.replaceChildren(...after);
    return;
  }
  before.forEach((one, at) => one.isEqualNode(after[at]) || one.replaceWith(after[at]));
}

setTimeout(refresh, 1000);
