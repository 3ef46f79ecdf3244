// The page of the monitor by keyboard alone. `clear` ends the problem of the till.
import { until } from "./browser.mjs";

const active = (page) => page.evaluate(() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  return {
    what: element.id || element.dataset.view || element.dataset.till || element.dataset.store || element.className || element.tagName.toLowerCase(),
    outlined: style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2,
    body: element === document.body,
  };
});

export async function walk(page, till, clear, expect) {
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
    return (await active(page)).what;
  };
  await page.locator(`#groups [data-till="${till}"]`).first().waitFor();

  // Tab comes to everything, and one sees where it is.
  const way = [];
  for (let step = 0; step < 16; step += 1) {
    await page.keyboard.press("Tab");
    way.push(await active(page));
  }
  expect("the way of Tab", way.map((one) => one.what).join(" "), /^skip .*problems tills search .*group severity sort problems-csv summary 99/);
  expect("where the outline is missing", way.filter((one) => !one.outlined).map((one) => one.what).join(" "), "");

  // From the search to what it finds, and into a till and back.
  expect("/ goes to the search", await press("/"), "search");
  await page.keyboard.type(till);
  const found = await press("Enter");
  expect("Enter goes to what is found", found, till);
  await press("Enter");
  await page.locator("#till dl").last().waitFor();
  expect("Enter opens the till, and the keyboard is in it", await active(page).then((one) => one.what), "close");
  await press("Escape");
  expect("Escape closes it", await page.locator("#till").isVisible(), false);
  await until("it gives the keyboard back", async () => (await active(page)).what !== "close", 2000);
  expect("and gives the keyboard back", (await active(page)).what, till);
  await press("Enter");
  await clear();
  await until("the problem is over while its till is looked at", async () => !(await page.locator(`#groups [data-till="${till}"]`).count()), 30000);
  await press("Escape");
  // The browser tells that the dialog is closed a moment after the key.
  const lost = (one) => one.body || one.what === "close";
  const after = await until("the keyboard is not lost with the row", async () => !lost(await active(page)), 2000).then(() => active(page));
  expect("when the row is gone, the keyboard is at", after.what, "main");
  await press("/");
  await press("Escape");
  expect("Escape clears the search", await page.locator("#search").inputValue(), "");
  await press("ArrowDown", "ArrowUp");
  expect("arrows walk over the problems", (await active(page)).what, "summary");

  // From the problem of a whole store to its tills, and over the board.
  await press("/");
  await page.keyboard.type("99");
  expect("the problem of a store", await press("Enter"), "99");
  await press("Enter");
  await until("it leads to the board", () => page.locator("#tills").isVisible(), 2000);
  await until("the keyboard is there", async () => (await active(page)).what === "main", 2000);
  await press("/", "Enter");
  expect("the first of its tills", (await active(page)).what, "99/1");
  expect("to the right", await press("ArrowRight"), "99/2");
  await page.locator("#store").selectOption("");
  await press("/");
  const first = await press("ArrowDown");
  const below = await press("ArrowDown");
  expect("down goes to the next store", below.split("/")[0] !== first.split("/")[0], true);
  expect("up goes back", await press("ArrowUp"), first);
  await press("End");
  expect("to the first", await press("Home"), first);
  await press("Tab");
  await press("Shift+Tab");
  expect("Tab leaves the board and comes back to the same till", (await active(page)).what, first);
  await press("Enter");
  await page.locator("#till dl").last().waitFor();
  await press("Escape");
  expect("a till of the board gives the keyboard back", (await active(page)).what, first);
}
