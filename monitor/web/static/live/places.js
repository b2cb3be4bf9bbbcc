// What a sensor is called: where it is worn, as a runner says it, not the name in the settings.
import { hasText, textOf } from "../shared/messages.js";

// The names in the language of the page, of places as the service tells them: { name: { placement, side } }.
// A pod, and one of several at the same place, keeps its own name.
export function placeNames(places) {
  const texts = Object.entries(places).map(([name, place]) => [name, placeText(place)]);
  const twice = (text) => texts.filter(([, other]) => other === text).length > 1;
  return Object.fromEntries(texts.filter(([, text]) => text && !twice(text)));
}

function placeText({ placement, side }) {
  const where = side ? `${placement}_${side.toLowerCase()}` : placement;
  const key = `live.place.${where}`;
  return hasText(key) ? textOf(key) : "";
}
