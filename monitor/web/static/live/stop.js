// STOP of the plan on the live page: the sentence stays until somebody has looked at it.
import { ask } from "../shared/api.js";
import { language } from "../shared/messages.js";
import { flagList } from "../shared/red_flags.js";

// Show this sentence, or none (null).
export function showStop(answer) {
  const line = document.getElementById("stop");
  line.hidden = !answer;
  line.textContent = answer ?? "";
}

// Ask the plan, where it is the runner who looks; nobody else sees anything of it.
export async function followStop() {
  const flags = await flagList();
  const plan = flags?.own ? await ask(`plan?language=${language()}`).catch(() => null) : null;
  if (plan) showStop(plan.decision.stop?.message);
}
