/** Says things in the language of whoever watches; texts stand in en.json and zh.json. */

const LOCALES = { en: "en-GB", zh: "zh-CN" };
let texts = {},
  language = "en",
  formats = {};

export function learn(found) {
  texts = found;
}

export function speak(wanted) {
  language = wanted in texts ? wanted : "en";
  const locale = LOCALES[language],
    utc = { timeZone: "UTC" };
  formats = {
    number: new Intl.NumberFormat(locale),
    fine: new Intl.NumberFormat(locale, { maximumSignificantDigits: 2 }),
    date: new Intl.DateTimeFormat(locale, { ...utc, year: "numeric", month: "short", day: "numeric" }),
    day: new Intl.DateTimeFormat(locale, { ...utc, month: "short", day: "numeric" }),
    time: new Intl.DateTimeFormat(locale, { ...utc, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
    weekday: new Intl.DateTimeFormat(locale, { ...utc, weekday: "long" }),
    month: new Intl.DateTimeFormat(locale, { ...utc, year: "numeric", month: "short" }),
    short: new Intl.DateTimeFormat(locale, { ...utc, weekday: "short", month: "short", day: "numeric" }),
  };
  document.documentElement.lang = locale;
}

export const spoken = () => language;

/** A text of the page with its values put in by name. */
export function say(key, values = {}) {
  return texts[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** What the history calls something, in each language. */
export const named = (names) => names[language] ?? names.en;

export const number = (value) => formats.number.format(value);

/** A share in per cent, with the sign as the language has it. */
export const percent = (share) =>
  Number.isFinite(share)
    ? say("percent", { count: formats.number.format(Math.round(share * 1000) / 10) })
    : say("none");

/** A unit beside a number, as people say it. */
export const unitOf = (unit) => texts[language][`unit_${unit.en}`] ?? named(unit);

/** The moment so many hours after the start, in a form: date, day, time, weekday, short, month. */
export function moment(start, hours, form) {
  return formats[form].format(new Date(Date.parse(start) + hours * 3_600_000));
}

/** A length of time, short: minutes, hours or days. */
export function duration(hours) {
  if (hours < 1) return say("minutes", { count: Math.round(hours * 60) });
  if (hours < 48) return say("hours", { count: formats.fine.format(hours) });
  return say("days", { count: formats.fine.format(hours / 24) });
}

/** Whatever in the page has a text or a label of its own, in the language that is spoken now. */
export function translate(root) {
  for (const each of root.querySelectorAll("[data-text]")) each.textContent = say(each.dataset.text);
  for (const each of root.querySelectorAll("[data-label]")) {
    each.setAttribute("aria-label", say(each.dataset.label));
    if (each.dataset.key) each.title = `${say(each.dataset.label)} (${each.dataset.key})`;
  }
}
