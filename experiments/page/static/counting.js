/** The numbers at an hour, counted from the history. */

const POINTS = 480;

/** When what is chosen happened, in order. */
function times(column, chosen) {
  return column.filter((when, incident) => !Number.isNaN(when) && chosen(incident)).sort();
}

/** How many of some times in order are no later than an hour. */
export function countUntil(sorted, hour) {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= hour) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Counts of a whole history; the definitions are those of sim/indicators.py. */
export class Counts {
  constructor(history) {
    const { columns, stage_labels: labels, hours } = history;
    const found = (i) => !Number.isNaN(columns.found_h[i]), filed = (i) => !Number.isNaN(columns.filed_h[i]);
    const closed = (i) => filed(i) && labels[columns.stage[i]] === "closed";
    const settled = (i) => labels[columns.stage[i]].startsWith("solved_");
    this.hours = hours;
    this.cumulative = {
      occurred: times(columns.occurred_h, (i) => columns.came_back_of[i] < 0),
      found: times(columns.found_h, found),
      settled: times(columns.closed_h, settled),
      filed: times(columns.filed_h, filed),
      closed: times(columns.closed_h, closed),
      on_time: times(columns.closed_h, (i) => closed(i) && columns.handled_h[i] <= columns.due_h[i]),
    };
    this.stood = times(columns.occurred_h, () => true);
    this.seenOrGone = columns.found_h.map((when, i) => (Number.isNaN(when) ? columns.gone_h[i] : when)).sort();
    this.ended = times(columns.ended_h, found);
  }

  /** Every number at an hour. */
  at(hour) {
    const numbers = {};
    for (const [name, sorted] of Object.entries(this.cumulative)) numbers[name] = countUntil(sorted, hour);
    numbers.open = numbers.found - countUntil(this.ended, hour);
    numbers.unseen = countUntil(this.stood, hour) - countUntil(this.seenOrGone, hour);
    return numbers;
  }

  /** Open cases at equally spaced hours, the first and the last included. */
  backlog() {
    return Array.from({ length: POINTS + 1 }, (_, point) => this.at((this.hours * point) / POINTS).open);
  }
}
