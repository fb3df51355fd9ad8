/** What an incident is by its shape, and how far it is by its colour. */

export const SHAPES = ["component", "event", "social"];
/** Colours that colour-blind readers can tell apart; each state has a mark of its own besides. */
export const STATES = {
  unseen: { colour: "#ffffffb0", rim: "#5f6770" },
  waiting: { colour: "#f0a500", rim: "#7a5200" },
  worked: { colour: "#0072b2", rim: "#00405f" },
  late: { colour: "#d9480f", rim: "#3b0d02" },
  done: { colour: "#7fd1b9", rim: "#00664b" },
};
/** What has come to a good end stays on the map for so long. */
const FADES_H = 24;
const WELL_ENDED = new Set(["closed", "solved_on_the_spot", "solved_in_grid"]);

/** For each stage, whether it is a good end. */
export const goodEnds = ({ stage_labels: codes }) =>
  Object.fromEntries(Object.entries(codes).map(([label, code]) => [code, WELL_ENDED.has(label)]));

/** How far an incident is at an hour, as a key of STATES; null: it is not there. */
export function stateAt(columns, good, incident, hour) {
  if (columns.occurred_h[incident] > hour) return null;
  if (!(columns.found_h[incident] <= hour)) return columns.gone_h[incident] <= hour ? null : "unseen";
  const ended = columns.ended_h[incident];
  if (ended <= hour) return good[columns.stage[incident]] && hour - ended < FADES_H ? "done" : null;
  if (columns.due_h[incident] < hour && !(columns.handled_h[incident] <= hour)) return "late";
  return columns.dispatched_h[incident] <= hour ? "worked" : "waiting";
}

/** When an incident is no longer on the map. */
function awayFrom(columns, incident) {
  if (Number.isNaN(columns.found_h[incident])) return columns.gone_h[incident];
  return Number.isNaN(columns.ended_h[incident]) ? Infinity : columns.ended_h[incident] + FADES_H;
}

/** A place of its own at its site for each incident, the lowest that is free as long as it is on the map. */
export function slotsOf(columns) {
  const slots = new Uint16Array(columns.site.length),
    takenUntil = new Map();
  const order = Array.from(slots.keys()).sort((a, b) => columns.occurred_h[a] - columns.occurred_h[b]);
  for (const incident of order) {
    const site = columns.site[incident],
      taken = takenUntil.get(site) ?? [];
    let slot = taken.findIndex((until) => until <= columns.occurred_h[incident]);
    if (slot < 0) slot = taken.length;
    taken[slot] = awayFrom(columns, incident);
    takenUntil.set(site, taken);
    slots[incident] = slot;
  }
  return slots;
}

/** Days after which an open case is warmer by one step: its halo is redder and wider. */
export const WARMER_AFTER_DAYS = [1, 3, 7, 14];
const HALOS = [null, "#f6c14466", "#f0931f80", "#e0561499", "#b8180bb3"];
const AGES = new Set(["waiting", "worked", "late"]);

/** How warm a case is that has been open for so many hours: a step from 0 on. */
function warmth(state, open_h) {
  if (!AGES.has(state)) return 0;
  let step = 0;
  while (step < WARMER_AFTER_DAYS.length && open_h >= 24 * WARMER_AFTER_DAYS[step]) step++;
  return step;
}

function outline(context, shape, radius) {
  context.beginPath();
  if (shape === "component") context.rect(-radius * 0.86, -radius * 0.86, radius * 1.72, radius * 1.72);
  else if (shape === "event") context.arc(0, 0, radius, 0, 2 * Math.PI);
  else {
    context.moveTo(0, -radius * 1.2);
    context.lineTo(radius * 1.12, radius * 0.8);
    context.lineTo(-radius * 1.12, radius * 0.8);
    context.closePath();
  }
}

/** Draw the mark of a shape and a state around the origin, with the halo of its warmth. */
export function drawMark(context, shape, state, radius, warm = 0) {
  if (HALOS[warm]) {
    context.beginPath();
    context.arc(0, 0, radius * (1.2 + 0.12 * warm), 0, 2 * Math.PI);
    context.fillStyle = HALOS[warm];
    context.fill();
  }
  outline(context, shape, radius);
  context.fillStyle = STATES[state].colour;
  context.strokeStyle = STATES[state].rim;
  context.lineWidth = Math.max(1, radius * (state === "late" ? 0.32 : 0.2));
  context.setLineDash(state === "unseen" ? [radius * 0.55, radius * 0.4] : []);
  context.fill();
  context.stroke();
  if (state === "worked") {
    context.beginPath();
    context.arc(0, radius * (shape === "social" ? 0.15 : 0), radius * 0.34, 0, 2 * Math.PI);
    context.fillStyle = "#ffffff";
    context.fill();
  }
}

/** Every mark drawn once on a sheet, from which it is copied: `put` does that. */
export function cutMarks(radius, ratio, side = Math.ceil(radius * 4)) {
  const states = Object.keys(STATES),
    sheet = document.createElement("canvas"),
    size = Math.round(side * ratio);
  const columns = states.length * HALOS.length,
    place = (shape, state, warm) => [SHAPES.indexOf(shape), states.indexOf(state) * HALOS.length + warm];
  sheet.width = size * columns;
  sheet.height = size * SHAPES.length;
  const context = sheet.getContext("2d");
  for (const shape of SHAPES) {
    for (const state of states) {
      for (let warm = 0; warm < HALOS.length; warm++) {
        const [row, column] = place(shape, state, warm);
        context.setTransform(ratio, 0, 0, ratio, (column + 0.5) * size, (row + 0.5) * size);
        drawMark(context, shape, state, radius, warm);
      }
    }
  }
  return {
    put(onto, shape, state, open_h, x, y) {
      const [row, column] = place(shape, state, warmth(state, open_h));
      onto.drawImage(
        sheet,
        column * size,
        row * size,
        size,
        size,
        x * ratio - size / 2,
        y * ratio - size / 2,
        size,
        size,
      );
    },
  };
}

export const PEOPLE = { beat: { colour: "#1d3557", rim: "#ffffff" }, post: { colour: "#7b2d8b", rim: "#ffffff" } };

/** Draw somebody around the origin: head and shoulders; a beat's with a cap. */
export function drawPerson(context, kind, radius) {
  context.setLineDash([]);
  context.fillStyle = PEOPLE[kind].colour;
  context.strokeStyle = PEOPLE[kind].rim;
  context.lineWidth = Math.max(1, radius * 0.22);
  context.beginPath();
  context.arc(0, radius * 0.95, radius * 0.92, Math.PI, 0);
  context.closePath();
  context.stroke();
  context.fill();
  context.beginPath();
  context.arc(0, -radius * 0.45, radius * 0.58, 0, 2 * Math.PI);
  context.stroke();
  context.fill();
  if (kind !== "beat") return;
  context.beginPath();
  context.rect(-radius * 0.78, -radius * 0.82, radius * 1.56, radius * 0.26);
  context.stroke();
  context.fill();
}
