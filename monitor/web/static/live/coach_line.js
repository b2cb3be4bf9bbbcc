// A line that a coach writes to the runner from here: sent once, and what became of it.
import { send } from "../shared/api.js";
import { textOf } from "../shared/messages.js";
import { clockText } from "../shared/metrics.js";

const $ = (id) => document.getElementById(id);
let sent = null; // the number of the newest cue when the last line was sent

// Show the form to a device that was paired as a coach's; a runner needs none.
export function offerLine(state) {
  if (document.documentElement.dataset.role !== "coach") return;
  const form = $("line");
  form.hidden = false;
  form.onsubmit = async (event) => {
    event.preventDefault();
    const newest = lastCue(state())?.n ?? 0;
    try {
      await send("live/line", "POST", { text: $("line-words").value });
      [sent, $("line-words").value] = [newest, ""];
      $("line-outcome").textContent = textOf("live.line.waits");
    } catch (error) {
      $("line-outcome").textContent = error.message;
    }
  };
}

const lastCue = (state) => state?.cues.at(-1);

// Say what became of the line that was sent, as soon as a run tells.
export function showLine(state) {
  const outcome = sent === null ? null : outcomeText(state.cues, sent);
  if (!outcome) return;
  sent = null;
  $("line-outcome").textContent = outcome;
}

// What became of the first coach's line after the cue numbered `after`; "" while it waits.
export function outcomeText(cues, after) {
  const cue = cues.find((c) => c.n > after && c.wording === "coach_line");
  if (!cue) return "";
  const when = clockText(Math.floor(cue.t_s));
  return textOf(cue.withheld ? "live.line.not_said" : "live.line.said", { time: when });
}
