// What was written down: forms to add to it, and every entry with a way to correct it or to take it back.
import { ask, attempt, send } from "../shared/api.js";
import { el, section } from "../shared/elements.js";
import { hasText, textOf } from "../shared/messages.js";
import { hasForm, LEVELS } from "./entry_forms.js";
import { folded } from "./form_parts.js";
import { dateText, kmText, minutesText, painText, runText } from "./plan_texts.js";

const SHOWN_DAYS = 3;
const ASKED = ["after", "morning", "weekly", "manual_run"];

export function diaryView(report, written) {
  const list = el("div", {}, el("p", { class: "soft" }, textOf("plan_page.loading")));
  attempt(async () => {
    const { entries } = await ask("log");
    list.replaceChildren(
      ...(entries.length
        ? days(entries, report, written)
        : [el("p", { class: "soft" }, textOf("diary.empty"))]),
    );
  });
  const links = ASKED.map((kind) =>
    el("a", { class: "big", href: `#${kind}` }, el("b", {}, textOf(`diary.ask_${kind}`))),
  );
  if (report.declared)
    links.push(el("a", { class: "big-quiet", href: "#declare" }, textOf("diary.declare_again")));
  return el(
    "div",
    { class: "cards" },
    section(textOf("diary.add"), el("div", { class: "links" }, ...links)),
    section(textOf("diary.written"), list),
    el("a", { class: "big-quiet", href: "#sharing" }, textOf("sharing.title")),
  );
}

// Day by day, the newest first; older ones are folded.
function days(entries, report, written) {
  const byDay = Map.groupBy(entries, (entry) => entry.day);
  const parts = [...byDay].map(([day, mine]) =>
    el("div", {}, el("h3", {}, dateText(day)), ...mine.map((entry) => item(entry, report, written))),
  );
  const older = parts.slice(SHOWN_DAYS);
  if (!older.length) return parts;
  return [...parts.slice(0, SHOWN_DAYS), folded(textOf("diary.older"), ...older)];
}

function item(entry, report, written) {
  const actions = el("span", { class: "actions" });
  if (hasForm(entry.kind))
    actions.append(el("a", { href: `#edit/${encodeURIComponent(entry.id)}` }, textOf("diary.correct")));
  if (entry.kind !== "share") actions.append(takeBack(entry, written)); // its switch deletes what was sent, too
  return el(
    "div",
    { class: "written" },
    el(
      "div",
      {},
      el("b", {}, textOf(`diary.kind_${entry.kind}`)),
      " ",
      el("span", {}, entryText(entry, report)),
    ),
    actions,
  );
}

// The first tap asks, the second does it.
function takeBack(entry, written) {
  const button = el("button", { class: "plain" }, textOf("diary.take_back"));
  button.onclick = () => {
    if (!button.dataset.sure) {
      button.dataset.sure = "yes";
      button.textContent = textOf(entry.kind === "flag" ? "diary.sure_flag" : "diary.sure");
      return;
    }
    attempt(async () => {
      await send("log", "POST", { kind: "withdrawn", fields: {}, replaces: entry.id });
      await written("diary");
    });
  };
  return button;
}

const TEXTS = {
  after: (e, report) => [
    aboutRun(e.session, report.runs),
    textOf("diary.pains", { during: painText(e.during), now: painText(e.now) }),
    placeText(e),
    ...["limp", "painkiller", "stopped_early"]
      .filter((name) => e[name])
      .map((name) => textOf(`diary.${name}`)),
    e.effort == null ? "" : textOf("diary.effort_of", { effort: painText(e.effort) }),
  ],
  morning: (e) => [
    textOf("diary.pain_of", { pain: painText(e.pain) }),
    e.as_before == null ? "" : textOf(e.as_before ? "diary.was_as_before" : "diary.was_not_as_before"),
    e.swelling === "more" ? textOf("diary.more_swelling") : "",
    e.tender === "more" ? textOf("diary.more_tender") : "",
    e.stiffness_min ? textOf("diary.stiff_for", { minutes: e.stiffness_min }) : "",
  ],
  weekly: (e) => [textOf(`diary.taking_part_${LEVELS[e.taking_part]}`)],
  strength: (e, report) => [
    hasText(`strength.${e.exercise}`)
      ? textOf(`strength.${e.exercise}`)
      : (report.exercises[e.exercise] ?? e.exercise),
    sideText(e.side),
    textOf("strength.sets_of", { sets: e.sets, reps: e.reps }),
    e.load_kg == null ? "" : `${painText(e.load_kg)} kg`,
  ],
  manual_run: (e) => [
    textOf(e.walk ? "diary.walk" : "diary.run"),
    e.km == null ? "" : kmText(e.km),
    e.minutes == null ? "" : minutesText(e.minutes),
  ],
  shoe: (e) => [e.model || e.shoe, e.retired ? textOf("shoes.retired") : ""],
  session_shoe: (e, report) => [e.shoe || textOf("shoes.none_of_them"), aboutRun(e.session, report.runs)],
  declare: (e) => [placeText(e), textOf(`start.tissue_${e.tissue}`)],
  cleared: (e) => [e.by],
  share: (e) => [textOf(`diary.share_${e.item}`), textOf(e.on ? "diary.shared" : "diary.not_shared")],
};

// What an entry says, in a line.
export function entryText(entry, report) {
  const parts = TEXTS[entry.kind]?.(entry, report) ?? [];
  return parts.filter(Boolean).join(" · ");
}

const sideText = (side) => (hasText(`diary.side_${side}`) ? textOf(`diary.side_${side}`) : "");

const placeText = ({ side, place }) =>
  [place ? textOf(`diary.place_${place}`) : "", sideText(side)].filter(Boolean).join(" ");

function aboutRun(session, runs) {
  const run = runs.find((r) => r.session === session);
  return run ? runText(run) : "";
}
