/** The ladder as it stands at an hour: a rung for each level, the highest first, with its cases as marks. */

import { element } from "page/elements.js";
import { AT_CENTRE } from "page/ladder.js";
import { cutMarks, stateAt } from "page/looks.js";
import { named, number, say } from "page/words.js";

const SIDE_PX = 15,
  RADIUS_PX = 4.6;

export class LadderView {
  /** Calls `choose` with an incident that was clicked, and its plan. */
  constructor(root, choose) {
    Object.assign(this, { root, choose, rungs: [] });
  }

  /** Build the rungs anew for these plans, in the language that is spoken now. */
  show(plans) {
    this.rungs = [];
    this.root.classList.toggle("two", plans.length > 1);
    const levels = Array.from(new Set(plans.flatMap(({ ladder }) => ladder.levels))).sort((a, b) => b - a);
    const rungs = levels.map((level) => this.rung(plans, level, named(plans[0].history.levels[level])));
    const centre = plans.some(({ history }) => history.has_centre) ? [this.rung(plans, null, say("centre"))] : [];
    const names =
      plans.length > 1
        ? [
            element(
              "p",
              { className: "sides" },
              ...plans.map((plan, place) => element("span", { className: `plan_${place}`, text: plan.name() })),
            ),
          ]
        : [];
    this.root.replaceChildren(...names, element("div", { className: "ladder" }, ...rungs), ...centre);
  }

  rung(plans, level, name) {
    const parts = plans.flatMap((plan, place) => {
      const has = level === null ? plan.history.has_centre : plan.ladder.levels.includes(level);
      return has ? this.partOf(plan, place, level) : [];
    });
    return element(
      "div",
      { className: level === null ? "rung at_centre" : "rung", data: { level: level ?? "centre" } },
      element("h3", { text: name }),
      ...parts,
    );
  }

  partOf(plan, place, level) {
    const canvas = element("canvas", { height: SIDE_PX, ariaHidden: "true" }),
      told = element("p", { className: `told plan_${place}` });
    const rung = { plan, level, canvas, told, shown: [] };
    canvas.addEventListener("click", (event) => {
      const perRow = Math.floor(canvas.clientWidth / SIDE_PX),
        at = Math.floor(event.offsetY / SIDE_PX) * perRow + Math.floor(event.offsetX / SIDE_PX);
      if (rung.shown[at] !== undefined) this.choose(rung.shown[at], plan);
    });
    this.rungs.push(rung);
    return [told, canvas];
  }

  at(hour) {
    const found = new Map();
    for (const rung of this.rungs) {
      if (!found.has(rung.plan)) found.set(rung.plan, rung.plan.ladder.at(hour));
      this.draw(rung, found.get(rung.plan), hour);
    }
  }

  draw(rung, now, hour) {
    const { level, told, plan } = rung,
      part = level === null ? now.centre : now.rows.get(level);
    const keys = level === null ? AT_CENTRE : ["waits", "worked", "climbing"];
    const counts = keys.map((key) => [key, part[key].length]);
    const words = counts
      .filter(([key, count]) => count || key === "waits" || key === "worked")
      .map(([key, count]) => say(`rung_${key}`, { count: number(count) }));
    if (level !== null) {
      words.push(say("rung_solved", { count: number(now.solved(level)) }));
      if (now.climbed(level)) words.push(say("rung_climbed", { count: number(now.climbed(level)) }));
    }
    told.textContent = words.join(say("comma")) || say("rung_nothing");
    told.dataset.counts = JSON.stringify({
      ...Object.fromEntries(counts),
      ...(level === null ? {} : { solved: now.solved(level), climbed: now.climbed(level) }),
    });
    this.drawMarks(
      rung,
      keys.flatMap((key) => part[key]),
      plan,
      hour,
    );
  }

  drawMarks(rung, incidents, plan, hour) {
    const { canvas } = rung,
      ratio = devicePixelRatio || 1,
      wide = canvas.clientWidth,
      perRow = Math.max(1, Math.floor(wide / SIDE_PX));
    const rows = Math.min(3, Math.max(1, Math.ceil(incidents.length / perRow)));
    rung.shown = incidents.slice(0, rows * perRow);
    canvas.style.height = `${rows * SIDE_PX}px`;
    if (canvas.width !== Math.round(wide * ratio) || canvas.height !== rows * SIDE_PX * ratio) {
      canvas.width = Math.round(wide * ratio);
      canvas.height = rows * SIDE_PX * ratio;
    }
    if (this.ratio !== ratio) this.marks = cutMarks(RADIUS_PX, ratio, SIDE_PX);
    this.ratio = ratio;
    const context = canvas.getContext("2d"),
      { columns, categories } = plan.history;
    context.clearRect(0, 0, canvas.width, canvas.height);
    rung.shown.forEach((incident, at) => {
      const state = stateAt(columns, plan.good, incident, hour);
      if (!state) return;
      const x = (at % perRow) * SIDE_PX,
        y = Math.floor(at / perRow) * SIDE_PX;
      this.marks.put(
        context,
        categories[columns.category[incident]].domain,
        state,
        hour - columns.found_h[incident],
        x + SIDE_PX / 2,
        y + SIDE_PX / 2,
      );
    });
  }
}
