// Parts of forms with big buttons: one tap each, no keyboard where a number of ten will do.
import { el } from "../shared/elements.js";
import { textOf } from "../shared/messages.js";

const LEVELS = 11; // 0 to 10
const COMMA = /,/;

// A group of buttons of which one is chosen; tapping it again takes it back where it is `optional`.
export function choice(label, options, chosen, changed, { kind = "", optional = false } = {}) {
  const buttons = options.map(([value, text]) => {
    const button = el("button", { type: "button", "aria-pressed": String(value === chosen) }, text);
    button.onclick = () => {
      const again = button.getAttribute("aria-pressed") === "true";
      for (const other of buttons)
        other.setAttribute("aria-pressed", String(other === button && !(again && optional)));
      changed(again && optional ? null : value);
    };
    return button;
  });
  return el(
    "div",
    { class: `question ${kind}`, role: "group", "aria-label": label },
    el("p", { class: "label" }, label),
    el("div", { class: "options" }, ...buttons),
  );
}

// Pain, or effort, from 0 to 10.
export function scale(label, chosen, changed, ends, more = {}) {
  const levels = Array.from({ length: LEVELS }, (_, n) => [n, String(n)]);
  const group = choice(label, levels, chosen, changed, { kind: "scale", ...more });
  group.append(
    el(
      "p",
      { class: "ends" },
      el("span", {}, textOf(`diary.${ends}_least`)),
      el("span", {}, textOf(`diary.${ends}_most`)),
    ),
  );
  return group;
}

// A switch that is off until it is tapped.
export function toggle(text, on, changed) {
  const button = el("button", { type: "button", class: "toggle", "aria-pressed": String(on) }, text);
  button.onclick = () => {
    const now = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(now));
    changed(now);
  };
  return button;
}

export const toggles = (...buttons) => el("div", { class: "toggles" }, ...buttons);

// A number with its unit; null while the field is empty, NaN for what is no number.
export function numberField(label, value, changed, unit = "") {
  const input = el("input", { inputmode: "decimal", autocomplete: "off", value: value ?? null });
  input.oninput = () => changed(readNumber(input.value));
  return el("label", { class: "field" }, el("span", {}, label), input, el("span", { class: "unit" }, unit));
}

export const readNumber = (text) => (text.trim() ? Number(text.trim().replace(COMMA, ".")) : null);

export function textField(label, value, changed, attributes = {}) {
  const input = el("input", { type: "text", maxlength: 100, value: value ?? "", ...attributes });
  input.oninput = () => changed(input.value);
  return el("label", { class: "field" }, el("span", {}, label), input);
}

export function select(label, options, chosen, changed, kind = "") {
  const list = el(
    "select",
    {},
    ...options.map(([value, text]) =>
      el("option", { value, selected: value === chosen ? "" : null }, text),
    ),
  );
  list.onchange = () => changed(list.value);
  return el("label", { class: `field ${kind}` }, el("span", {}, label), list);
}

export function folded(title, ...parts) {
  return el("details", { class: "folded" }, el("summary", {}, title), ...parts);
}

// A form with one button, which can be pressed when `ready()` says so; `parts` may call `check` on a change.
export function form(title, about, makeParts, ready, save) {
  const button = el("button", { class: "save" }, textOf("diary.save"));
  const check = () => {
    button.disabled = !ready();
  };
  const body = el(
    "form",
    { class: "entry" },
    el("h1", {}, title),
    about ? el("p", { class: "soft" }, about) : null,
  );
  body.append(...makeParts(check).filter(Boolean), button);
  check();
  body.onsubmit = async (event) => {
    event.preventDefault();
    button.disabled = true; // two taps are one entry
    await save();
    check(); // only seen where it failed: else the page shows something else now
  };
  return el("div", { class: "cards" }, body);
}
