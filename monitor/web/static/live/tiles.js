// The tiles: every metric with the role "tile" that is measured, except the one that is the big number.
import { textOf } from "../shared/messages.js";
import { labelOf, valueText, withRole } from "../shared/metrics.js";

const STALE_S = 4; // a number older than this is shown faint: it was, it is not
const BIG = "cadence_spm";

export const isStale = (state, now) => !now || state.t_s - now.t_s > STALE_S;

export function showTiles(state, legend) {
  const place = document.getElementById("tiles");
  const names = tileNames(legend, state.now);
  const drawn = names.map((name) => labelOf(legend[name])).join();
  if (place.dataset.drawn !== drawn) {
    place.dataset.drawn = drawn;
    place.replaceChildren(...names.map((name) => emptyTile(name, legend[name])));
  }
  for (const name of names) {
    const tile = document.getElementById(`tile-${name}`),
      unit = document.createElement("small");
    unit.textContent = ` ${legend[name].display.unit}`;
    if (state.now[name].modelled) unit.textContent += ` · ${textOf("review.modelled")}`;
    tile.className = `tile${isStale(state, state.now[name]) ? " stale" : ""}`;
    tile.lastChild.replaceChildren(valueText(legend[name], state.now[name].value), unit);
  }
}

// Which metrics have a tile now, in their order.
export const tileNames = (legend, now) =>
  withRole(legend, "tile").filter((metric) => metric !== BIG && now[metric]);

function emptyTile(name, spec) {
  const tile = document.createElement("div"),
    heading = document.createElement("h2");
  tile.id = `tile-${name}`;
  tile.title = textOf("review.definition", { definition: spec.definition, source: spec.source });
  heading.textContent = labelOf(spec);
  tile.append(heading, document.createElement("p"));
  return tile;
}
