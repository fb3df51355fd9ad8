/** The page: asks for what is to be seen, puts it on the stage, and changes it when somebody wants something else. */

import { MyCommunity } from "page/community.js";
import { fullScreen, hearKeys, hearTabs, hearTheMaps } from "page/hearing.js";
import { Levers } from "page/levers.js";
import { Plan } from "page/plan.js";
import { SPEEDS } from "page/player.js";
import * as source from "page/source.js";
import { Stage } from "page/stage.js";
import { Stories } from "page/stories.js";
import { duration, learn, named, say, speak, spoken, translate } from "page/words.js";

const $ = (id) => document.getElementById(id);
const NOTHING = "",
  AS_IT_IS = "=",
  AS_ASKED = "?",
  MOST_TOLD = 2,
  LONG_S = 3;

export const stage = new Stage();
const levers = new Levers($("levers"), (overrides, which) => {
  const { story, ...rest } = asked; // with another lever it is not what the story tells of
  load(which ? { ...rest, against: { ...rest.against, overrides } } : { ...rest, overrides });
});
const stories = new Stories($("stories"), $("card"), {
  load: (story) => tellStory(story),
  plans: () => stage.plans,
  point,
  seek: (hour) => stage.seek(hour ?? stage.player.hour),
  playTo(hour, speed) {
    if (speed) setSpeed(speed);
    stage.player.play(hour);
  },
  tab(tab) {
    stage.meet(null);
    stage.choose(null);
    if (tab ?? stage.tab === "stories") stage.turnTo(tab ?? "numbers");
  },
  view: (view) => document.querySelector(`input[name=seen][value=${view}]`).click(),
  closed: () => document.body.classList.remove("telling"),
  isTold: (story) => wish?.story === story.name,
});
const myCommunity = new MyCommunity($("community"));
const leversOf = new Map(),
  made = new WeakMap();
/** What is offered; what is on screen, and what was last asked for: a scenario with overrides, a seed, a plan beside it or null. */
let offer = { scenarios: [], stories: [], first: {} },
  wish = null,
  asked = null,
  ticking = null,
  asking = null;

// What is played -----------------------------------------------------------------------------------------------------

/** Ask for what is wanted and show it; returns whether it could be had. What is on screen stays until then. */
async function load(wanted) {
  asking?.abort();
  const mine = (asking = new AbortController());
  asked = wanted;
  message("loading");
  let plans;
  try {
    const both = [wanted, ...(wanted.against ? [{ seed: wanted.seed, ...wanted.against }] : [])];
    const histories = await Promise.all(both.map((one) => source.history(one, spoken(), mine.signal)));
    if (!source.isFile) await offerLevers(both, mine.signal);
    plans = histories.map((history, place) => planOf(history, both[place]));
  } catch (error) {
    if (mine.signal.aborted) return false;
    asked = wish;
    refused(error);
    return false;
  }
  if (mine.signal.aborted) return false;
  message(null);
  wish = wanted;
  stage.show(plans);
  levers.name(plans);
  offerChoices();
  document.body.dataset.ready = plans.map(({ history }) => history.hash).join(" ");
  return true;
}

/** What is asked for is not wanted any more. */
function stop() {
  if (asked === wish) return;
  asking?.abort();
  asked = wish;
  message(null);
  offerChoices();
}

function refused(error) {
  if (error instanceof source.Refused) message(null, levers.refuse(error.problems).join("\n"));
  else {
    message(null, say(error instanceof source.Unanswered ? "no_answer" : "broken"));
    if (!(error instanceof source.Unanswered)) console.error(error);
  }
  offerChoices();
}

/** A plan of a history, with the name that it has here. */
function planOf(history, wanted) {
  if (!made.has(history)) made.set(history, new Plan(history));
  const plan = Object.create(made.get(history)),
    known = JSON.parse(wanted.labelled ?? "{}");
  plan.name = () => {
    const further = history.moved.filter(({ path }) => !wanted.label || known[path] !== wanted.overrides?.[path]);
    const told = further
      .slice(0, MOST_TOLD)
      .map(({ name, value }) => say("set_to", { name: named(name), value: named(value) }));
    if (further.length > MOST_TOLD) told.push("…");
    return [named(wanted.label ?? history.title), ...told].join(" · ");
  };
  return plan;
}

/** The levers of each plan, with what is moved; they are asked for once. */
async function offerLevers(plans, signal) {
  const sides = await Promise.all(
    plans.map(async ({ scenario, overrides = {} }) => {
      leversOf.set(scenario, leversOf.get(scenario) ?? (await source.levers(scenario)));
      return { levers: leversOf.get(scenario), overrides };
    }),
  );
  if (!signal.aborted) levers.show(sides);
}

/** What is said over the map: a text, or by its key; what takes its time says for how long, and how to end it. */
function message(key, text = "") {
  clearInterval(ticking);
  const began = performance.now();
  const since = () => Math.round((performance.now() - began) / 1000);
  if (key === "loading") {
    ticking = setInterval(() => {
      if (since() >= LONG_S) $("message").textContent = say("loading_for", { seconds: since() });
    }, 1000);
  }
  $("message").textContent = key ? say(key) : text;
  $("message").hidden = !key && !text;
}

// Choosing -----------------------------------------------------------------------------------------------------------

/** Fill a list to choose from: texts with their values. */
function fill(select, choices, chosenValue) {
  select.replaceChildren(...choices.map(([text, value]) => new Option(text, value, false, value === chosenValue)));
}

