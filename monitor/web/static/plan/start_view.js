// The beginning: all red flags asked at once, then what hurts.  A flag stops it before a plan begins.
import { ask, attempt, send } from "../shared/api.js";
import { el } from "../shared/elements.js";
import { language, textOf } from "../shared/messages.js";
import { entryBody, isBetween } from "./entries.js";
import { choice, form, numberField, textField, toggle, toggles } from "./form_parts.js";
import { whereItHurts } from "./leg_choice.js";

const TISSUES = ["unknown", "tendon", "joint", "bone", "muscle"];

// The invitation, or (asked) the questions.
export function startView(report, asked, written) {
  if (asked) return flagQuestions(report, written);
  return el(
    "div",
    { class: "cards" },
    el(
      "section",
      {},
      el("h1", {}, textOf("start.title")),
      el("p", {}, textOf("start.about")),
      el(
        "ol",
        { class: "steps" },
        ...["flags", "hurts", "log"].map((step) => el("li", {}, textOf(`start.step_${step}`))),
      ),
      el("a", { class: "big", href: "#declare" }, el("b", {}, textOf("start.begin"))),
      el("p", { class: "soft" }, textOf("start.private")),
    ),
  );
}

function flagQuestions(report, written) {
  const place = el("div", { class: "cards" }, el("p", { class: "soft" }, textOf("plan_page.loading")));
  attempt(async () => {
    const { flags } = await ask(`plan/flags?language=${language()}`);
    place.replaceChildren(
      flagForm(flags, written, () => place.replaceChildren(declareForm(report, written, {}, ""))),
    );
  });
  return place;
}

function flagForm(flags, written, goOn) {
  const ticked = new Set(),
    next = el("button", { class: "save" });
  const check = () => {
    next.textContent = textOf(ticked.size ? "start.some_of_this" : "start.none_of_this");
    next.classList.toggle("danger", ticked.size > 0);
  };
  const buttons = flags.map((flag) =>
    toggle(flag.text, false, (on) => {
      if (on) ticked.add(flag.name);
      else ticked.delete(flag.name);
      check();
    }),
  );
  next.onclick = () => {
    if (!ticked.size) {
      scrollTo(0, 0);
      return goOn();
    }
    return attempt(async () => {
      await Promise.all([...ticked].map((flag) => send("log", "POST", entryBody("flag", { flag }))));
      await written();
    });
  };
  check();
  return el(
    "section",
    { class: "entry" },
    el("h1", {}, textOf("start.flags")),
    el("p", { class: "soft" }, textOf("start.flags_about")),
    el("div", { class: "flags-list" }, ...buttons),
    next,
  );
}

// What hurts, since when, and what a usual week was.
export function declareForm(report, written, given, replaces) {
  const fields = { tissue: "unknown", runs_10_min: true, day: report.today, ...given };
  const allowed = el("div", { hidden: fields.tissue === "tendon" ? null : "" });
  return form(
    textOf("start.declare"),
    textOf("start.declare_about"),
    (check) => {
      const set = (name) => (value) => {
        fields[name] = value;
        if (name === "tissue") allowed.hidden = value !== "tendon";
        if (fields.tissue !== "tendon") fields.up_to_5 = false;
        check();
      };
      allowed.append(toggles(toggle(textOf("start.up_to_five"), fields.up_to_5 ?? false, set("up_to_5"))));
      return [
        whereItHurts(fields, check),
        textField(textOf("start.began"), fields.began, (day) => set("began")(day || null), {
          type: "date",
          max: report.today,
        }),
        choice(
          textOf("start.tissue"),
          TISSUES.map((t) => [t, textOf(`start.tissue_${t}`)]),
          fields.tissue,
          set("tissue"),
          { kind: "levels" },
        ),
        allowed,
        numberField(textOf("start.reference"), fields.reference_km, set("reference_km"), "km"),
        numberField(textOf("start.longest"), fields.longest_km, set("longest_km"), "km"),
        el("p", { class: "soft" }, textOf("start.empty")),
        choice(
          textOf("start.ten_minutes"),
          [
            [true, textOf("diary.yes")],
            [false, textOf("diary.no")],
          ],
          fields.runs_10_min,
          set("runs_10_min"),
        ),
      ];
    },
    () => isBetween(fields.reference_km, 0, 500) && isBetween(fields.longest_km, 0, 500),
    () =>
      attempt(async () => {
        await send("log", "POST", entryBody("declare", fields, replaces));
        await written(replaces ? "diary" : "today");
      }),
  );
}
