// What can be done with a session: rename, tag, take away, compare, delete; and bringing in a file.

import { ask, attempt, send, sessionPath } from "../shared/api.js";
import { cardTable, el, fragment } from "../shared/elements.js";
import { dayText, language, languageNames, textOf } from "../shared/messages.js";
import { saveSetting, settings } from "../shared/settings.js";
import { mayChangeAll, mayWriteNotes } from "../shared/visitor.js";
import { changeBadge, modelMark, number, term, unit } from "./terms.js";

const EXPORTS = ["fit", "gpx", "tcx", "csv", "parquet", "tape", "imu-csv"];

// changed(id) is called after a change, with the session to show then ("": whatever is the newest).
export function showTools(session, sessions, changed) {
  const all = mayChangeAll(),
    parts = [
      mayWriteNotes() && nameForm(session, changed),
      links(session),
      compareForm(session, sessions),
      all && importForm(changed),
      languageForm(),
      all ? deletion(session, changed) : limitsOfRole(),
    ];
  document.getElementById("tools").replaceChildren(...parts.filter(Boolean));
}

// What this device cannot do here, and why.
function limitsOfRole() {
  const key = mayWriteNotes() ? "review.tools.coach" : "review.tools.reader";
  return el("p", { class: "soft" }, textOf(key));
}

function nameForm(session, changed) {
  const form = el(
    "form",
    {},
    mayChangeAll()
      ? el("input", {
          type: "text",
          name: "title",
          value: session.title,
          "aria-label": textOf("review.tools.name"),
        })
      : "",
    el("input", {
      type: "text",
      name: "tags",
      value: session.tags.join(", "),
      placeholder: textOf("review.tools.tags_example"),
      "aria-label": textOf("review.tools.tags"),
    }),
    el("button", {}, textOf("review.tools.save")),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    const data = new FormData(form);
    attempt(async () => {
      await send(sessionPath(session.id), "PATCH", {
        title: data.get("title"), // null, which changes nothing, where the title is not this device's to set
        tags: tagsOf(data.get("tags")),
      });
      await changed(session.id);
    });
  };
  return form;
}

// The tags in a text that lists them between commas.
export const tagsOf = (text) =>
  text
    .split(",")
    .map((tag) => tag.trim())
    .filter(Boolean);

function links({ id }) {
  const link = (path, text) => el("a", { href: `api/v1/${sessionPath(id)}/${path}`, download: "" }, text);
  return el(
    "div",
    { class: "row" },
    el("label", {}, textOf("review.tools.export")),
    ...EXPORTS.map((format) => link(`export/${format}`, format)),
    link(`page?language=${language()}`, textOf("review.tools.export_review")),
  );
}

// The language is chosen for the live page too; the page is then loaded in it.
function languageForm() {
  const names = [["", textOf("page.language_device")], ...languageNames()];
  const choice = el(
    "select",
    { "aria-label": textOf("page.language") },
    ...names.map(([code, label]) => el("option", { value: code }, label)),
  );
  choice.value = settings.language;
  choice.onchange = () => {
    saveSetting("language", choice.value);
    location.reload();
  };
  return el("form", {}, el("label", {}, textOf("page.language"), " "), choice);
}

function deletion(session, changed) {
  const remove = el("button", { class: "danger" }, textOf("review.tools.delete"));
  remove.onclick = () => {
    // biome-ignore lint/suspicious/noAlert: raw data cannot be brought back, so everything stops until it is answered
    if (!confirm(textOf("review.tools.delete_sure", { title: session.title }))) return;
    attempt(async () => {
      await ask(`${sessionPath(session.id)}?really=${encodeURIComponent(session.id)}`, {
        method: "DELETE",
      });
      await changed("");
    });
  };
  const size = session.tape_bytes
    ? textOf("review.tools.raw", { size: session.tape_bytes / 1e6 })
    : textOf("review.tools.no_raw");
  return el("div", { class: "row" }, remove, el("small", {}, size));
}

function importForm(changed) {
  const file = el("input", {
    type: "file",
    accept: ".fit,.csv,.zip,.npz,.tape",
    "aria-label": textOf("review.tools.import_file"),
  });
  file.onchange = () =>
    attempt(async () => {
      const body = file.files[0],
        session = await ask(`import/${encodeURIComponent(body.name)}`, { method: "PUT", body });
      await changed(session.id);
    });
  return el("form", {}, el("label", {}, textOf("review.tools.import")), file);
}

function compareForm(session, sessions) {
  const others = sessions.filter((s) => s.id !== session.id);
  if (!others.length) return el("span", {});
  const other = el(
    "select",
    { "aria-label": textOf("review.tools.compare_with") },
    ...others.map((s) =>
      el("option", { value: s.id }, `${dayText(s.started_local.slice(0, 19))} ${s.title}`),
    ),
  );
  const form = el(
      "form",
      {},
      el("label", {}, textOf("review.tools.compare_with")),
      other,
      el("button", { type: "submit" }, textOf("review.tools.compare")),
    ),
    place = el("div", {});
  form.onsubmit = (event) => {
    event.preventDefault();
    attempt(async () => {
      const rows = await ask(
        `compare?session=${encodeURIComponent(other.value)}&session=${encodeURIComponent(session.id)}`,
      );
      place.replaceChildren(
        rows.length ? comparison(rows) : el("p", { class: "soft" }, textOf("review.tools.compare_nothing")),
      );
    });
  };
  return el("div", {}, form, place);
}

function comparison(rows) {
  const marked = (text, modelled) => (modelled ? fragment(text, " ", modelMark()) : text);
  const body = rows.map(({ metric, means: [that, here], differences: [, change], modelled }) => [
    term(metric),
    changeBadge(metric, change, that.v),
    marked(number(metric, that.v, 1), modelled[0]),
    marked(number(metric, here.v, 1), modelled[1]),
    unit(metric),
  ]);
  return cardTable(
    [
      "",
      textOf("review.column.change_matched"),
      textOf("review.column.that_run"),
      textOf("review.column.this_run"),
      textOf("review.column.unit"),
    ],
    body,
  );
}
