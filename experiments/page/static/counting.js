/** The numbers at an hour, counted from the history. */

import { countUntil } from "page/searching.js";

/** Parts of a series over a whole run. */
export const POINTS = 480;

/** When what is chosen happened, in order. */
function times(column, chosen) {
  return column.filter((when, incident) => !Number.isNaN(when) && chosen(incident)).sort();
}

/** Counts of a whole history; the definitions are those of sim/indicators.py. */
export class Counts {
  constructor(history) {
    const { columns, stage_labels: codes, hours } = history;
    const found = (i) => !Number.isNaN(columns.found_h[i]),
      filed = (i) => !Number.isNaN(columns.filed_h[i]);
    const closed = (i) => filed(i) && columns.stage[i] === codes.closed;
    const settled = (i) => columns.stage[i] === codes.solved_on_the_spot || columns.stage[i] === codes.solved_in_grid;
    this.hours = hours;
    this.cumulative = {
      occurred: times(columns.occurred_h, (i) => columns.came_back_of[i] < 0),
      found: times(columns.found_h, found),
      known: times(columns.found_h, (i) => found(i) && columns.came_back_of[i] < 0),
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

  /** Some number at equally spaced hours, from the first to the last of so many; none after the end of the run. */
  series(value, hours = this.hours) {
    const own = Math.floor((POINTS * this.hours) / hours + 1e-9);
    return Array.from({ length: own + 1 }, (_, point) => value(this.at((hours * point) / POINTS)));
  }
}

/** Of what is closed, how much was on time; not a number before anything is. */
export const onTimeShare = ({ on_time: onTime, closed }) => onTime / closed;
