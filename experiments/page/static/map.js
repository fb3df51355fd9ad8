/** The map: grids, sites, and the incidents and people at an hour, on one canvas. */

import { cutMarks, drawPerson, stateAt } from "page/looks.js";

const GOLDEN = Math.PI * (3 - Math.sqrt(5));
const NEAREST = 40,
  MANY_SITES = 500,
  REACH_PX = 5,
  MOST_NAMES = 200,
  BESIDE_PX = 22;
const INK = {
  ground: "#fffefb",
  grid: "#bcb7ab",
  frame: "#7d786d",
  building: "#dcd7ca",
  street: "#b3ada0",
  name: "#6b675f",
  chosen: "#111827",
  differs: "#b5179e",
};
/** Drawn in this order: what matters most comes last. */
const ORDER = ["unseen", "done", "waiting", "worked", "late"];

export class CityMap {
  /** Its `look` is what part is seen: maps that share one show the same. */
  constructor(canvas) {
    this.canvas = canvas;
    this.look = { zoom: 1, middle: [0, 0] };
    this.context = canvas.getContext("2d", { alpha: false });
    this.ground = document.createElement("canvas");
    this.drawn = [];
    this.people = [];
  }

  show(plan) {
    const frame = this.history?.ground.frame_m.join();
    this.plan = plan;
    this.history = plan.history;
    if (frame !== this.history.ground.frame_m.join()) this.fit();
    this.shapes = plan.history.categories.map(({ domain }) => domain);
    this.lookAgain();
  }

  /** The whole ground in view. */
  fit() {
    const [x0, y0, x1, y1] = this.history.ground.frame_m;
    this.look.zoom = 1;
    this.look.middle = [(x0 + x1) / 2, (y0 + y1) / 2];
  }

  /** After the canvas, the zoom or the middle has changed. */
  lookAgain() {
    if (!this.history) return;
    const ratio = devicePixelRatio || 1,
      { clientWidth: wide, clientHeight: high } = this.canvas;
    const [x0, y0, x1, y1] = this.history.ground.frame_m;
    this.wide = wide;
    this.high = high;
    this.ratio = ratio;
    for (const each of [this.canvas, this.ground]) {
      each.width = Math.max(1, Math.round(wide * ratio));
      each.height = Math.max(1, Math.round(high * ratio));
    }
    const { zoom } = this.look;
    this.perMetre = zoom * Math.min((wide - 2 * BESIDE_PX) / (x1 - x0), (high - 2 * BESIDE_PX) / (y1 - y0));
    const few = this.history.columns.site_x_m.length < MANY_SITES;
    this.radius = Math.min(9, (few ? Math.min(6.2, Math.max(4, wide / 105)) : 3.2) * zoom ** 0.4);
    this.marks = cutMarks(this.radius, ratio);
    this.drawGround();
  }

  toScreen(x, y) {
    return [
      this.wide / 2 + (x - this.look.middle[0]) * this.perMetre,
      this.high / 2 - (y - this.look.middle[1]) * this.perMetre,
    ];
  }

  /** Nearer by a factor, with what lies at a point of the screen staying there. */
  zoomBy(factor, x = this.wide / 2, y = this.high / 2) {
    const { look } = this,
      before = look.zoom,
      [atX, atY] = look.middle;
    look.zoom = Math.min(NEAREST, Math.max(1, before * factor));
    const moved = (1 - before / look.zoom) / this.perMetre;
    this.panTo(atX + (x - this.wide / 2) * moved, atY - (y - this.high / 2) * moved);
  }

  panBy(x, y) {
    const [atX, atY] = this.look.middle;
    this.panTo(atX - x / this.perMetre, atY + y / this.perMetre);
  }

  /** So that what lies there, m, is in the middle. */
  panTo(x, y) {
    const [x0, y0, x1, y1] = this.history.ground.frame_m;
    const within = (value, low, high) => Math.min(Math.max(value, low), high);
    this.look.middle = this.look.zoom === 1 ? [(x0 + x1) / 2, (y0 + y1) / 2] : [within(x, x0, x1), within(y, y0, y1)];
  }

