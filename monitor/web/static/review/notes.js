// Notes and pain of a run; where they can be kept (not in the file), with a form.

import { el, section } from "../shared/elements.js";
import { textOf } from "../shared/messages.js";

const PAIN_LEVELS = 11; // 0 to 10

export function notes(report, actions) {
  if (!actions.add && !report.notes.length) return null;
  const part = section(
    textOf("review.notes.title"),
    el("ul", {}, ...report.notes.map((n) => item(n, report.session.id, actions))),
  );
  if (actions.add) part.append(noteForm(report.session.id, actions));
  return part;
}

function item(note, session, actions) {
  const line = el(
    "li",
    {},
    note.kind === "pain" ? el("b", {}, textOf("review.notes.pain", { level: note.value })) : "",
    note.text,
    " ",
    el("small", {}, note.made_utc.slice(0, 16).replace("T", " ")),
  );
  if (actions.remove) {
    const label = textOf("review.notes.remove"),
      remove = el("button", { class: "plain", title: label, "aria-label": label }, "×");
    remove.onclick = () => actions.remove(session, note.id);
    line.append(remove);
  }
  return line;
}

function noteForm(session, actions) {
  const levels = Array.from({ length: PAIN_LEVELS }, (_, n) => el("option", { value: n }, n));
  const pain = el(
    "select",
    { name: "pain", "aria-label": textOf("review.notes.pain_scale") },
    el("option", { value: "" }, "–"),
    ...levels,
  );
  const form = el(
    "form",
    { class: "note" },
    el("input", {
      type: "text",
      name: "text",
      placeholder: textOf("review.notes.placeholder"),
      "aria-label": textOf("review.notes.label"),
    }),
    el("label", {}, textOf("review.notes.pain_label"), pain),
    el("button", {}, textOf("review.notes.add")),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    const data = new FormData(form);
    if (data.get("text") || data.get("pain")) actions.add(session, data.get("text"), data.get("pain"));
  };
  return form;
}
