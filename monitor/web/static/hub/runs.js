// A hub's page: a card for each runner of the tenant, asked for every two seconds; each leads to the live page.

import { ask, attempt } from "../shared/api.js";
import { el } from "../shared/elements.js";
import { numberText, readMessages, textOf, translatePage, useLanguage } from "../shared/messages.js";
import { wantedLanguages } from "../shared/settings.js";
import { cardOf } from "./run_card.js";

const EVERY_MS = 2000;
const byId = (id) => document.getElementById(id);

readMessages();
useLanguage(wantedLanguages());
translatePage();
look();

async function look() {
  const rows = await attempt(() => ask("runs"));
  if (rows) show(rows);
  setTimeout(look, EVERY_MS);
}

function show(rows) {
  const cards = rows.map(cardOf).sort((a, b) => a.away - b.away || a.athlete.localeCompare(b.athlete));
  byId("none").hidden = cards.length > 0;
  const focused = document.activeElement?.getAttribute("href");
  byId("runs").replaceChildren(...cards.map(drawn));
  if (focused)
    byId("runs")
      .querySelector(`a[href="${CSS.escape(focused)}"]`)
      ?.focus();
}

function drawn(card) {
  const number = card.cadence == null ? "–" : numberText(card.cadence, 0),
    place = card.place ? [el("b", {}, textOf(card.place)), " "] : [],
    target = card.target ? textOf(...card.target) : "";
  return el(
    "li",
    { class: card.kind },
    el(
      "a",
      { href: card.href },
      el("b", {}, card.athlete),
      el("span", { class: "number" }, number, el("small", {}, textOf("live.cadence_unit"))),
      el("span", {}, textOf(card.doing)),
      el("span", { class: "target" }, ...place, target),
      el("small", {}, card.away ? textOf("hub.silent", { n: card.minutes }) : ""),
    ),
  );
}
