// The forms of the log: after a run, the morning, the week, a run without sensors, a clearance, and each of
// them once more to correct an entry.
import { ask, attempt, send } from "../shared/api.js";
import { el } from "../shared/elements.js";
import { textOf } from "../shared/messages.js";
import { entryBody, isBetween, runOf } from "./entries.js";
import {
  choice,
  folded,
  form,
  numberField,
  scale,
  select,
  textField,
  toggle,
  toggles,
} from "./form_parts.js";
import { whereItHurts } from "./leg_choice.js";
import { dateText, runText } from "./plan_texts.js";
import { declareForm } from "./start_view.js";

const STIFF_MIN = [0, 5, 15, 30, 60];
const WEEKLY = ["taking_part", "volume", "performance", "pain"];
export const LEVELS = ["none", "little", "some", "much"]; // answers of a weekly question, 0 to 3
const RUN_CHOICES = 8;
const FORMS = {
  after: afterForm,
  morning: morningForm,
  weekly: weeklyForm,
  manual_run: runForm,
  cleared: clearedForm,
  declare: (report, written, fields, replaces) => declareForm(report, written, fields, replaces),
};

// Whether an entry of this kind can be corrected here.
export const hasForm = (kind) => Object.hasOwn(FORMS, kind);

// The form of this name; "edit" with the id of an entry is that of its kind, filled in.
export function entryView(report, written, view, id) {
  if (view === "edit") return editView(report, written, id);
  if (!hasForm(view)) return el("p", { class: "soft" }, textOf("plan_page.unknown"));
  return FORMS[view](report, written, view === "after" ? { session: id } : {}, "");
}

function editView(report, written, id) {
  const place = el("div", {}, el("p", { class: "soft" }, textOf("plan_page.loading")));
  attempt(async () => {
    const { entries } = await ask("log"),
      entry = entries.find((e) => e.id === id);
    if (!entry) throw new Error(textOf("diary.no_entry"));
    place.replaceChildren(FORMS[entry.kind](report, () => written("diary"), entry, entry.id));
  });
  return place;
}

const save = (kind, fields, replaces, next) =>
  attempt(async () => {
    const { entry } = await send("log", "POST", entryBody(kind, fields, replaces));
    await next(entry);
  });

function setter(fields, check) {
  return (name) => (value) => {
    fields[name] = value;
    check();
  };
}

function afterForm(report, written, given, replaces) {
  const run = runOf(report.runs, report.today, given.session);
  if (!run) return noRun();
  const fields = { side: report.side, place: report.place, ...given, session: run.session, day: run.day };
  return form(
    textOf("diary.ask_after"),
    null,
    (check) => {
      const set = setter(fields, check);
      return [
        runChoice(report, run, replaces),
        scale(textOf("diary.during"), fields.during, set("during"), "pain"),
        scale(textOf("diary.now"), fields.now, set("now"), "pain"),
        whereItHurts(fields, check),
        toggles(
          toggle(textOf("diary.limp"), fields.limp ?? false, set("limp")),
          toggle(textOf("diary.painkiller"), fields.painkiller ?? false, set("painkiller")),
        ),
        folded(
          textOf("diary.more_of_run"),
          scale(textOf("diary.effort"), fields.effort, set("effort"), "effort", { optional: true }),
          toggles(
            toggle(textOf("diary.stopped_early"), fields.stopped_early ?? false, set("stopped_early")),
          ),
          numberField(textOf("diary.pickups"), fields.pickups || null, set("pickups")),
          numberField(
            textOf("diary.tempo"),
            fields.tempo_min || null,
            set("tempo_min"),
            textOf("plan_page.min"),
          ),
        ),
      ];
    },
    () =>
      fields.during != null &&
      fields.now != null &&
      isBetween(fields.pickups, 0, 1000) &&
      isBetween(fields.tempo_min, 0, 6000),
    () => save("after", fields, replaces, () => written()),
  );
}

function noRun() {
  return el(
    "section",
    {},
    el("p", {}, textOf("diary.no_run")),
    el("a", { class: "big", href: "#manual_run" }, el("b", {}, textOf("diary.ask_manual_run"))),
  );
}

// Which run: as a line where it is clear, else to choose from the last ones.
function runChoice(report, run, replaces) {
  const others = report.runs.slice(0, RUN_CHOICES);
  if (replaces || others.length < 2) return el("p", { class: "about-run" }, runText(run));
  const options = others.map((other) => {
    const text = runText({ ...other, minutes: null }); // short enough for a phone
    return [other.session, other.during == null ? text : textOf("diary.answered", { run: text })];
  });
  const open = (session) => {
    location.hash = `after/${encodeURIComponent(session)}`;
  };
  return select(textOf("diary.which_run"), options, run.session, open, "wide");
}

