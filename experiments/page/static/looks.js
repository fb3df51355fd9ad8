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
export const FADES_H = 24;
const WELL_ENDED = new Set(["closed", "solved_on_the_spot", "solved_in_grid"]);

/** For each stage, whether it is a good end. */
export const goodEnds = (history) => history.stage_labels.map((label) => WELL_ENDED.has(label));

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
  const slots = new Uint16Array(columns.site.length), takenUntil = new Map();
  const order = Array.from(slots.keys()).sort((a, b) => columns.occurred_h[a] - columns.occurred_h[b]);
  for (const incident of order) {
    const site = columns.site[incident], taken = takenUntil.get(site) ?? [];
    let slot = taken.findIndex((until) => until <= columns.occurred_h[incident]);
    if (slot < 0) slot = taken.length;
    taken[slot] = awayFrom(columns, incident);
    takenUntil.set(site, taken);
    slots[incident] = slot;
  }
  return slots;
}

/** Draw the mark of a shape and a state around the origin. */
export function drawMark(context, shape, state, radius) {
  context.beginPath();
  if (shape === "component") context.rect(-radius * 0.86, -radius * 0.86, radius * 1.72, radius * 1.72);
  else if (shape === "event") context.arc(0, 0, radius, 0, 2 * Math.PI);
  else {
    context.moveTo(0, -radius * 1.2);
    context.lineTo(radius * 1.12, radius * 0.8);
    context.lineTo(-radius * 1.12, radius * 0.8);
    context.closePath();
  }
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
