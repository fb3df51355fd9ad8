/** Beside the map: the numbers at the hour as a funnel, the iceberg, shares over time, and what marks mean. */

import { POINTS, onTimeShare } from "page/counting.js";
import { element, svg } from "page/elements.js";
import { PEOPLE, SHAPES, STATES, WARMER_AFTER_DAYS, drawMark, drawPerson } from "page/looks.js";
import { number, percent, say } from "page/words.js";

/** What no city knows, and so does not stand in its view. */
const UNKNOWN = new Set(["occurred", "unseen"]);
const FUNNEL = ["occurred", "found", "settled", "filed", "closed", "on_time"],
  NOW = ["open", "unseen"];
const MARK_PX = 20,
  CHART = { wide: 300, high: 64 },
  BERG = { wide: 92, high: 70 };

export class Numbers {
  constructor(root) {
    this.root = root;
  }

  /** Build everything anew for these plans, in the language that is spoken now. */
  show(plans) {
    this.plans = plans;
    this.hours = Math.max(...plans.map(({ history }) => history.hours));
    this.rows = {};
    this.root.classList.toggle("two", plans.length > 1);
    const now = element("div", { className: "now" }, ...NOW.map((name) => this.row(name, "tile")));
    const sides =
      plans.length > 1
        ? [
            element(
              "p",
              { className: "sides" },
              ...plans.map((plan, place) => element("span", { className: `plan_${place}`, text: plan.name() })),
            ),
          ]
        : [];
    this.root.replaceChildren(
      ...sides,
      now,
      ...FUNNEL.map((name) => this.row(name, "bar")),
      this.bergs(),
      this.chart(),
    );
  }

  row(name, kind) {
    const values = this.plans.map((_, place) => element("b", { className: `plan_${place}` })),
      bars = this.plans.map((_, place) => element("i", { className: `plan_${place}` }));
    const made = element(
      "p",
      { className: `${kind} ${name}`, id: `count_${name}`, title: say(`count_${name}_means`) },
      element("span", { text: say(`count_${name}`) }),
      ...values,
      ...bars,
    );
    this.rows[name] = { row: made, values, bars };
    return made;
  }

  // The iceberg ------------------------------------------------------------------------------------------------------

  /** What was found is above the water, by its area. */
  bergs() {
    const { wide, high } = BERG,
      berg = `M${wide / 2},2 L${wide - 6},${high - 2} L6,${high - 2} Z`;
    this.waters = this.plans.map(() => svg("rect", { x: 0, y: 0, width: wide, height: high, class: "water" }));
    this.captions = this.plans.map((_, place) => element("figcaption", { className: `plan_${place}` }));
    const figures = this.plans.map((_, place) =>
      element(
        "figure",
        {},
        svg(
          "svg",
          { viewBox: `0 0 ${wide} ${high}`, "aria-hidden": "true" },
          svg("path", { d: berg, class: "ice" }),
          this.waters[place],
        ),
        this.captions[place],
      ),
    );
    return element("div", { id: "iceberg", className: "bergs", title: say("iceberg_means") }, ...figures);
  }

  drawBerg(place, { occurred, known }) {
    const share = occurred ? known / occurred : 0,
      line = 2 + (BERG.high - 4) * Math.sqrt(share);
    this.waters[place].setAttribute("y", line.toFixed(1));
    this.captions[place].textContent = occurred ? say("iceberg", { found: percent(share) }) : "";
  }

  // On-time share over time --------------------------------------------------------------------------------------------

  chart() {
    const { wide, high } = CHART,
      frame = svg("svg", { viewBox: `0 0 ${wide} ${high}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    this.plans.forEach((plan, place) => {
      const shares = plan.counts.series(onTimeShare, this.hours);
      const points = shares
        .map((share, at) => [share, at])
        .filter(([share]) => Number.isFinite(share))
        .map(([share, at]) => `${((at / POINTS) * wide).toFixed(1)},${(high * (1 - share) * 0.94 + 2).toFixed(1)}`);
      frame.append(svg("polyline", { points: points.join(" "), class: `plan_${place}` }));
    });
    this.cursor = svg("line", { y1: 0, y2: high, class: "cursor" });
    frame.append(this.cursor);
    this.shares = this.plans.map((_, place) => element("b", { className: `plan_${place}` }));
    return element(
      "figure",
      { id: "on_time_share", className: "chart", title: say("on_time_share_means") },
      element("figcaption", {}, element("span", { text: say("on_time_share") }), ...this.shares),
      frame,
    );
  }

  /** Bars are as long as the whole if they count all that ever occurs. */
  at(hour, shown, everything) {
    const most = Math.max(1, ...this.plans.map(({ history }) => history.columns.site.length));
    for (const [name, { row, values, bars }] of Object.entries(this.rows)) {
      const known = everything || !UNKNOWN.has(name);
      row.dataset.value = shown[0][name];
      shown.forEach((numbers, place) => {
        values[place].dataset.value = numbers[name];
        values[place].textContent = known ? number(numbers[name]) : say("not_known");
        bars[place].style.transform = `scaleX(${known ? numbers[name] / most : 0})`;
      });
    }
    shown.forEach((numbers, place) => {
      this.drawBerg(place, numbers);
      this.shares[place].textContent = percent(onTimeShare(numbers));
    });
    this.root.querySelector(".bergs").hidden = !everything;
    const at = (CHART.wide * hour) / this.hours;
    this.cursor.setAttribute("x1", at);
    this.cursor.setAttribute("x2", at);
  }
}

/** What shapes and colours mean. */
export function drawLegend(root, plans) {
  const there = new Set(plans.flatMap(({ history }) => history.categories.map(({ domain }) => domain)));
  const everybody = plans.flatMap(({ people }) => people.everybody);
  const shapes = SHAPES.filter((shape) => there.has(shape));
  const list = (heading, entries) => [
    element("h2", { text: heading }),
    element("ul", {}, ...entries.map(([draw, text]) => element("li", {}, markOf(draw), text))),
  ];
  const mark =
    (shape, state, warm = 0) =>
    (context) =>
      drawMark(context, shape, state, 6, warm);
  const kinds = Object.keys(PEOPLE).filter((kind) => everybody.some((person) => person.kind === kind));
  root.replaceChildren(
    ...list(
      say("how_far"),
      Object.keys(STATES).map((state) => [mark(shapes[0], state), say(`state_${state}`)]),
    ),
    ...list(
      say("how_old"),
      WARMER_AFTER_DAYS.map((days, step) => [
        mark(shapes[0], "waiting", step + 1),
        say("older_than", { days: number(days) }),
      ]),
    ),
    ...(shapes.length > 1
      ? list(
          say("what_kind"),
          shapes.map((shape) => [mark(shape, "waiting"), say(`shape_${shape}`)]),
        )
      : []),
    ...(kinds.length
      ? list(
          say("who_is_there"),
          kinds.map((kind) => [(context) => drawPerson(context, kind, 6), say(`person_${kind}`)]),
        )
      : []),
    ...(plans.length > 1 ? [element("p", { className: "differs", text: say("ring_differs") })] : []),
    element(
      "details",
      { className: "keys" },
      element("summary", { text: say("keys") }),
      ...say("keys_list")
        .split("\n")
        .map((text) => element("p", { text })),
    ),
  );
}

function markOf(draw) {
  const ratio = devicePixelRatio || 1,
    canvas = element("canvas", { width: MARK_PX * ratio, height: MARK_PX * ratio, ariaHidden: "true" }),
    context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, (MARK_PX * ratio) / 2, (MARK_PX * ratio) / 2);
  draw(context);
  return canvas;
}
