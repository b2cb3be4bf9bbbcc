// The menu: other pages, intervals, what is shown and in which units; kept on this phone.
import { el } from "../shared/elements.js";
import { textOf } from "../shared/messages.js";
import { saveSetting, settings } from "../shared/settings.js";
import { askRun } from "./run_bar.js";
import { chooseTheme, chosenTheme } from "./theme.js";
import { offerText, paceUnit, readPace } from "./units.js";

const $ = (id) => document.getElementById(id);
const NUMBERS = ["repeats", "work", "easy"];

// Open it once; shown() is called when it opens, changed() when something is to be drawn anew.
export function openMenu(shown, changed) {
  $("menu").onclick = () => {
    shown();
    $("menu-box").showModal();
  };
  $("menu-close").onclick = () => $("menu-box").close();
  $("set-miles").value = settings.miles ? "1" : "";
  $("set-miles").onchange = ({ target }) => {
    saveSetting("miles", target.value !== "");
    speakMenu();
    changed();
  };
  $("set-percent").checked = settings.percent;
  $("set-percent").onchange = ({ target }) => {
    saveSetting("percent", target.checked);
    changed();
  };
  $("set-theme").value = chosenTheme();
  $("set-theme").onchange = ({ target }) => {
    chooseTheme(target.value);
    changed();
  };
  for (const name of [...NUMBERS, "pace"]) $(`set-${name}`).value = settings[name];
  $("intervals-start").onclick = startIntervals;
  $("intervals-stop").onclick = async () => {
    if (await askRun("intervals")) $("menu-box").close();
  };
}

// What follows the units and the language.
export function speakMenu() {
  $("interval-pace-label").textContent = textOf("live.intervals.pace", { unit: paceUnit(settings.miles) });
}

// Those of the plan for today and of the settings, each a tap away.
export function offerIntervals({ plan = [], settings: own = [] }) {
  const named = [
    ...plan.map((one) => [textOf("live.intervals.today", { what: offerText(one, settings.miles) }), one]),
    ...own.map((one) => [[one.name, offerText(one, settings.miles)].filter(Boolean).join(": "), one]),
  ];
  $("intervals-offered").hidden = !named.length;
  $("intervals-offered").replaceChildren(
    ...named.map(([text, one]) => {
      const button = el("button", {}, text);
      button.onclick = () => begin(one);
      return button;
    }),
  );
}

async function startIntervals() {
  const chosen = Object.fromEntries(NUMBERS.map((name) => [name, Number($(`set-${name}`).value)]));
  const pace = $("set-pace").value.trim(),
    pace_s_per_km = pace ? readPace(pace, settings.miles) : null;
  const wrong =
    NUMBERS.some((name) => !$(`set-${name}`).checkValidity()) || (pace && pace_s_per_km === null);
  $("intervals-told").textContent = wrong ? textOf("live.intervals.wrong") : "";
  if (wrong) return;
  for (const [name, value] of Object.entries(chosen)) saveSetting(name, value);
  saveSetting("pace", pace);
  const intervals = {
    repeats: chosen.repeats,
    work_s: chosen.work * 60,
    easy_s: chosen.easy * 60,
    pace_s_per_km,
  };
  await begin(intervals);
}

async function begin(intervals) {
  if (await askRun("intervals", { intervals })) $("menu-box").close();
  else $("intervals-told").textContent = $("run-trouble").textContent;
}
