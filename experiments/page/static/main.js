/** The page: puts the parts together, and hears the mouse and the keyboard. */

import { CaseFile } from "page/casefile.js";
import { Counts } from "page/counting.js";
import { stateAt } from "page/looks.js";
import { CityMap } from "page/map.js";
import { Numbers, drawLegend } from "page/panel.js";
import { Player, SPEEDS } from "page/player.js";
import * as source from "page/source.js";
import { Timeline } from "page/timeline.js";
import { duration, learn, moment, named, number, say, speak, spoken, translate } from "page/words.js";

const $ = (id) => document.getElementById(id);
const CLOSER = 1.4, WHEEL = 0.0015, CLICK_PX = 4;

export const map = new CityMap($("map"));
const numbers = new Numbers($("numbers"));
const player = new Player(draw, (playing) => turned(playing));
const timeline = new Timeline($("time"), (hour) => player.seek(hour));
const file = new CaseFile($("file"), { seek: (hour) => seekTo(hour), choose, beside: chooseBeside });
let history = null, counts = null, chosen = null, playedName = null, listed = { scenarios: [], first: null };

/** The whole page at an hour; everything in it follows from the hour. */
function draw(hour) {
  if (!history) return;
  map.draw(hour, unseenToo(), chosen);
  const shown = counts.at(hour);
  numbers.at(shown, history.columns.site.length, unseenToo());
  timeline.at(hour);
  file.at(hour);
  $("hour").textContent = `${moment(history.start, hour, "date")} ${moment(history.start, hour, "time")}`;
  $("hour").dateTime = String(hour);
  $("weekday").textContent = moment(history.start, hour, "weekday");
  if (!player.playing) describe(shown);
}

const unseenToo = () => document.querySelector("input[name=seen]:checked").value === "there";

/** For those who do not see the map. */
function describe(shown) {
  const values = { open: number(shown.open), unseen: number(shown.unseen) };
  $("map").setAttribute("aria-label", say(unseenToo() ? "map_there" : "map_known", values));
}

function turned(playing) {
  const button = $("play");
  button.classList.toggle("playing", playing);
  button.dataset.label = playing ? "pause" : "play";
  translate(button.parentElement);
  draw(player.hour);
}

function seekTo(hour) {
  player.pause();
  player.seek(hour);
}

// Which incident is looked at ----------------------------------------------------------------------------------------

function choose(incident) {
  chosen = incident;
  if (incident === null) file.close();
  else file.show(history, map, incident);
  $("legend").hidden = incident !== null;
  draw(player.hour);
}

/** The one before or after, of those that are on the map. */
function chooseBeside(step) {
  const there = map.drawn.map(([incident]) => incident).sort((a, b) => a - b);
  if (!there.length) return;
  const after = there.findIndex((incident) => chosen !== null && incident > chosen);
  const next = after < 0 ? there.length : after, before = next - (there.includes(chosen) ? 2 : 1);
  const place = chosen === null ? 0 : step > 0 ? next : before;
  choose(there.at(place < 0 ? -1 : place % there.length));
}

function tell(incident, x, y) {
  const word = $("word");
  word.hidden = incident === null;
  if (incident === null) return;
  const { columns, categories } = history, state = stateAt(columns, map.good, incident, player.hour);
  const age = duration(player.hour - columns.occurred_h[incident]);
  const category = named(categories[columns.category[incident]].name);
  word.textContent = say("word", { category, state: say(`state_${state}`), age });
  word.style.transform = `translate(${Math.min(x + 14, map.wide - word.offsetWidth - 8)}px, ${Math.max(8, y - 34)}px)`;
}

// What is played -----------------------------------------------------------------------------------------------------

async function load(scenario) {
  player.pause();
  message("loading");
  try {
    history = await source.history(scenario, spoken());
    playedName = scenario;
  } catch (error) {
    $("scenario").value = playedName;
    message(null, error instanceof source.Refused ? error.message : say("no_answer"));
    return;
  }
  message(null);
  counts = new Counts(history);
  chosen = null;
  file.close();
  $("legend").hidden = false;
  map.show(history);
  timeline.show(history, counts);
  relabel();
  player.begin(history.hours);
  document.body.dataset.ready = history.hash;
}

function message(key, text = "") {
  $("message").textContent = key ? say(key) : text;
  $("message").hidden = !key && !text;
}

// The language -------------------------------------------------------------------------------------------------------

function change(language) {
  speak(language);
  relabel();
  draw(player.hour);
}

function relabel() {
  translate(document.body);
  for (const button of document.querySelectorAll(".language")) {
    button.setAttribute("aria-pressed", button.dataset.language === spoken());
  }
  const speeds = SPEEDS.map((speed) => [say("per_second", { time: duration(speed) }), speed]);
  offer($("speed"), speeds, player.speed);
  offer($("scenario"), listed.scenarios.map(({ name, title }) => [named(title), name]), playedName);
  if (!history) return;
  numbers.relabel();
  $("title").textContent = named(history.title);
  $("question").textContent = named(history.question);
  document.title = named(history.title);
  drawLegend($("legend"), history);
  timeline.relabel();
  measure();
  if (chosen !== null) file.show(history, map, chosen);
}

