// Shoes: every pair with its kilometres, what is worth a remark, and which pair a run was in.
import { ask, attempt, send } from "../shared/api.js";
import { el, section } from "../shared/elements.js";
import { language, numberText, textOf } from "../shared/messages.js";
import { entryBody, isBetween } from "./entries.js";
import { folded, form, numberField, select, textField, toggle, toggles } from "./form_parts.js";
import { dateText, reasonLine, runText } from "./plan_texts.js";

const WARN_KM = 500;
const ALARM_KM = 800;
const RECENT_RUNS = 8;
const SPACES = /[\s,;]+/;

export function shoesView(report, written, _view, id) {
  const done = () => written("shoes");
  if (id) return shoeForm(report, done, report.shoes.find((use) => use.shoe.id === id)?.shoe);
  const pairs = report.shoes.toSorted((a, b) => Number(a.shoe.retired) - Number(b.shoe.retired));
  const gaits = new Map(pairs.map((use) => [use.shoe.shoe, el("ul", { class: "gait" })]));
  const about = el("p", { class: "soft" });
  if (pairs.length) attempt(() => showGait(gaits, about));
  return el(
    "div",
    { class: "cards" },
    ...pairs.map((use) => pair(use, gaits.get(use.shoe.shoe), done)),
    pairs.length ? null : el("section", {}, el("p", {}, textOf("shoes.empty"))),
    el("a", { class: "big", href: "#shoes/new" }, el("b", {}, textOf("shoes.add"))),
    pairs.length && report.runs.length ? recentRuns(report, done) : null,
    pairs.length ? el("p", { class: "soft" }, textOf("shoes.life")) : null,
    about,
  );
}

// What changed over the life of each pair; nothing stands there for one with too little to tell.
async function showGait(gaits, about) {
  const found = await ask(`plan/shoe-gait?language=${language()}`);
  for (const change of found.changes) gaits.get(change.shoe)?.append(el("li", {}, change.text));
  about.textContent = found.changes.length ? found.about : "";
}

const nameOf = (shoe) => shoe.model || shoe.shoe;

function pair(use, gait, done) {
  const { shoe } = use;
  const facts = [
    shoe.drop_mm == null ? "" : textOf("shoes.drop_of", { mm: shoe.drop_mm }),
    shoe.default ? textOf("shoes.usual") : "",
    use.last_day ? textOf("shoes.last_run", { day: dateText(use.last_day) }) : "",
  ];
  const retire = el(
    "button",
    { class: "plain" },
    textOf(shoe.retired ? "shoes.use_again" : "shoes.retire"),
  );
  retire.onclick = () => keep({ ...shoe, retired: !shoe.retired }, "", done);
  return el(
    "section",
    { class: shoe.retired ? "shoe-retired" : "shoe" },
    el("h2", {}, nameOf(shoe), shoe.retired ? ` · ${textOf("shoes.retired")}` : ""),
    el("p", { class: "kilometres" }, el("b", {}, kmWithInterval(use))),
    el("meter", {
      min: 0,
      max: 1000,
      low: WARN_KM,
      high: ALARM_KM,
      optimum: 0,
      value: Math.min(use.km, 1000),
      "aria-hidden": "true",
    }),
    el("p", { class: "soft" }, usedText(use)),
    facts.some(Boolean) ? el("p", { class: "soft" }, facts.filter(Boolean).join(" · ")) : null,
    el("ul", {}, ...use.remarks.map(reasonLine)),
    gait,
    el(
      "p",
      { class: "actions" },
      el("a", { href: `#shoes/${encodeURIComponent(shoe.id)}` }, textOf("diary.correct")),
      retire,
    ),
  );
}

// Kilometres with half of their interval where it is known; "at least" where some runs have no length.
export function kmWithInterval({ km, km_pm, unknown_runs }) {
  const text =
    km_pm == null
      ? textOf("plan_page.km_whole", { km })
      : `${numberText(km, 0)} ± ${textOf("plan_page.km_whole", { km: km_pm })}`;
  return unknown_runs ? textOf("shoes.at_least", { km: text }) : text;
}

function usedText({ runs, unknown_runs, recent_share }) {
  const parts = [textOf("shoes.runs", { n: runs })];
  if (unknown_runs) parts.push(textOf("shoes.unknown_runs", { n: unknown_runs }));
  if (recent_share != null) parts.push(textOf("shoes.share", { share: 100 * recent_share }));
  return parts.join(" · ");
}

// An entry about a pair: a new one tells of it from now on, one that replaces another corrects it.
const keep = (shoe, replaces, done) =>
  attempt(async () => {
    await send("log", "POST", entryBody("shoe", { ...shoe, day: replaces ? shoe.day : null }, replaces));
    await done();
  });

function shoeForm(report, done, known) {
  const fields = { start_km: 0, default: false, ...known };
  const taken = new Set(report.shoes.map((use) => use.shoe.shoe));
  return form(
    textOf(known ? "shoes.change" : "shoes.add"),
    null,
    (check) => {
      const set = (key) => (value) => {
        fields[key] = value;
        check();
      };
      const rename = (text) => set(known ? "model" : "shoe")(text.trim());
      return [
        textField(textOf("shoes.name"), known ? nameOf(known) : "", rename),
        numberField(textOf("shoes.start"), fields.start_km || null, set("start_km"), "km"),
        numberField(textOf("shoes.drop"), fields.drop_mm, set("drop_mm"), "mm"),
        toggles(toggle(textOf("shoes.usual_pair"), fields.default, set("default"))),
        folded(
          textOf("shoes.more"),
          numberField(textOf("shoes.height"), fields.stack_mm, set("stack_mm"), "mm"),
          textField(textOf("shoes.pods"), (fields.pods ?? []).join(", "), (text) =>
            set("pods")(text.split(SPACES).filter(Boolean)),
          ),
          el("p", { class: "soft" }, textOf("shoes.pods_about")),
        ),
      ];
    },
    () => isShoe(fields) && (known || !taken.has(fields.shoe)),
    () => keep({ ...fields, start_km: fields.start_km ?? 0 }, known?.id ?? "", done),
  );
}

// Whether a pair has a name, and numbers that can be its own.
export const isShoe = ({ shoe, start_km, drop_mm, stack_mm }) =>
  Boolean(shoe) &&
  isBetween(start_km, 0, 20_000) &&
  isBetween(drop_mm, -10, 30) &&
  isBetween(stack_mm, 0, 100);

function recentRuns(report, done) {
  const pairs = report.shoes
    .filter((use) => !use.shoe.retired)
    .map((use) => [use.shoe.shoe, nameOf(use.shoe)]);
  const rows = report.runs.slice(0, RECENT_RUNS).map((run) => {
    const known =
      pairs.some(([shoe]) => shoe === run.shoe) || !run.shoe ? pairs : [...pairs, [run.shoe, run.shoe]];
    return select(
      runText({ ...run, minutes: null }),
      [["", textOf("shoes.none_of_them")], ...known],
      run.shoe,
      (shoe) =>
        attempt(async () => {
          await send(
            "log",
            "POST",
            entryBody("session_shoe", { session: run.session, shoe, day: run.day }),
          );
          await done();
        }),
    );
  });
  return section(textOf("shoes.which"), ...rows);
}
