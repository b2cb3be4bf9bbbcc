// The Review tab: which session, what can be done with it, and its review; everything over /api/v1.

import { ask, attempt, send, sessionPath } from "../shared/api.js";
import { el } from "../shared/elements.js";
import { dayText, language, readMessages, textOf, translatePage, useLanguage } from "../shared/messages.js";
import { offerRedFlags } from "../shared/red_flags.js";
import { wantedLanguages } from "../shared/settings.js";
import { mayChangeAll, mayWriteNotes } from "../shared/visitor.js";
import { showReview } from "./review.js";
import { showTools } from "./session_tools.js";
import { showTrends } from "./trends.js";

const byId = (id) => document.getElementById(id);
let sessions = [];

const current = () => decodeURIComponent(location.hash.slice(1)) || sessions[0]?.id;

async function list() {
  sessions = await ask("sessions");
  byId("choose").replaceChildren(
    ...sessions.map((s) => {
      const about = textOf("review.duration", { title: s.title, minutes: s.duration_s / 60 });
      return el("option", { value: s.id }, `${dayText(s.started_local.slice(0, 19))} · ${about}`);
    }),
  );
}

async function show() {
  const id = current(),
    weeks = location.hash === "#trends";
  byId("trends").toggleAttribute("aria-current", weeks);
  document.querySelector('#bar a[href="review"]').toggleAttribute("aria-current", !weeks);
  if (weeks) {
    byId("tools").hidden = true;
    return showTrends();
  }
  if (!id) return byId("review").replaceChildren(el("p", { class: "soft" }, textOf("review.none")));
  byId("choose").value = id;
  const session = sessions.find((s) => s.id === id);
  if (session) showTools(session, sessions, changed);
  showReview(await ask(`${sessionPath(id)}/review?language=${language()}`), noteActions);
}

// Sessions are others than before: list them, and show the one with this id ("": the newest).
async function changed(id) {
  await list();
  if (decodeURIComponent(location.hash.slice(1)) === id) await show();
  else location.hash = encodeURIComponent(id); // which shows it
}

// What can be done with notes here; one that another device would have to do is null.
const noteActions = {
  add: mayWriteNotes() ? addNote : null,
  remove: mayChangeAll() ? removeNote : null,
};

function addNote(id, text, pain) {
  return attempt(async () => {
    await send(`${sessionPath(id)}/notes`, "POST", {
      text: text || "",
      pain: pain === "" ? null : Number(pain),
    });
    await show();
  });
}

function removeNote(id, note) {
  return attempt(async () => {
    await ask(`${sessionPath(id)}/notes/${note}`, { method: "DELETE" });
    await show();
  });
}

readMessages();
useLanguage(wantedLanguages());
translatePage();
offerRedFlags(byId("flags"));
byId("more").onclick = () => {
  const open = byId("tools").hidden;
  byId("tools").hidden = !open;
  byId("more").setAttribute("aria-expanded", String(open));
};
byId("choose").onchange = (event) => {
  location.hash = encodeURIComponent(event.target.value);
};
addEventListener("hashchange", () => attempt(show));
attempt(async () => {
  await list();
  await show();
});
