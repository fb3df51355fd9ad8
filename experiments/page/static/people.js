/** Where people are: a closed form of their beat or round and of their errands, as the model has it (Eq. 15, 16, 37). */

import { Grouped, countUntil } from "page/searching.js";

const NOWHERE = null;
/** A post has at most so many cases in hand, or has had them since the one that is sought. */
const MOST_IN_HAND = 64;

/** Hours on duty, and what has been worked by an hour (Eq. 2). */
class Roster {
  constructor(opens, closes) {
    this.opens = opens;
    this.closes = closes;
    this.before = new Float64Array(opens.length + 1);
    opens.forEach((open, span) => {
      this.before[span + 1] = this.before[span] + closes[span] - open;
    });
  }

  workedAt(hour) {
    const span = countUntil(this.opens, hour) - 1;
    return span < 0 ? 0 : this.before[span] + Math.min(hour, this.closes[span]) - this.opens[span];
  }

  onDuty(hour) {
    const span = countUntil(this.opens, hour) - 1;
    return span >= 0 && hour < this.closes[span];
  }

  /** The next hour at which somebody is on duty; infinity: none within the run. */
  nextOpening(hour) {
    return this.opens[countUntil(this.opens, hour)] ?? Infinity;
  }
}

export class People {
  constructor(history, steps) {
    const { columns } = history;
    this.history = history;
    this.columns = columns;
    this.steps = steps;
    this.beatsCount = columns.beat_cycle_h.length;
    const firsts = columns.roster_spans_first;
    this.rosters = Array.from(
      { length: firsts.length - 1 },
      (_, roster) =>
        new Roster(
          columns.span_opens_h.slice(firsts[roster], firsts[roster + 1]),
          columns.span_closes_h.slice(firsts[roster], firsts[roster + 1]),
        ),
    );
    this.roundOf = new Map(Array.from(columns.round_unit, (unit, round) => [unit, round]));
    this.takeErrands();
    this.takeWork();
    this.takeDoors();
  }

  /** Everybody who is on the map: beats, and posts of grids. */
  get everybody() {
    this.listed ??= [
      ...Array.from({ length: this.beatsCount }, (_, number) => ({ kind: "beat", number })),
      ...this.history.units.flatMap(({ level }, number) => (level === 0 ? [{ kind: "post", number }] : [])),
    ];
    return this.listed;
  }

  rosterOf({ kind, number }) {
    return this.rosters[kind === "beat" ? this.columns.beat_roster[number] : this.columns.unit_roster[number]];
  }

  // Errands --------------------------------------------------------------------------------------------------------

  /** Of each beat its errands in order: when taken on, from and until which hours on duty, and the lag after each. */
  takeErrands() {
    const { steps, columns } = this,
      { codes } = steps;
    const isErrand = new Set([codes.find, codes.verify, codes.check]);
    this.errandsOf = new Grouped(
      steps.count,
      (step) => (isErrand.has(steps.what[step]) ? steps.who[step] : -1),
      this.beatsCount,
    );
    this.errands = Array.from({ length: this.beatsCount }, (_, beat) => {
      const part = this.errandsOf.part(beat),
        roster = this.rosters[columns.beat_roster[beat]];
      const taken = new Float64Array(part.length),
        starts = new Float64Array(part.length);
      const ends = new Float64Array(part.length),
        lags = new Float64Array(part.length);
      let free = 0,
        lag = columns.beat_head_start_h[beat];
      part.forEach((step, place) => {
        taken[place] = steps.time[step];
        starts[place] = Math.max(roster.workedAt(steps.time[step]), free);
        free = ends[place] = steps.until[step];
        lags[place] = lag += free - starts[place];
      });
      return { part, taken, starts, ends, lags };
    });
  }

  /** What a beat does at an hour: the errand it is on (a step, its start and end in hours on duty), or how far it has walked. */
  doingOfBeat(beat, hour) {
    const errands = this.errands[beat],
      roster = this.rosters[this.columns.beat_roster[beat]];
    const duty = roster.workedAt(hour),
      last = countUntil(errands.taken, hour) - 1;
    const free = last < 0 ? 0 : errands.ends[last],
      lag = last < 0 ? this.columns.beat_head_start_h[beat] : errands.lags[last];
    const walked = Math.max(duty, free) - lag;
    if (duty >= free) return { walked, errand: null };
    let place = last;
    while (place > 0 && errands.starts[place] > duty) place--;
    return {
      walked,
      errand: { step: errands.part[place], start: errands.starts[place], end: errands.ends[place], duty },
    };
  }

  // Rounds and work --------------------------------------------------------------------------------------------------

  /** Of each post the cases that it has had in hand: from when, until when. */
  takeWork() {
    const { steps, history } = this,
      { codes } = steps;
    const from = [],
      until = [],
      unit = [],
      incident = [];
    const goesOn = new Set([codes.reported_again, codes.extension]);
    for (let step = 0; step < steps.count; step++) {
      if (steps.what[step] !== codes.handling || steps.who[step] < 0 || history.units[steps.who[step]].level !== 0)
        continue;
      const own = steps.ofIncident.part(steps.incident[step]),
        place = own.indexOf(step);
      const end = own.subarray(place + 1).find((later) => !goesOn.has(steps.what[later]));
      from.push(steps.time[step]);
      until.push(end === undefined ? Infinity : steps.time[end]);
      unit.push(steps.who[step]);
      incident.push(steps.incident[step]);
    }
    this.work = { from, until, incident };
    this.workOf = new Grouped(unit.length, (place) => unit[place], history.units.length);
    this.workFrom = history.units.map((_, which) => Float64Array.from(this.workOf.part(which), (place) => from[place]));
  }