/** Fill a list to choose from: texts with their values. */
function offer(select, choices, chosenValue) {
  select.replaceChildren(...choices.map(([text, value]) => new Option(text, value, false, value === chosenValue)));
}

function measure() {
  const [metres, pixels] = map.scale();
  $("scale").firstElementChild.style.width = `${pixels}px`;
  const long = metres >= 1000 ? say("km", { count: number(metres / 1000) }) : say("m", { count: number(metres) });
  $("scale").lastElementChild.textContent = long;
}

// Mouse and keyboard -------------------------------------------------------------------------------------------------

function looked() {
  measure();
  draw(player.hour);
}

function hearTheMap() {
  const canvas = $("map");
  let held = null, moved = 0;
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    map.zoomBy(Math.exp(-event.deltaY * WHEEL), event.offsetX, event.offsetY);
    looked();
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    [held, moved] = [[event.offsetX, event.offsetY], 0];
  });
  canvas.addEventListener("pointermove", (event) => {
    if (held) {
      moved += Math.abs(event.offsetX - held[0]) + Math.abs(event.offsetY - held[1]);
      map.panBy(event.offsetX - held[0], event.offsetY - held[1]);
      held = [event.offsetX, event.offsetY];
      looked();
    }
    const incident = map.incidentAt(event.offsetX, event.offsetY);
    canvas.classList.toggle("on", incident !== null);
    tell(incident, event.offsetX, event.offsetY);
  });
  canvas.addEventListener("pointerup", (event) => {
    held = null;
    if (moved <= CLICK_PX) choose(map.incidentAt(event.offsetX, event.offsetY));
  });
  canvas.addEventListener("pointerleave", () => tell(null));
}

function zoom(factor) {
  map.zoomBy(factor);
  looked();
}

function whole() {
  map.fit();
  looked();
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen();
}

function faster(by) {
  const place = SPEEDS.indexOf(player.speed) + by;
  player.speed = SPEEDS[Math.min(Math.max(place, 0), SPEEDS.length - 1)];
  $("speed").value = player.speed;
}

function otherView() {
  const [there, known] = document.querySelectorAll("input[name=seen]");
  (there.checked ? known : there).click();
}

const KEYS = {
  " ": () => player.toggle(), ArrowLeft: (event) => player.step(event.shiftKey ? -24 : -1),
  ArrowRight: (event) => player.step(event.shiftKey ? 24 : 1), Home: () => seekTo(0), End: () => seekTo(player.end),
  ",": () => faster(-1), ".": () => faster(1), "+": () => zoom(CLOSER), "=": () => zoom(CLOSER), "-": () => zoom(1 / CLOSER),
  0: whole, f: fullScreen, g: otherView, n: () => chooseBeside(1), p: () => chooseBeside(-1), Escape: () => choose(null),
  l: () => change(spoken() === "zh" ? "en" : "zh"),
};

/** Keys are for the page, unless a control wants them for itself. */
function hearKeys(event) {
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  const control = event.target.closest("button, select, input[type=radio]");
  const arrow = event.key.startsWith("Arrow");
  const wanted = control && (control.matches("select") || event.key === " " || (control.matches("input") && arrow));
  if (!act || wanted || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act(event);
}

function hear() {
  hearTheMap();
  document.addEventListener("keydown", hearKeys);
  $("play").addEventListener("click", () => player.toggle());
  $("full").addEventListener("click", fullScreen);
  $("nearer").addEventListener("click", () => zoom(CLOSER));
  $("farther").addEventListener("click", () => zoom(1 / CLOSER));
  $("whole").addEventListener("click", whole);
  $("speed").addEventListener("change", (event) => { player.speed = Number(event.target.value); });
  $("scenario").addEventListener("change", (event) => load(event.target.value));
  $("seen").addEventListener("change", () => draw(player.hour));
  for (const button of document.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => player.step(Number(button.dataset.step)));
  }
  for (const button of document.querySelectorAll(".language")) {
    button.addEventListener("click", () => change(button.dataset.language));
  }
  new ResizeObserver(() => {
    map.lookAgain();
    if (history) looked();
  }).observe($("map"));
}

async function begin() {
  const languages = Array.from(document.querySelectorAll(".language"), (button) => button.dataset.language);
  const [found, every] = await Promise.all([source.texts(languages), source.scenarios()]);
  learn(found);
  speak(document.documentElement.lang);
  listed = every;
  $("choose").hidden = !listed.scenarios.length;
  hear();
  relabel();
  await load(listed.first);
}

begin();
