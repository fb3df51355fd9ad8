/** Beside the map: the numbers at the hour as a funnel, and what marks mean. */

import { SHAPES, STATES, drawMark } from "page/looks.js";
import { number, say } from "page/words.js";

/** What no city knows, and so does not stand in its view. */
const UNKNOWN = new Set(["occurred", "unseen"]);
const FUNNEL = ["occurred", "found", "settled", "filed", "closed", "on_time"], NOW = ["open", "unseen"];
const MARK_PX = 18;

export class Numbers {
  constructor(root) {
    this.root = root;
  }

  /** Build the rows anew, in the language that is spoken now. */
  relabel() {
    this.rows = {};
    const row = (name, kind) => {
      const made = document.createElement("p");
      made.className = `${kind} ${name}`;
      made.innerHTML = "<span></span><b></b><i></i>";
      made.firstChild.textContent = say(`count_${name}`);
      made.title = say(`count_${name}_means`);
      this.rows[name] = made;
      return made;
    };
    const now = document.createElement("div");
    now.className = "now";
    now.append(...NOW.map((name) => row(name, "tile")));
    this.root.replaceChildren(now, ...FUNNEL.map((name) => row(name, "bar")));
  }

  /** Bars are as long as the whole if they count `most`. */
  at(numbers, most, everything) {
    for (const [name, row] of Object.entries(this.rows)) {
      const [, value, bar] = row.children, known = everything || !UNKNOWN.has(name);
      row.dataset.value = numbers[name];
      value.textContent = known ? number(numbers[name]) : say("not_known");
      bar.style.transform = `scaleX(${known && most ? numbers[name] / most : 0})`;
    }
  }
}

/** What shapes and colours mean. */
export function drawLegend(root, history) {
  const there = new Set(history.categories.map(({ domain }) => domain));
  const shapes = SHAPES.filter((shape) => there.has(shape));
  const list = (heading, entries) => {
    const title = document.createElement("h2"), made = document.createElement("ul");
    title.textContent = heading;
    made.append(...entries.map(([shape, state, text]) => {
      const item = document.createElement("li");
      item.append(markOf(shape, state), text);
      return item;
    }));
    return [title, made];
  };
  root.replaceChildren(
    ...list(say("how_far"), Object.keys(STATES).map((state) => [shapes[0], state, say(`state_${state}`)])),
    ...(shapes.length > 1 ? list(say("what_kind"), shapes.map((shape) => [shape, "waiting", say(`shape_${shape}`)])) : []),
  );
}

function markOf(shape, state) {
  const ratio = devicePixelRatio || 1, canvas = document.createElement("canvas"), context = canvas.getContext("2d");
  canvas.width = canvas.height = MARK_PX * ratio;
  canvas.setAttribute("aria-hidden", "true");
  context.setTransform(ratio, 0, 0, ratio, (MARK_PX * ratio) / 2, (MARK_PX * ratio) / 2);
  drawMark(context, shape, state, 6);
  return canvas;
}
