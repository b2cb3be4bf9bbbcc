// Where it hurts: the side, and a place on a leg that is seen from its side.
import { el, svg } from "../shared/elements.js";
import { textOf } from "../shared/messages.js";
import { choice } from "./form_parts.js";

const PLACES = ["front", "inner", "outer", "behind", "calf", "achilles", "other"];
const SIDES = ["left", "right", "both"];
const LEG =
  "M44 4 C70 6 74 30 66 62 C62 78 64 84 66 92 C70 116 62 138 54 158 L52 176 C52 184 44 186 34 186 L10 186 C6 180 10 176 20 174 L34 166 C34 146 30 124 34 104 C30 96 28 86 32 76 C26 46 24 16 44 4 Z";

// Fills in `side` and `place` of these fields; what is not tapped stays as it was.
export function whereItHurts(fields, changed) {
  const sides = choice(
    textOf("diary.side"),
    SIDES.map((side) => [side, textOf(`diary.side_${side}`)]),
    fields.side,
    (side) => {
      fields.side = side ?? "";
      changed();
    },
    { optional: true },
  );
  return el("div", { class: "where" }, sides, placeChoice(fields, changed));
}

function placeChoice(fields, changed) {
  const places = choice(
    textOf("diary.where"),
    PLACES.map((place) => [place, textOf(`diary.place_${place}`)]),
    fields.place,
    (place) => {
      fields.place = place ?? "";
      changed();
    },
    { kind: "leg", optional: true },
  );
  const drawing = svg(
    "svg",
    { viewBox: "0 0 84 192", class: "leg-drawing", "aria-hidden": "true" },
    svg("path", { d: LEG }),
  );
  places.querySelector(".options").append(drawing);
  return places;
}