  drawGround() {
    const context = this.ground.getContext("2d", { alpha: false });
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    const {
      frame_m: [x0, y0, x1, y1],
    } = this.history.ground;
    context.fillStyle = "#ece9e2";
    context.fillRect(0, 0, this.wide, this.high);
    const [left, top] = this.toScreen(x0, y1),
      [right, bottom] = this.toScreen(x1, y0);
    context.fillStyle = INK.ground;
    context.fillRect(left, top, right - left, bottom - top);
    this.drawLines(context);
    context.strokeStyle = INK.frame;
    context.lineWidth = 1.2;
    context.strokeRect(left, top, right - left, bottom - top);
    this.drawSites(context);
    this.drawNames(context);
  }

  drawLines(context) {
    const {
        columns,
        rows,
        frame_m: [x0, y0, x1, y1],
      } = this.history.ground,
      lines = this.history.columns.outline_m;
    const line = (ax, ay, bx, by) => {
      context.moveTo(...this.toScreen(ax, ay));
      context.lineTo(...this.toScreen(bx, by));
    };
    context.beginPath();
    for (let at = 0; at < lines.length; at += 4) line(lines[at], lines[at + 1], lines[at + 2], lines[at + 3]);
    for (let column = 1; column < columns; column++) {
      const x = x0 + ((x1 - x0) * column) / columns;
      line(x, y0, x, y1);
    }
    for (let row = 1; row < rows; row++) {
      const y = y0 + ((y1 - y0) * row) / rows;
      line(x0, y, x1, y);
    }
    context.strokeStyle = INK.grid;
    context.lineWidth = columns ? Math.min(1, 0.45 * Math.sqrt(this.look.zoom)) : 1.6;
    context.lineCap = "round";
    context.stroke();
  }

  drawSites(context) {
    const { site_x_m: xs, site_y_m: ys, site_households: households } = this.history.columns;
    const half = xs.length < MANY_SITES ? Math.min(9, this.wide / 90) : Math.min(7, 1.1 * this.look.zoom ** 0.7);
    for (let site = 0; site < xs.length; site++) {
      const [x, y] = this.toScreen(xs[site], ys[site]),
        lived = households[site] > 0,
        size = lived ? half : half * 0.4;
      context.fillStyle = lived ? INK.building : INK.street;
      context.fillRect(x - size, y - size, 2 * size, 2 * size);
    }
  }

  /** The name of each grid in the middle of its sites. */
  drawNames(context) {
    const { site_x_m: xs, site_y_m: ys, site_social: grids } = this.history.columns,
      names = this.history.ground.grid_names;
    if (names.length > MOST_NAMES) return;
    const sums = names.map(() => [0, 0, 0]);
    grids.forEach((grid, site) => {
      if (grid < names.length)
        [xs[site], ys[site], 1].forEach((value, at) => {
          sums[grid][at] += value;
        });
    });
    context.font = "600 17px system-ui, 'Noto Sans SC GB2312', sans-serif";
    context.textAlign = "center";
    context.lineWidth = 4;
    context.strokeStyle = INK.ground;
    context.fillStyle = INK.name;
    names.forEach((name, grid) => {
      const [x, y, count] = sums[grid],
        at = this.toScreen(x / count, y / count);
      context.strokeText(name, ...at);
      context.fillText(name, ...at);
    });
  }

  /** Where the mark of an incident is on the screen. */
  placeOf(incident) {
    const { columns } = this.history,
      site = columns.site[incident],
      slot = this.plan.slots[incident];
    const [x, y] = this.toScreen(columns.site_x_m[site], columns.site_y_m[site]);
    const aside = 1.75 * this.radius * Math.sqrt(slot),
      angle = slot * GOLDEN;
    return [x + aside * Math.cos(angle), y + aside * Math.sin(angle)];
  }

