// What can be done with a session: rename, tag, take away, compare, delete; and bringing in a file.
import { ask, attempt, send, sessionPath } from "./api.js";
import { el, table } from "./elements.js";
import { changeBadge, number, term, unit } from "./terms.js";

const EXPORTS = ["fit", "csv", "parquet", "tape", "imu-csv"];

// changed(id) is called after a change, with the session to show then ("": whatever is the newest).
export function showTools(session, sessions, changed) {
  document
    .getElementById("tools")
    .replaceChildren(
      nameForm(session, changed),
      links(session),
      compareForm(session, sessions),
      importForm(changed),
      deletion(session, changed),
    );
}

function nameForm(session, changed) {
  const form = el(
    "form",
    {},
    el("input", { type: "text", name: "title", value: session.title, "aria-label": "title" }),
    el("input", {
      type: "text",
      name: "tags",
      value: session.tags.join(", "),
      placeholder: "shoe=…, surface=…, effort=0-10",
      "aria-label": "tags",
    }),
    el("button", {}, "Save"),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    const data = new FormData(form);
    attempt(async () => {
      await send(sessionPath(session.id), "PATCH", {
        title: data.get("title"),
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
    el("label", {}, "Take away:"),
    ...EXPORTS.map((format) => link(`export/${format}`, format)),
    link("page", "this review as a file"),
  );
}

function deletion(session, changed) {
  const remove = el("button", { class: "danger" }, "Delete this session …");
  remove.onclick = () => {
    // biome-ignore lint/suspicious/noAlert: raw data cannot be brought back, so everything stops until it is answered
    if (!confirm(`Really delete “${session.title}” with its raw data? It cannot be brought back.`)) return;
    attempt(async () => {
      await ask(`${sessionPath(session.id)}?really=${encodeURIComponent(session.id)}`, {
        method: "DELETE",
      });
      await changed("");
    });
  };
  const size = session.tape_bytes ? `raw tape ${(session.tape_bytes / 1e6).toFixed(1)} MB` : "no raw tape";
  return el("div", { class: "row" }, remove, el("small", {}, size));
}

function importForm(changed) {
  const file = el("input", {
    type: "file",
    accept: ".fit,.csv,.zip,.npz,.tape",
    "aria-label": "file to bring in",
  });
  file.onchange = () =>
    attempt(async () => {
      const body = file.files[0],
        session = await ask(`import/${encodeURIComponent(body.name)}`, { method: "PUT", body });
      await changed(session.id);
    });
  return el("form", {}, el("label", {}, "Bring in "), file);
}

function compareForm(session, sessions) {
  const others = sessions.filter((s) => s.id !== session.id);
  if (!others.length) return el("span", {});
  const other = el(
    "select",
    { "aria-label": "compare with" },
    ...others.map((s) => el("option", { value: s.id }, `${s.started_utc.slice(0, 10)} ${s.title}`)),
  );
  const form = el(
      "form",
      {},
      el("label", {}, "Against "),
      other,
      el("button", { type: "submit" }, "Compare"),
    ),
    place = el("div", {});
  form.onsubmit = (event) => {
    event.preventDefault();
    attempt(async () => {
      const rows = await ask(
        `compare?session=${encodeURIComponent(other.value)}&session=${encodeURIComponent(session.id)}`,
      );
      place.replaceChildren(
        rows.length ? comparison(rows) : el("p", { class: "soft" }, "Nothing can be compared."),
      );
    });
  };
  return el("div", {}, form, place);
}

function comparison(rows) {
  const body = rows.map(({ metric, means: [that, here], differences: [, change] }) => [
    term(metric),
    number(metric, that.v, 1),
    number(metric, here.v, 1),
    changeBadge(metric, change, that.v),
    unit(metric),
  ]);
  return table(["", "that run", "this run", "at equal speed and grade", "unit"], body);
}
