/** The map of a planner's community: buildings, barriers, grids; buildings and borders can be dragged. */

import { element, svg } from "page/elements.js";
import { number, say } from "page/words.js";

/** Pale enough for what stands on it; neighbours differ, and each grid bears its name. */
const TINTS = [
  "#cfe3f3",
  "#fbe3c4",
  "#d5ecd8",
  "#f3d9ea",
  "#e4e0f5",
  "#f6f0c2",
  "#d3eef0",
  "#f5d9d3",
  "#e3ecd0",
  "#dfe2e6",
];
const BRUSH_PX = 16,
  CLICK_PX = 4,
  MARGIN = 0.06;

export class CommunityMap {
  /** Calls `changed` with the grid of each building after a drag, and `picked` with a building that was clicked. */
  constructor(root, { changed, picked }) {
    Object.assign(this, { root, changed, picked, sites: [], grids: null });
    this.svg = svg("svg", { role: "group", preserveAspectRatio: "xMidYMid meet" });
    this.root.replaceChildren(this.svg);
    this.reached = 0;
    /** Whether there is a plan whose buildings can be moved. */
    this.movable = false;
    this.hear();
  }

  /** The buildings, and what nobody crosses. */
  show(sites, barriers) {
    this.sites = sites;
    this.reached = 0;
    this.barriers = barriers;
    this.fit([...sites.map(({ x_m: x, y_m: y }) => [x, y]), ...sites.flatMap(({ outline }) => outline)]);
    this.paint(null);
  }

  /** Everything in view: points, m. */
  fit(points) {
    const xs = points.map(([x]) => x),
      ys = points.map(([, y]) => y);
    const wide = Math.max(...xs) - Math.min(...xs) || 100,
      high = Math.max(...ys) - Math.min(...ys) || 100,
      side = Math.max(wide, high);
    this.box = [
      Math.min(...xs) - MARGIN * side,
      -Math.max(...ys) - MARGIN * side,
      wide + 2 * MARGIN * side,
      high + 2 * MARGIN * side,
    ];
    this.svg.setAttribute("viewBox", this.box.join(" "));
    this.unit = side / 600; // about a pixel
  }

  /** `grids`: the grid of each building, its names, outlines and households; null: nothing is cut yet. `moved`: those that were moved. */
  paint(grids, moved = new Set()) {
    const had = this.svg.contains(document.activeElement);
    this.last = [grids, moved];
    this.svg.setAttribute("aria-label", say("map_of_buildings"));
    this.grids = grids && { ...grids, grid_of: grids.grid_of.slice() };
    if (grids?.outlines?.length) this.fit(grids.outlines.flat(3));
    this.svg.replaceChildren(
      ...this.ground(),
      ...this.barriers.map((line) =>
        svg("polyline", { class: "barrier", points: line.map(([x, y]) => `${x},${-y}`).join(" ") }),
      ),
      svg("g", {}, ...this.sites.map((site, place) => this.building(site, place, moved.has(place)))),
      ...this.names(),
    );
    if (had) this.svg.querySelector(`[data-place="${this.reached}"]`)?.focus();
  }

  ground() {
    if (!this.grids?.outlines) return [];
    const path = (polygons) =>
      polygons.flatMap((rings) => rings.map((ring) => `M${ring.map(([x, y]) => `${x} ${-y}`).join("L")}Z`)).join("");
    return this.grids.outlines.map((polygons, grid) =>
      svg("path", { class: "ground", d: path(polygons), fill: TINTS[grid % TINTS.length], "fill-rule": "evenodd" }),
    );
  }

  building(site, place, isMoved) {
    const size =
      (site.kind === "building" || site.households > 0 ? 4 + Math.min(5, Math.sqrt(site.households) / 3) : 2.5) *
      this.unit;
    const grid = this.grids?.grid_of[place];
    const made =
      site.outline?.length > 2
        ? svg("polygon", { points: site.outline.map(([x, y]) => `${x},${-y}`).join(" ") })
        : svg("rect", { x: site.x_m - size, y: -site.y_m - size, width: 2 * size, height: 2 * size });
    made.setAttribute("class", `building${isMoved ? " moved" : ""}`);
    made.dataset.place = place;
    made.setAttribute("role", "button");
    made.setAttribute("tabindex", place === this.reached ? 0 : -1);
    if (grid !== undefined) made.setAttribute("fill", TINTS[grid % TINTS.length]);
    const word = svg("title");
    word.textContent = say("building_word", {
      name: site.name,
      households: number(site.households),
      grid: grid === undefined ? "–" : this.grids.grids[grid],
    });
    made.setAttribute("aria-label", word.textContent);
    made.append(word);
    return made;
  }