function morningForm(report, written, given, replaces) {
  const fields = { day: report.today, ...given };
  return form(
    textOf("diary.ask_morning"),
    dateText(fields.day, { weekday: "long", day: "numeric", month: "long" }),
    (check) => {
      const set = setter(fields, check);
      return [
        scale(textOf("diary.morning_pain"), fields.pain, set("pain"), "pain"),
        choice(
          textOf("diary.as_before"),
          [
            [true, textOf("diary.yes")],
            [false, textOf("diary.no")],
          ],
          fields.as_before,
          set("as_before"),
          { optional: true },
        ),
        choice(
          textOf("diary.tender"),
          words("tender", ["less", "same", "more"]),
          fields.tender,
          set("tender"),
          { optional: true },
        ),
        choice(
          textOf("diary.swelling"),
          words("swelling", ["none", "same", "more"]),
          fields.swelling,
          set("swelling"),
          { optional: true },
        ),
        choice(
          textOf("diary.stiffness"),
          STIFF_MIN.map((n) => [n, textOf("plan_page.minutes", { minutes: n })]),
          fields.stiffness_min,
          set("stiffness_min"),
          { optional: true },
        ),
      ];
    },
    () => fields.pain != null,
    () => save("morning", fields, replaces, () => written()),
  );
}

const words = (question, values) => values.map((value) => [value, textOf(`diary.${question}_${value}`)]);

function weeklyForm(report, written, given, replaces) {
  const fields = { day: report.today, ...given };
  return form(
    textOf("diary.ask_weekly"),
    textOf("diary.weekly_about"),
    (check) => {
      const set = setter(fields, check);
      return [
        ...WEEKLY.map((name) =>
          choice(
            textOf(`diary.weekly_${name}`),
            LEVELS.map((level, n) => [n, textOf(`diary.${name}_${level}`)]),
            fields[name],
            set(name),
            { kind: "levels" },
          ),
        ),
        el("p", { class: "soft" }, textOf("diary.weekly_flags")),
      ];
    },
    () => WEEKLY.every((name) => fields[name] != null),
    () => save("weekly", fields, replaces, () => written()),
  );
}

function runForm(report, written, given, replaces) {
  const fields = { day: report.today, walk: report.decision.allowance?.walk ?? false, ...given };
  const shoes = report.shoes
    .filter((use) => !use.shoe.retired)
    .map((use) => [use.shoe.shoe, use.shoe.model || use.shoe.shoe]);
  return form(
    textOf("diary.ask_manual_run"),
    null,
    (check) => {
      const set = setter(fields, check);
      return [
        textField(textOf("diary.day"), fields.day, set("day"), { type: "date", max: report.today }),
        choice(
          textOf("diary.run_or_walk"),
          [
            [false, textOf("diary.run")],
            [true, textOf("diary.walk")],
          ],
          fields.walk,
          set("walk"),
        ),
        numberField(textOf("plan_page.distance"), fields.km, set("km"), "km"),
        numberField(textOf("plan_page.time"), fields.minutes, set("minutes"), textOf("plan_page.min")),
        folded(
          textOf("diary.more_of_run"),
          textField(
            textOf("diary.start"),
            fields.start?.slice(11, 16),
            (time) => set("start")(time ? `${fields.day}T${time}:00` : null),
            { type: "time" },
          ),
          numberField(textOf("plan_page.downhill"), fields.descent_m, set("descent_m"), "m"),
          numberField(textOf("diary.pickups"), fields.pickups || null, set("pickups")),
          numberField(
            textOf("diary.tempo"),
            fields.tempo_min || null,
            set("tempo_min"),
            textOf("plan_page.min"),
          ),
          shoes.length
            ? select(textOf("diary.shoe"), [["", "–"], ...shoes], fields.shoe ?? "", set("shoe"))
            : "",
        ),
      ];
    },
    () => Boolean(fields.day) && isManualRun(fields),
    () =>
      save("manual_run", fields, replaces, (entry) =>
        written(replaces ? "diary" : `after/${encodeURIComponent(entry.id)}`),
      ),
  );
}

// Whether a run that is written down has a length that can be one.
export const isManualRun = ({ km, minutes, descent_m, pickups, tempo_min }) =>
  (km != null || minutes != null) &&
  isBetween(km, 0, 500) &&
  isBetween(minutes, 0, 6000) &&
  isBetween(descent_m, 0, 20_000) &&
  isBetween(pickups, 0, 1000) &&
  isBetween(tempo_min, 0, 6000);

function clearedForm(report, written, given, replaces) {
  const fields = { day: report.today, ...given };
  return form(
    textOf("plan_page.cleared"),
    textOf("diary.cleared_about"),
    (check) => [textField(textOf("diary.by_whom"), fields.by, setter(fields, check)("by"))],
    () => Boolean(fields.by?.trim()),
    () => save("cleared", fields, replaces, () => written()),
  );
}
