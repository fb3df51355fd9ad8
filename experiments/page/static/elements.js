/** Making what stands on the page. */

import { say } from "page/words.js";

const SVG = "http://www.w3.org/2000/svg",
  REACHED = "button, input, select, a, summary, [tabindex]";

/** An element with a text, attributes and what is inside. */
export function element(tag, { text = "", data = {}, ...attributes } = {}, ...inside) {
  const made = Object.assign(document.createElement(tag), attributes);
  if (text) made.textContent = text;
  Object.assign(made.dataset, data);
  made.append(...inside);
  return made;
}

/** A button that says what it does. */
export function button(label, text, onclick, className = "") {
  return element("button", { type: "button", text, className, ariaLabel: say(label), title: say(label), onclick });
}

/** An element of a drawing. */
export function svg(tag, attributes = {}, ...inside) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...inside);
  return made;
}

const nameOf = (each) => each.id || each.getAttribute("aria-label") || each.textContent;

/** Put other things into an element; whoever was on one of them by the keyboard is on its like afterwards. */
export function refill(root, ...inside) {
  const had = root.contains(document.activeElement) ? nameOf(document.activeElement) : null;
  root.replaceChildren(...inside);
  if (had === null) return;
  const like = Array.from(root.querySelectorAll(REACHED)).find((each) => nameOf(each) === had && !each.disabled);
  if (!like) root.tabIndex = -1;
  (like ?? root).focus({ preventScroll: true });
}
