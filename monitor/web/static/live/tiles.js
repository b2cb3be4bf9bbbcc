// The three tiles: what the runner chose, or the first that are measured.
import { el } from "../shared/elements.js";
import { textOf } from "../shared/messages.js";
import { saveSetting, settings } from "../shared/settings.js";
import { hasNormal, itemLabel, itemOf, shownItems } from "./tile_items.js";

// Draw them; timer_s is what the timer shows.  changed() is called when a tap changed how a load is written.
export function showTiles(state, legend, timer_s, changed) {
  const place = document.getElementById("tiles");
  const names = shownItems(settings.tiles, legend, state.now);
  const drawn = names.map((name) => `${itemLabel(name, legend)}${hasNormal(name, state)}`).join();
  if (place.dataset.drawn !== drawn) {
    place.dataset.drawn = drawn;
    place.replaceChildren(...names.map((name) => emptyTile(name, state, legend, changed)));
  }
  names.forEach((name, i) => {
    const { text, unit, stale } = itemOf(name, state, legend, timer_s, settings);
    const tile = place.children[i];
    tile.classList.toggle("stale", stale);
    tile.lastChild.replaceChildren(text, el("small", {}, ` ${unit}`));
  });
}

// A load turns from its share of the normal to its number, and back, with a tap.
function emptyTile(name, state, legend, changed) {
  const spec = legend[name],
    turns = hasNormal(name, state);
  const title = spec && textOf("review.definition", { definition: spec.definition, source: spec.source });
  const tile = el(
    turns ? "button" : "div",
    { class: "tile", title },
    el("span", { class: "tile-name" }, itemLabel(name, legend)),
    el("span", { class: "tile-value" }),
  );
  if (turns)
    tile.onclick = () => {
      saveSetting("percent", !settings.percent);
      changed();
    };
  return tile;
}
