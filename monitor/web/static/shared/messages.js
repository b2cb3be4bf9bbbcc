// What a runner reads, by key, in the language of the page: the catalogues of monitor/core/catalogues, which
// lie in the page itself, read by the rules of monitor/core/message_catalogues.py.
const PLACE = /\{(\w+)(?::\.(\d)f)?\}/g;
const NAME = /\{(\w+)\}/;
const SPECIAL = /[.*+?^${}()|[\]\\]/g;
const WITH_OFFSET = /^(\d{4}-\d\d-\d\dT[\d:]{8}).*([+-])(\d\d):(\d\d)$/;
const DECIMAL = /^[+-]?\d+\.\d+$/;
const PLACES_OF_NUMBERS = { here: "[+-]?\\d+\\.\\d+", there: "[+-]?\\d+\\.\\d+" };
const ATTRIBUTES = { label: "aria-label", title: "title", placeholder: "placeholder" };

let catalogues = {};
let exact = {}; // text that records may hold: key
let patterns = []; // [pattern, key] of those that have places
let current = "en";
let called = {}; // name of a sensor: how the runner says it

// Take the catalogues, { languages: { code: { key: message } }, recorded: { text: key } }.
export function useMessages({ languages: all, recorded }) {
  catalogues = all;
  exact = recorded;
  patterns = Object.entries(recorded)
    .filter(([text]) => NAME.test(text))
    .map(([text, key]) => [patternOf(text), key]);
}

// Take the catalogues that lie in this page.
export const readMessages = () => useMessages(JSON.parse(document.getElementById("messages").textContent));

// Speak the first of these languages ("de", or "de-AT") that there is; else English.
export function useLanguage(wanted) {
  current = wanted.map((code) => code.slice(0, 2)).find((code) => Object.hasOwn(catalogues, code)) ?? "en";
}

// Say these names otherwise in texts of records: { name: text }.
export const useNames = (names) => {
  called = names;
};

// A name of a sensor as the runner says it.
export const nameText = (name) => (Object.hasOwn(called, name) ? called[name] : name);

export const language = () => current;

// For dates: the language as this device writes it, with its country where it has one.
export const locale = () =>
  globalThis.navigator?.languages?.find((code) => code.slice(0, 2) === current) ?? current;

// The day of an instant (ISO 8601) here, as the language writes it.
export const dayText = (utc) => new Date(utc).toLocaleDateString(locale(), { dateStyle: "medium" });

// A start as the runner's clock showed it (ISO 8601 with the offset valid there and then), with that offset.
export function startText(local) {
  const [, time, sign, hours, minutes] = WITH_OFFSET.exec(local);
  const clock = new Date(`${time}Z`).toLocaleString(locale(), {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone: "UTC",
  });
  const ahead = Number(hours) || Number(minutes) ? (sign === "-" ? "−" : "+") + Number(hours) : "";
  return `${clock} (UTC${ahead}${Number(minutes) ? `:${minutes}` : ""})`;
}

// [code, name] of each language.
export const languageNames = () =>
  Object.entries(catalogues).map(([code, messages]) => [code, messages["language.name"]]);

// A message with its values; its key where there is none, so that a page never stands still.
export function textOf(key, values = {}) {
  const message = messageOf(key);
  if (message === undefined) return key;
  const text = typeof message === "string" ? message : message[values.n === 1 ? "one" : "other"];
  return text.replaceAll(PLACE, (place, name, decimals) => {
    const value = values[name];
    if (value == null) return place;
    return decimals === undefined ? value : numberText(value, Number(decimals));
  });
}

// Whether there is a message with this key.
export const hasText = (key) => messageOf(key) !== undefined;

// The wordings of a message that has several; [] if there is none.
export function wordings(key) {
  const message = messageOf(key);
  return Array.isArray(message) ? message : [];
}

// A text of a record in the language of the page, or as it is where it is not known.
// change(key, parts) may give another message and other parts: in other units.
export function recordedText(text, change = (key, parts) => [key, parts]) {
  if (Object.hasOwn(exact, text)) return textOf(exact[text]);
  for (const [pattern, found] of patterns) {
    const match = pattern.exec(text);
    if (match) {
      const [key, parts] = change(found, match.groups ?? {});
      const texts = Object.entries(parts).map(([name, part]) => [name, partText(name, part)]);
      return textOf(key, Object.fromEntries(texts));
    }
  }
  return text;
}

// A number with so many decimals, as the language writes it.
export const numberText = (value, decimals) => localized(value.toFixed(decimals));

const HYPHEN_IN_FRONT = /^-/;

// A number as toFixed writes it, with the minus sign and the decimal mark of the language.
export const localized = (number) =>
  number.replace(HYPHEN_IN_FRONT, "−").replace(".", messageOf("number.decimal") ?? ".");

// Write the messages that elements of the page ask for: data-text, data-label, data-title, data-placeholder.
export function translatePage() {
  document.documentElement.lang = current;
  for (const element of document.querySelectorAll("[data-text]"))
    element.textContent = textOf(element.dataset.text);
  for (const [name, attribute] of Object.entries(ATTRIBUTES))
    for (const element of document.querySelectorAll(`[data-${name}]`))
      element.setAttribute(attribute, textOf(element.dataset[name]));
}

function messageOf(key) {
  const messages = catalogues[current] ?? {};
  return Object.hasOwn(messages, key) ? messages[key] : undefined;
}

function partText(name, part) {
  if (name === "words") return part; // a person's own
  if (name === "names") return part.split(" and ").map(nameText).join(textOf("and"));
  if (name === "name" && Object.hasOwn(called, part)) return called[part];
  return DECIMAL.test(part) ? localized(part) : recordedText(part);
}

// A recorded text whose places take anything; those of numbers behind a name take a number, as a name may
// have spaces.
function patternOf(text) {
  const parts = text
    .split(NAME)
    .map((part, i) => (i % 2 ? placePattern(part) : part.replaceAll(SPECIAL, "\\$&")));
  return new RegExp(`^${parts.join("")}$`);
}

function placePattern(name) {
  return `(?<${name}>${PLACES_OF_NUMBERS[name] ?? ".+?"})`;
}
