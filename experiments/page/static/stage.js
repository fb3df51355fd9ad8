/** What is on screen: one plan or two, their maps and panels, at one hour. */

import { CaseFile } from "page/casefile.js";
import { Differences } from "page/comparing.js";
import { DifferencesView } from "page/differencesview.js";
import { LadderView } from "page/ladderview.js";
import { stateAt } from "page/looks.js";
import { CityMap } from "page/map.js";
import { Numbers, drawLegend } from "page/panel.js";
import { PersonFile } from "page/personfile.js";
import { Player } from "page/player.js";
import { Timeline } from "page/timeline.js";
import { duration, moment, named, number, say, translate } from "page/words.js";

const $ = (id) => document.getElementById(id);
const CLOSER = 1.4;

export class Stage {
  constructor() {
    this.sides = Array.from(document.querySelectorAll("#place .side"));
    this.maps = this.sides.map((side) => new CityMap(side.querySelector("canvas")));
    this.plans = [];
    this.differences = null;
    this.chosen = this.marked = this.person = null;
    this.which = 0;
    this.player = new Player(
      (hour) => this.draw(hour),
      (playing) => this.turned(playing),
    );
    this.timeline = new Timeline($("time"), (hour) => this.player.seek(hour));
    this.numbers = new Numbers($("numbers"));
    this.ladder = new LadderView($("ladder"), (incident, plan) => this.choose(incident, this.plans.indexOf(plan)));
    this.fates = new DifferencesView($("differences"), (incident) => this.goTo(incident));
    const seek = (hour) => this.seek(hour);
    this.file = new CaseFile($("file"), {
      seek,
      choose: (incident, which) => this.choose(incident, which),
      beside: (step) => this.chooseBeside(step),
    });
    this.personFile = new PersonFile($("person"), {
      seek,
      choose: (incident) => this.choose(incident),
      close: () => this.meet(null),
    });
    this.tab = "numbers";
  }

  get shown() {
    return this.maps.slice(0, this.plans.length);
  }

  get unseenToo() {
    return document.querySelector("input[name=seen]:checked").value === "there";
  }

  // Which plans ----------------------------------------------------------------------------------------------------

  /** Put plans on the stage; the hour stays, and the part of the map that is seen if the ground is the same. */
  show(plans) {
    const chosen =
      this.plans[0]?.history.ground.frame_m.join() === plans[0].history.ground.frame_m.join() ? this.chosen : null;
    this.plans = plans;
    this.differences = plans.length > 1 ? new Differences(plans[0].history, plans[1].history) : null;
    this.sides[1].hidden = plans.length < 2;
    $("place").classList.toggle("two", plans.length > 1);
    this.chosen = this.marked = this.person = null;
    this.which = 0;
    this.file.close();
    this.personFile.close();
    const frames = plans.map(({ history }) => history.ground.frame_m.join());
    this.maps[1].look = frames[1] === frames[0] ? this.maps[0].look : { zoom: 1, middle: [0, 0] };
    this.maps[1].history = frames[1] === frames[0] ? plans[0].history : null; // of another ground: all of it at first
    this.shown.forEach((map, place) => map.show(plans[place]));
    this.timeline.show(plans);
    this.relabel();
    this.player.begin(Math.max(...plans.map(({ history }) => history.hours)));
    if (chosen !== null && chosen < plans[0].history.columns.site.length) this.choose(chosen);
    else this.turnTo(this.tab);
  }

  /** Everything that is written, in the language that is spoken now. */
  relabel() {
    if (!this.plans.length) return;
    const { plans } = this,
      [{ history }] = plans;
    $("title").textContent = named(history.title);
    $("question").textContent = named(history.question);
    document.title = named(history.title);
    for (const side of this.sides) side.querySelector("p").hidden = plans.length < 2;
    this.numbers.show(plans);
    this.ladder.show(plans);
    this.fates.show(plans, this.differences);
    drawLegend($("legend"), plans);
    this.timeline.relabel();
    this.measure();
    if (this.chosen !== null) this.file.show(plans, this.which, this.chosen, this.comparable);
    if (this.person) this.personFile.show(plans[this.which], this.person, this.player.hour);
  }

  // The hour ---------------------------------------------------------------------------------------------------------

  /** The whole page at an hour; everything in it follows from the hour. */
  draw(hour) {
    if (!this.plans.length) return;
    const { unseenToo, which, chosen, person } = this,
      differs = this.differences?.same ? this.differences.marked : null;
    const withPeople = $("people").checked;
    const ringed = chosen ?? this.marked,
      onBoth = ringed !== null && this.differences?.same && this.differences.has(ringed);
    this.shown.forEach((map, place) =>
      map.draw(Math.min(hour, map.history.hours), {
        unseenToo,
        withPeople,
        differs,
        chosen: place === which || onBoth ? ringed : null,
        person: place === which ? person : null,
      }),
    );
    this.tellEnds(hour);
    if (hour !== this.hour) $("word").hidden = true;
    this.hour = hour;
    const counts = this.plans.map((plan) => plan.counts.at(hour));
    if (this.tab === "numbers") this.numbers.at(hour, counts, unseenToo);
    if (this.tab === "ladder") this.ladder.at(hour);
    this.timeline.at(hour);
    this.file.at(hour);
    this.personFile.at(hour);
    const { start } = this.plans[0].history;
    $("hour").textContent = `${moment(start, hour, "date")} ${moment(start, hour, "time")}`;
    $("hour").dateTime = new Date(Date.parse(start) + hour * 3_600_000).toISOString().slice(0, 16);
    $("hour").dataset.hour = hour;
    $("weekday").textContent = moment(start, hour, "weekday");
    if (!this.player.playing) this.describe(counts);
  }