  /** Everything at an hour: what nobody has seen too, or not; with people or without; whose fate differs ringed. */
  draw(hour, { unseenToo, withPeople, chosen = null, person = null, differs = null }) {
    const { context, ratio, radius, plan } = this,
      { columns } = this.history;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.ground, 0, 0);
    const byState = Object.fromEntries(ORDER.map((state) => [state, []]));
    for (let incident = 0; incident < columns.site.length; incident++) {
      const state = stateAt(columns, plan.good, incident, hour);
      if (state && (unseenToo || state !== "unseen")) byState[state].push(incident);
    }
    this.drawn = [];
    const different = [];
    for (const state of ORDER) {
      for (const incident of byState[state]) {
        const [x, y] = this.placeOf(incident);
        if (x < -radius || y < -radius || x > this.wide + radius || y > this.high + radius) continue;
        this.marks.put(context, this.shapes[columns.category[incident]], state, hour - columns.found_h[incident], x, y);
        this.drawn.push([incident, x, y]);
        if (differs?.[incident]) different.push([x, y]);
      }
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.ringThose(different);
    this.drawPeople(withPeople ? hour : null, person);
    if (chosen !== null) this.ring(...this.placeOf(chosen), this.radius + 6);
  }

  /** A broken ring around each, all at once. */
  ringThose(places) {
    if (!places.length) return;
    const { context, radius } = this;
    context.beginPath();
    for (const [x, y] of places) {
      context.moveTo(x + radius + 3, y);
      context.arc(x, y, radius + 3, 0, 2 * Math.PI);
    }
    context.setLineDash([3, 2.5]);
    context.lineWidth = 1.6;
    context.strokeStyle = INK.differs;
    context.stroke();
    context.setLineDash([]);
  }

  drawPeople(hour, chosen) {
    this.people = [];
    if (hour === null) return;
    const { context, ratio } = this,
      { people } = this.plan,
      size = Math.min(8, Math.max(4.6, this.radius * 0.95));
    const taken = new Map();
    for (const person of people.everybody) {
      const there = people.at(person, hour);
      if (!there) continue;
      let [x, y] = this.toScreen(there.x, there.y);
      if (x < 0 || y < 0 || x > this.wide || y > this.high) continue;
      const key = `${Math.round(x / 4)} ${Math.round(y / 4)}`,
        before = taken.get(key) ?? 0;
      taken.set(key, before + 1);
      if (there.doing !== "walks") y -= this.radius + size * 0.7; // so that what they are at is seen
      x += before * size * 1.5;
      context.setTransform(ratio, 0, 0, ratio, x * ratio, y * ratio);
      drawPerson(context, person.kind, size);
      this.people.push([person, x, y]);
      if (chosen && chosen.kind === person.kind && chosen.number === person.number) {
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        this.ring(x, y, size + 5);
      }
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  ring(x, y, radius) {
    const { context } = this;
    for (const [width, colour] of [
      [5, "#ffffff"],
      [2.5, INK.chosen],
    ]) {
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.stroke();
    }
  }

  /** The incident under a point of the screen, the uppermost of the nearest; null: none. */
  incidentAt(x, y) {
    return nearest(this.drawn, x, y, this.radius + REACH_PX);
  }

  /** Likewise for people. */
  personAt(x, y) {
    return nearest(this.people, x, y, 9);
  }

  /** A round length that fits into so many pixels: metres and pixels. */
  scale(most = 120) {
    const target = most / this.perMetre,
      power = 10 ** Math.floor(Math.log10(target));
    const metres = [5, 2, 1].find((each) => each * power <= target) * power;
    return [metres, metres * this.perMetre];
  }
}

function nearest(placed, x, y, reach) {
  let best = null,
    least = reach;
  for (const [one, atX, atY] of placed) {
    const away = Math.hypot(x - atX, y - atY);
    if (away <= least) [best, least] = [one, away];
  }
  return best;
}