  /** The case that a post has in hand at an hour; -1: none. */
  inHand(unit, hour) {
    const part = this.workOf.part(unit),
      begun = countUntil(this.workFrom[unit], hour);
    for (let place = begun - 1; place >= 0 && place >= begun - MOST_IN_HAND; place--) {
      if (hour < this.work.until[part[place]]) return this.work.incident[part[place]];
    }
    return -1;
  }

  /** Of each social grid its sites in the order in which a round reaches them. */
  takeDoors() {
    const { site_social: grids, site_door_before: before, site_households: households } = this.columns;
    const count = grids.reduce((most, grid) => Math.max(most, grid + 1), 0);
    const lived = Array.from(grids.keys())
      .filter((site) => households[site] > 0)
      .sort((a, b) => before[a] - before[b]);
    this.sitesOf = Array.from({ length: count }, () => []);
    for (const site of lived) this.sitesOf[grids[site]].push(site);
    this.doorsOf = this.sitesOf.map((sites) => sites.map((site) => before[site]));
  }

  /** The site at whose doors a round is; -1: it has none. */
  siteOfRound(round, hour) {
    const { columns } = this,
      unit = columns.round_unit[round],
      [first, end] = [columns.round_areas_first[round], columns.round_areas_first[round + 1]];
    const passed =
      (this.rosters[columns.unit_roster[unit]].workedAt(hour) * columns.round_visits_per_h[round]) %
      columns.round_households[round];
    const place = first + Math.max(0, countUntil(columns.round_before, passed, first, end) - 1),
      area = columns.round_area[place];
    const door = Math.max(0, countUntil(this.doorsOf[area], passed - columns.round_before[place]) - 1);
    return this.sitesOf[area][door] ?? -1;
  }

  // Places -----------------------------------------------------------------------------------------------------------

  /** Where somebody is at an hour, m, and what for; null: off duty, or nobody can tell. */
  at(person, hour) {
    if (!this.rosterOf(person).onDuty(hour)) return NOWHERE;
    return person.kind === "beat" ? this.beatAt(person.number, hour) : this.postAt(person.number, hour);
  }

  beatAt(beat, hour) {
    const { walked, errand } = this.doingOfBeat(beat, hour),
      here = this.walkAt(beat, walked);
    if (!errand) return here && { ...here, doing: "walks" };
    const { steps, columns, history } = this,
      incident = steps.incident[errand.step],
      kind = steps.name(errand.step);
    const there = {
      x: columns.site_x_m[columns.site[incident]],
      y: columns.site_y_m[columns.site[incident]],
      doing: kind,
      incident,
    };
    const way = kind === "find" ? 0 : Math.max(0, (errand.end - errand.start - history.errands_h[kind]) / 2);
    const left = Math.min(errand.duty - errand.start, errand.end - errand.duty);
    if (!here || left >= way) return there;
    const share = left / way;
    return { ...there, x: here.x + share * (there.x - here.x), y: here.y + share * (there.y - here.y) };
  }

  /** Where a walk has come to: between the middles of the cells of its round. */
  walkAt(beat, walked) {
    const { columns, history } = this;
    if (!history.patrol_in_order) return NOWHERE;
    const [first, end] = [columns.beat_visits_first[beat], columns.beat_visits_first[beat + 1]],
      cycle = columns.beat_cycle_h[beat];
    const position = ((walked % cycle) + cycle) % cycle;
    const visit = first + Math.max(0, countUntil(columns.visit_entered_h, position, first, end) - 1);
    const left = (visit + 1 < end ? columns.visit_entered_h[visit + 1] : cycle) - columns.visit_entered_h[visit];
    const share = left > 0 ? (position - columns.visit_entered_h[visit]) / left : 0;
    const next = visit + 1 < end ? visit + 1 : first,
      [a, b] = [columns.visit_cell[visit], columns.visit_cell[next]];
    return {
      x: columns.cell_x_m[a] + share * (columns.cell_x_m[b] - columns.cell_x_m[a]),
      y: columns.cell_y_m[a] + share * (columns.cell_y_m[b] - columns.cell_y_m[a]),
      cell: a,
    };
  }

  postAt(unit, hour) {
    const { columns } = this,
      incident = this.inHand(unit, hour),
      round = this.roundOf.get(unit);
    if (incident < 0 && round === undefined) return NOWHERE;
    const site = incident < 0 ? this.siteOfRound(round, hour) : columns.site[incident];
    if (site < 0) return NOWHERE;
    return {
      x: columns.site_x_m[site],
      y: columns.site_y_m[site],
      doing: incident < 0 ? "rounds" : "works",
      incident,
      site,
    };
  }

  // A day ------------------------------------------------------------------------------------------------------------

  /** The steps of somebody on the day of an hour, in order. */
  dayOf({ kind, number }, hour) {
    const { steps } = this,
      day = Math.floor(hour / 24);
    const part = kind === "beat" ? this.errandsOf.part(number) : this.ofUnit.part(number);
    return Array.from(part).filter((step) => Math.floor(steps.time[step] / 24) === day);
  }

  /** The steps that units have a part in, unit by unit. */
  get ofUnit() {
    if (!this.stepsOfUnit) {
      const { steps, history } = this,
        { codes } = steps;
      const withUnit = new Set([codes.dispatched, codes.handling, codes.visit, codes.set_aside]);
      this.stepsOfUnit = new Grouped(
        steps.count,
        (step) => (withUnit.has(steps.what[step]) ? steps.who[step] : -1),
        history.units.length,
      );
    }
    return this.stepsOfUnit;
  }
}
