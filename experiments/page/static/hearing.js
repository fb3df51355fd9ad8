/** Mouse, touch and keyboard. */

import { SPEEDS } from "page/player.js";
import { spoken } from "page/words.js";

const $ = (id) => document.getElementById(id);
/** Where the panels stand under the map. */
const narrow = matchMedia("(max-width: 760px)");
const WHEEL = 0.0015,
  CLICK_PX = 5;

export function hearTheMaps(stage) {
  stage.maps.forEach((map, which) => hearTheMap(stage, map, which));
  const observer = new ResizeObserver(() => {
    if (stage.plans.length) stage.looked();
  });
  for (const side of stage.sides) observer.observe(side); // a story's card takes room from them
}

function hearTheMap(stage, map, which) {
  const { canvas } = map,
    fingers = new Map();
  let moved = 0;
  const spread = () => {
    const [a, b] = Array.from(fingers.values());
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  };
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      if (!map.history) return;
      map.zoomBy(Math.exp(-event.deltaY * WHEEL), event.offsetX, event.offsetY);
      stage.looked();
    },
    { passive: false },
  );
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !map.history) return;
    canvas.setPointerCapture(event.pointerId);
    if (!fingers.size) moved = 0;
    fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!map.history) return;
    const [x, y] = [event.offsetX, event.offsetY],
      before = fingers.get(event.pointerId);
    if (before) {
      const wide = fingers.size === 2 ? spread() : 0;
      fingers.set(event.pointerId, [x, y]);
      moved += Math.abs(x - before[0]) + Math.abs(y - before[1]);
      if (fingers.size === 2) map.zoomBy(spread() / Math.max(wide, 1), x, y);
      else map.panBy(x - before[0], y - before[1]);
      stage.looked();
    }
    const under = map.personAt(x, y) ?? map.incidentAt(x, y);
    canvas.classList.toggle("on", under !== null);
    stage.tell(which, under, x, y);
  });
  const away = (event) => {
    fingers.delete(event.pointerId);
    return event;
  };
  canvas.addEventListener("pointerup", (event) => {
    if (!fingers.has(event.pointerId)) return;
    away(event);
    if (moved > CLICK_PX) return;
    const person = map.personAt(event.offsetX, event.offsetY);
    if (person) stage.meet(person, which);
    else {
      stage.meet(null);
      stage.choose(map.incidentAt(event.offsetX, event.offsetY), which);
    }
  });
  canvas.addEventListener("pointercancel", away);
  canvas.addEventListener("pointerleave", () => stage.tell(which, null));
}

export function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen();
}

/** Keys are for the page, unless a control wants them for itself. `does` has what is not the stage's: change (the language), speed, stop (asking). */
export function hearKeys(stage, does) {
  const { player } = stage;
  const faster = (by) => {
    const further = SPEEDS.filter((speed) => (by > 0 ? speed > player.speed : speed < player.speed));
    if (further.length) does.speed(by > 0 ? further[0] : further.at(-1));
  };
  const otherView = () =>
    Array.from(document.querySelectorAll("input[name=seen]"))
      .find(({ checked }) => !checked)
      .click();
  const close = () => {
    does.stop();
    stage.meet(null);
    stage.choose(null);
  };
  const keys = {
    " ": () => player.toggle(),
    ArrowLeft: (event) => player.step(event.shiftKey ? -24 : -1),
    ArrowRight: (event) => player.step(event.shiftKey ? 24 : 1),
    Home: () => stage.seek(0),
    End: () => stage.seek(player.end),
    ",": () => faster(-1),
    ".": () => faster(1),
    "+": () => stage.closer(),
    "=": () => stage.closer(),
    "-": () => stage.farther(),
    0: () => stage.whole(),
    f: fullScreen,
    g: otherView,
    n: () => stage.chooseBeside(1),
    p: () => stage.chooseBeside(-1),
    Escape: close,
    d: () => stage.fates.step(1),
    l: () => does.change(spoken() === "zh" ? "en" : "zh"),
  };
  document.addEventListener("keydown", (event) => {
    if ($("city").hidden || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const control = event.target.closest("button, select, input, summary, textarea"),
      arrow = event.key.startsWith("Arrow");
    const wanted =
      control &&
      (control.matches("select, textarea, input:not([type=radio], [type=checkbox], #seek)") ||
        event.key === " " ||
        (control.matches("input[type=radio], [role=tab]") && arrow));
    if (!act || wanted) return;
    event.preventDefault();
    act(event);
  });
}

/** Left and right go from tab to tab, as people expect who use no mouse. */
export function hearTabs(stage) {
  const tabs = Array.from(document.querySelectorAll("#tabs [role=tab]"));
  tabs.forEach((tab, place) => {
    tab.addEventListener("click", () => {
      stage.meet(null);
      stage.choose(null);
      stage.turnTo(tab.dataset.tab);
      if (narrow.matches) $("tabs").scrollIntoView({ block: "start" });
    });
    tab.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      const next = tabs[(place + by + tabs.length) % tabs.length];
      next.click();
      next.focus();
    });
  });
}
