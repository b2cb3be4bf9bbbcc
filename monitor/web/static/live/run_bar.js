// The run in the runner's hand: start, lap, pause, go on, end.  What ends it is asked about first.
import { send } from "../shared/api.js";
import { textOf } from "../shared/messages.js";
import { clockText } from "../shared/metrics.js";
import { isPaused, isReady } from "./totals.js";

const $ = (id) => document.getElementById(id);
let leaves = false; // for the review, as soon as the run has ended

// Ask the run for something; what went wrong stands above the buttons.  Returns whether it was done.
export async function askRun(wish, more = {}) {
  try {
    await send("run", "POST", { do: wish, ...more });
    showTrouble("");
    return true;
  } catch (error) {
    showTrouble(error instanceof TypeError ? textOf("live.run.no_link") : error.message); // fetch found nobody
    return false;
  }
}

function showTrouble(reason) {
  $("run-trouble").hidden = !reason;
  $("run-trouble").textContent = reason && textOf("live.run.not_done", { reason });
}

// goesWithSensors(wish): whether this page is their radio, and the wish is on its way with what they say.
export function openRunBar(goesWithSensors) {
  const box = $("end-box");
  for (const wish of ["lap", "pause", "resume"])
    $(`run-${wish}`).onclick = () => {
      if (goesWithSensors(wish)) showTrouble("");
      else askRun(wish);
    };
  $("run-again").onclick = () => askRun("start");
  $("run-end").onclick = () => box.showModal();
  $("end-not").onclick = () => box.close();
  const end = async (review) => {
    box.close();
    leaves = review; // the run may end before the answer comes
    if (!(await askRun("end"))) leaves = false;
  };
  $("end-review").onclick = () => end(true);
  $("end-only").onclick = () => end(false);
}

// What waits for the connection, [{ kind, timer_s }, ...], each with what the timer showed.
export function showWaiting(wishes) {
  const list = wishes.map(({ kind, timer_s }) => `${textOf(`live.run.${kind}`)} ${clockText(timer_s)}`);
  const text = list.length ? textOf("live.run.waits", { wishes: list.join(", ") }) : "";
  if ($("run-waits").textContent === text) return; // it is read out when it changes
  $("run-waits").hidden = !text;
  $("run-waits").textContent = text;
}

// Which buttons there are; `controls`: this page may use them, `again`: another run may follow.
export function showRunBar(state, { controls, again }) {
  const paused = isPaused(state);
  $("run").hidden = !controls || Boolean(state.ended && !again);
  $("run-lap").hidden = $("run-pause").hidden = paused || Boolean(state.ended);
  $("run-end").hidden = $("run-resume").hidden = !paused;
  $("run-again").hidden = !state.ended;
  $("run-resume").textContent = textOf(isReady(state) ? "live.run.begin" : "live.run.resume");
  if (state.ended && leaves) location.assign("review");
}