function offerChoices() {
  if (!wish) return;
  const scenarios = offer.scenarios.map(({ name, title }) => [named(title), name]);
  fill($("scenario"), scenarios, wish.scenario);
  const { against } = wish,
    moved = against && Object.keys(against.overrides ?? {}).length > 0;
  const asIt = against && against.scenario === wish.scenario && !moved;
  const special = moved ? [[stage.plans[1]?.name() ?? "", AS_ASKED]] : [];
  const chosen = !against ? NOTHING : moved ? AS_ASKED : asIt ? AS_IT_IS : against.scenario;
  fill(
    $("against"),
    [
      [say("nothing"), NOTHING],
      [say("as_it_is"), AS_IT_IS],
      ...special,
      ...scenarios.filter(([, name]) => name !== wish.scenario),
    ],
    chosen,
  );
}

function chooseBeside(value) {
  if (value === AS_ASKED) return;
  const against = value === NOTHING ? null : { scenario: value === AS_IT_IS ? wish.scenario : value, overrides: {} };
  stories.close();
  load({ ...asked, label: undefined, against });
}

/** Another scenario as it is, and nothing beside it. */
function chooseScenario(scenario) {
  stories.close();
  load({ scenario, overrides: {}, seed: 1, against: null });
}

async function tellStory(story) {
  document.body.classList.add("telling");
  const { scenario, overrides = {}, seed = 1, against, plan } = story;
  const beside = against && { ...against, label: against.plan, labelled: JSON.stringify(against.overrides ?? {}) };
  levers.which = beside ? 1 : 0;
  return load({
    scenario,
    overrides,
    seed,
    label: plan,
    labelled: JSON.stringify(overrides),
    against: beside ?? null,
    story: story.name,
  });
}

/** Point at a place of the page. */
function point(name) {
  for (const each of document.querySelectorAll(".pointed")) each.classList.remove("pointed");
  if (!name) return;
  levers.turnToOneWith(name);
  const places = { timeline: "time", view: "seen", map: "place" },
    place = $(places[name] ?? name);
  const panel = place?.closest("[role=tabpanel]");
  if (panel) stage.turnTo(panel.id.replace("panel_", ""));
  place?.closest("details")?.setAttribute("open", "");
  place?.classList.add("pointed");
  place?.scrollIntoView({ block: "center" });
}

/** To the planner's own community, or back to the city. */
function turnTo(community) {
  stage.player.pause();
  $("community").hidden = !community;
  for (const id of ["city", "playing"]) $(id).hidden = community;
  $("choose").hidden = community || source.isFile;
  $("to_community").hidden = community || source.isFile;
  $("to_city").hidden = !community;
  $("question").hidden = community;
  if (community) $("title").textContent = document.title = say("my_community");
  else stage.relabel();
  if (community && !$("community").children.length) myCommunity.relabel();
  if (!community) stage.looked();
}

// The language -------------------------------------------------------------------------------------------------------

function change(language) {
  speak(language);
  relabel();
  stage.redraw();
}

function setSpeed(speed) {
  stage.player.speed = speed;
  offerSpeeds();
}

function offerSpeeds() {
  const speeds = Array.from(new Set([...SPEEDS, stage.player.speed])).sort((a, b) => a - b);
  fill(
    $("speed"),
    speeds.map((speed) => [say("per_second", { time: duration(speed) }), speed]),
    stage.player.speed,
  );
}

function relabel() {
  translate(document.body);
  for (const button of document.querySelectorAll(".language")) {
    button.setAttribute("aria-pressed", button.dataset.language === spoken());
  }
  offerSpeeds();
  offerChoices();
  levers.relabel();
  stories.relabel();
  stage.relabel();
  if ($("community").children.length) myCommunity.relabel();
  if (!$("community").hidden) $("title").textContent = document.title = say("my_community");
}

// The beginning ------------------------------------------------------------------------------------------------------

function hear() {
  const { player } = stage;
  hearTheMaps(stage);
  hearKeys(stage, { change, speed: setSpeed, stop });
  hearTabs(stage);
  $("play").addEventListener("click", () => player.toggle());
  $("full").addEventListener("click", fullScreen);
  $("nearer").addEventListener("click", () => stage.closer());
  $("farther").addEventListener("click", () => stage.farther());
  $("whole").addEventListener("click", () => stage.whole());
  $("to_community").addEventListener("click", () => turnTo(true));
  $("to_city").addEventListener("click", () => turnTo(false));
  $("speed").addEventListener("change", (event) => {
    player.speed = Number(event.target.value);
  });
  $("scenario").addEventListener("change", (event) => chooseScenario(event.target.value));
  $("against").addEventListener("change", (event) => chooseBeside(event.target.value));
  $("seen").addEventListener("change", () => stage.redraw());
  $("people").addEventListener("change", () => stage.redraw());
  for (const button of document.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => player.step(Number(button.dataset.step)));
  }
  for (const button of document.querySelectorAll(".language")) {
    button.addEventListener("click", () => change(button.dataset.language));
  }
}

async function begin() {
  const languages = Array.from(document.querySelectorAll(".language"), (button) => button.dataset.language);
  let found, every;
  try {
    [found, every] = await Promise.all([source.texts(languages), source.offered()]);
  } catch (error) {
    $("message").textContent = error.message; // there are no texts to say it in
    return;
  }
  learn(found);
  speak(document.documentElement.lang);
  offer = every;
  for (const id of ["choose", "to_community"]) $(id).hidden = source.isFile;
  document.body.classList.toggle("file", source.isFile);
  hear();
  stories.show(offer.stories ?? []);
  relabel();
  stage.turnTo("numbers");
  await load({ overrides: {}, seed: 1, against: null, ...offer.first });
}

begin();
