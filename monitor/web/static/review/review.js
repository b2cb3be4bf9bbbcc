// One review, drawn from the JSON of /api/v1/sessions/ID/review: by the same code in the page and in the file.
import { coachLines } from "./coach_lines.js";
import { againstUsual, downhill, fatigue, legs, limits, reanalysis, splits } from "./comparisons.js";
import { bandAndCues } from "./cues_given.js";
import { footPaths } from "./foot_path.js";
import { notes } from "./notes.js";
import { definitions, heading, tiles, words } from "./summary.js";
import { useLegend } from "./terms.js";
import { timeline } from "./timeline.js";

const PARTS = [
  heading,
  words,
  tiles,
  timeline,
  footPaths,
  bandAndCues,
  coachLines,
  fatigue,
  legs,
  splits,
  againstUsual,
  downhill,
  limits,
  reanalysis,
  notes,
  definitions,
];

// Show a report in the page.  With noteActions, { add(id, text, pain), remove(id, note) }, notes can be taken;
// one that is null cannot be done here.
export function showReview(report, noteActions = { add: null, remove: null }) {
  useLegend(report.legend, report.modelled);
  const parts = PARTS.map((part) => part(report, noteActions)).filter(Boolean);
  document.getElementById("review").replaceChildren(...parts);
  performance.mark("text");
}

addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
