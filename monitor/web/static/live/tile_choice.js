// Which three tiles there are and in which order: ticked, and moved with a finger or with buttons.
import { el } from "../shared/elements.js";
import { textOf } from "../shared/messages.js";
import { saveSetting, settings } from "../shared/settings.js";
import { allItems, itemLabel, moved, shownItems } from "./tile_items.js";

const MOST = 3;
const list = document.getElementById("tile-choice");

// Write the list anew; changed() is called when the choice is another one.
export function showTileChoice(legend, now, changed) {
  const chosen = shownItems(settings.tiles, legend, now);
  const choose = (names, focus) => {
    saveSetting("tiles", names);
    changed();
    showTileChoice(legend, now, changed);
    list.querySelector(focus)?.focus();
  };
  list.replaceChildren(...allItems(chosen, legend).map((name) => row(name, legend, chosen, choose)));
}

function row(name, legend, chosen, choose) {
  const at = chosen.indexOf(name),
    label = itemLabel(name, legend),
    id = `tile-${name}`;
  const tick = el("input", { type: "checkbox", id });
  tick.checked = at >= 0;
  tick.disabled = at < 0 && chosen.length >= MOST;
  tick.onchange = () =>
    choose(tick.checked ? [...chosen, name] : chosen.filter((other) => other !== name), `#${id}`);
  const item = el("li", { "data-name": name }, tick, el("label", { for: id }, label));
  if (at < 0) return item;
  const up = mover("↑", "live.tiles.up", label, at > 0, () => choose(moved(chosen, at, at - 1), `#${id}`));
  const down = mover("↓", "live.tiles.down", label, at < chosen.length - 1, () =>
    choose(moved(chosen, at, at + 1), `#${id}`),
  );
  const handle = el("span", { class: "handle", "aria-hidden": "true" }, "⠿");
  handle.onpointerdown = (event) => drag(event, item, chosen, choose);
  item.append(up, down, handle);
  return item;
}

function mover(sign, key, label, able, move) {
  const button = el("button", { "aria-label": textOf(key, { name: label }) }, sign);
  button.disabled = !able;
  button.onclick = move;
  return button;
}

// Follow the finger: the row goes before the chosen one that is below it.  The list listens, not the handle: a
// row that is moved in the page loses the pointer.
function drag(event, item, chosen, choose) {
  event.preventDefault();
  item.classList.add("dragged");
  const others = () => [...list.children].filter((li) => li !== item && chosen.includes(li.dataset.name));
  const middle = (li) => li.getBoundingClientRect().top + li.offsetHeight / 2;
  const over = new AbortController();
  const follow = ({ clientY }) => {
    const below = others().find((li) => middle(li) > clientY);
    if (below) below.before(item);
    else others().at(-1)?.after(item);
  };
  const drop = () => {
    over.abort();
    const names = [...list.children].map((li) => li.dataset.name).filter((name) => chosen.includes(name));
    choose(names, `#tile-${item.dataset.name}`);
  };
  document.addEventListener("pointermove", follow, { signal: over.signal });
  document.addEventListener("pointerup", drop, { signal: over.signal });
  document.addEventListener("pointercancel", drop, { signal: over.signal });
}