  /** A run that is shorter than the one beside it says when it is over. */
  tellEnds(hour) {
    this.sides.forEach((side, place) => {
      const plan = this.plans[place],
        over = plan && this.plans.length > 1 && hour > plan.history.hours;
      const text = over ? say("over", { plan: plan.name() }) : (plan?.name() ?? ""),
        caption = side.querySelector("p");
      if (caption.textContent !== text) caption.textContent = text;
    });
  }

  redraw() {
    this.draw(this.player.hour);
  }

  /** For those who do not see the maps. */
  describe(counts) {
    this.shown.forEach((map, place) => {
      const values = { open: number(counts[place].open), unseen: number(counts[place].unseen) };
      map.canvas.setAttribute("aria-label", say(this.unseenToo ? "map_there" : "map_known", values));
    });
  }

  turned(playing) {
    const button = $("play");
    button.classList.toggle("playing", playing);
    button.dataset.label = playing ? "pause" : "play";
    translate(button.parentElement);
    this.redraw();
  }

  seek(hour) {
    this.player.pause();
    this.player.seek(hour);
  }

  // Which part of the page ---------------------------------------------------------------------------------------------

  turnTo(tab) {
    this.tab = tab;
    for (const button of document.querySelectorAll("#tabs [role=tab]")) {
      const open = button.dataset.tab === tab;
      button.setAttribute("aria-selected", open);
      button.tabIndex = open ? 0 : -1;
      $(`panel_${button.dataset.tab}`).hidden = !open || this.fileOpen;
    }
    this.redraw();
  }

  /** What differs, if both plans met the same incidents. */
  get comparable() {
    return this.differences?.same ? this.differences : null;
  }

  get fileOpen() {
    return this.chosen !== null || this.person !== null;
  }

  // Which incident, which person ---------------------------------------------------------------------------------------

  choose(incident, which = this.which) {
    const left = incident === null && $("file").contains(document.activeElement);
    this.chosen = incident;
    this.marked = null;
    this.which = incident === null && !this.person ? 0 : which;
    if (incident === null) this.file.close();
    else {
      this.meet(null);
      this.file.show(this.plans, which, incident, this.comparable);
      this.fates.mark(incident);
    }
    this.turnTo(this.tab);
    if (left) $(`tab_${this.tab}`).focus();
  }

  meet(person, which = this.which) {
    this.person = person;
    if (person) {
      this.choose(null);
      this.which = which;
      this.person = person;
      this.personFile.show(this.plans[which], person, this.player.hour);
    } else this.personFile.close();
    this.turnTo(this.tab);
  }

  /** To an incident that fared otherwise: where and when it occurred. */
  goTo(incident) {
    const [
        {
          history: { columns },
        },
      ] = this.plans,
      site = columns.site[incident];
    for (const map of this.shown) if (map.look.zoom > 1) map.panTo(columns.site_x_m[site], columns.site_y_m[site]);
    this.lookAgain();
    this.seek(Math.ceil(columns.occurred_h[incident]));
    if (this.chosen !== null) this.choose(incident);
    this.marked = incident;
    this.fates.mark(incident);
    this.redraw();
  }

  /** The one before or after, of those that are on the map. */
  chooseBeside(step) {
    const there = this.maps[this.which].drawn.map(([incident]) => incident).sort((a, b) => a - b);
    if (!there.length) return;
    const after = there.findIndex((incident) => this.chosen !== null && incident > this.chosen);
    const next = after < 0 ? there.length : after,
      before = next - (there.includes(this.chosen) ? 2 : 1);
    const place = this.chosen === null ? 0 : step > 0 ? next : before;
    this.choose(there.at(place < 0 ? -1 : place % there.length));
  }

  /** A word about what is under the mouse. */
  tell(which, under, x, y) {
    const word = $("word");
    word.hidden = under === null;
    if (under === null) return;
    word.textContent = typeof under === "number" ? this.wordOf(which, under) : say(`person_${under.kind}`);
    const left = this.sides[which].offsetLeft + x + 14,
      top = this.sides[which].offsetTop + y - 34;
    word.style.transform = `translate(${Math.min(left, $("place").clientWidth - word.offsetWidth - 8)}px, ${Math.max(8, top)}px)`;
  }

  wordOf(which, incident) {
    const plan = this.plans[which],
      { columns, categories } = plan.history,
      state = stateAt(columns, plan.good, incident, this.player.hour);
    const age = duration(this.player.hour - columns.occurred_h[incident]),
      category = named(categories[columns.category[incident]].name);
    return say("word", { category, state: say(`state_${state}`), age });
  }

  // How near -----------------------------------------------------------------------------------------------------------

  lookAgain() {
    for (const map of this.shown) map.lookAgain();
    this.measure();
  }

  looked() {
    this.lookAgain();
    this.redraw();
  }

  zoom(factor) {
    if (!this.plans.length) return;
    const looks = new Set();
    for (const map of this.shown) if (looks.size < looks.add(map.look).size) map.zoomBy(factor);
    this.looked();
  }

  closer() {
    this.zoom(CLOSER);
  }

  farther() {
    this.zoom(1 / CLOSER);
  }

  whole() {
    for (const map of this.shown) map.fit();
    if (this.plans.length) this.looked();
  }

  measure() {
    if (!this.plans.length || !(this.maps[0].perMetre > 0)) return;
    const [metres, pixels] = this.maps[0].scale();
    $("scale").firstElementChild.style.width = `${pixels}px`;
    const long = metres >= 1000 ? say("km", { count: number(metres / 1000) }) : say("m", { count: number(metres) });
    $("scale").lastElementChild.textContent = long;
  }
}