  names() {
    if (!this.grids) return [];
    const sums = this.grids.grids.map(() => [0, 0, 0]);
    this.sites.forEach(({ x_m: x, y_m: y }, place) =>
      [x, y, 1].forEach((value, at) => {
        sums[this.grids.grid_of[place]][at] += value;
      }),
    );
    return sums.flatMap(([x, y, count], grid) => {
      if (!count) return [];
      const households = this.grids.households?.[grid];
      const name = svg("text", { class: "name", x: x / count, y: -y / count, "font-size": 17 * this.unit });
      name.textContent =
        households === undefined ? this.grids.grids[grid] : `${this.grids.grids[grid]} · ${number(households)}`;
      return [name];
    });
  }

  // Dragging ---------------------------------------------------------------------------------------------------------

  /** Where an event is, m. */
  placeOf(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return [at.x, -at.y];
  }

  nearest([x, y], except = -1) {
    let best = -1,
      least = Infinity;
    this.sites.forEach((site, place) => {
      const away = Math.hypot(site.x_m - x, site.y_m - y);
      if (place !== except && away < least) [best, least] = [place, away];
    });
    return best;
  }

  /** As it was: what was dragged and not put anywhere is back. */
  repaint() {
    this.paint(...this.last);
  }

  hear() {
    let held = null;
    this.svg.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key],
        place = Number(event.target.dataset?.place);
      if (Number.isNaN(place)) return;
      if (event.key === "Enter" || event.key === " ") this.picked(place);
      else if (by) {
        this.reached = (place + by + this.sites.length) % this.sites.length;
        event.target.setAttribute("tabindex", -1);
        const next = this.svg.querySelector(`[data-place="${this.reached}"]`);
        next.setAttribute("tabindex", 0);
        next.focus();
      } else return;
      event.preventDefault();
    });
    this.svg.addEventListener("pointerdown", (event) => {
      if (!this.movable || !this.grids || event.button !== 0) return;
      const building = event.target.closest(".building"),
        at = this.placeOf(event);
      this.svg.setPointerCapture(event.pointerId);
      const place = building ? Number(building.dataset.place) : -1;
      held = {
        place,
        from: [event.clientX, event.clientY],
        grid: this.grids.grid_of[place < 0 ? this.nearest(at) : place],
        swept: new Set(),
        building,
      };
    });
    this.svg.addEventListener("pointermove", (event) => {
      if (!held) return;
      const [x, y] = this.placeOf(event);
      if (held.place >= 0) {
        const site = this.sites[held.place];
        held.building.setAttribute("transform", `translate(${x - site.x_m} ${site.y_m - y})`);
        return;
      }
      const reach = BRUSH_PX / this.svg.getScreenCTM().a;
      this.sites.forEach((site, place) => {
        if (
          this.grids.grid_of[place] === held.grid ||
          held.swept.has(place) ||
          Math.hypot(site.x_m - x, site.y_m - y) > reach
        )
          return;
        held.swept.add(place);
        this.svg.querySelector(`[data-place="${place}"]`)?.setAttribute("fill", TINTS[held.grid % TINTS.length]);
      });
    });
    this.svg.addEventListener("pointerup", (event) => {
      if (!held) return;
      const { place, from, grid, swept } = held,
        gone = Math.hypot(event.clientX - from[0], event.clientY - from[1]);
      held = null;
      if (place < 0) return this.move(new Map(Array.from(swept, (each) => [each, grid])));
      if (gone <= CLICK_PX) {
        this.repaint();
        return this.picked(place);
      }
      return this.move(new Map([[place, this.grids.grid_of[this.nearest(this.placeOf(event), place)]]]));
    });
    this.svg.addEventListener("pointercancel", () => {
      held = null;
      this.repaint();
    });
  }

  /** Put buildings into other grids: a map from building to grid. */
  move(to) {
    const after = this.grids.grid_of.slice();
    for (const [place, grid] of to) after[place] = grid;
    this.changed(after);
  }
}

/** A legend in words, for the map's foot. */
export const mapHint = () => element("p", { className: "hint", text: say("drag_hint") });
