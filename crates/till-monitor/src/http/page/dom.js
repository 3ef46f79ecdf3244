// Elements: made of texts alone, and kept where they are as long as they are shown.

// An element with a text: the only way in which what a till said comes into the page.
export function make(tag, options = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null) continue;
    if (name === "text") element.textContent = value;
    else if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// Writes a text where it is another: what stays is not said again, nor is a selection in it lost.
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Makes these the children, in this order. Those that are there already are not touched: they keep
// the keyboard, and a long list costs only what has changed in it.
export function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let at = parent.firstElementChild;
  for (const child of children) {
    if (child === at) at = at.nextElementSibling;
    else parent.insertBefore(child, at);
  }
}

// Does something to the page, and gives the keyboard back to what had it; when that is gone, to `heir`.
export function keepingFocus(change, heir) {
  const had = document.activeElement;
  change();
  if (had === document.body) return;
  const next = had.isConnected && had.checkVisibility() ? had : heir();
  if (next !== document.activeElement) next?.focus();
}
