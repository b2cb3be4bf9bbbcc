// STOP of the plan on the live page: the sentence stays until somebody has looked at it.
import { ask } from "../shared/api.js";
import { language } from "../shared/messages.js";

// Show this sentence, or none (null).
export function showStop(answer) {
  const line = document.getElementById("stop");
  line.hidden = !answer;
  line.textContent = answer ?? "";
}

// Ask the plan; who may not read it sees nothing of it.
export async function followStop() {
  const plan = await ask(`plan?language=${language()}`).catch(() => null);
  if (plan) showStop(plan.decision.stop?.message);
}
