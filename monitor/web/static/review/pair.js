// The page on which a device gives back its one-time code.  The code stands behind the "#", which no browser
// sends anywhere and no preview of a link opens; it is exchanged when the button is pressed, not before.

import { attempt, send } from "../shared/api.js";
import { readMessages, textOf, translatePage, useLanguage } from "../shared/messages.js";
import { wantedLanguages } from "../shared/settings.js";

const byId = (id) => document.getElementById(id);

readMessages();
useLanguage(wantedLanguages());
translatePage();
byId("code").value = decodeURIComponent(location.hash.slice(1));
history.replaceState(null, "", "pair");
byId("pair").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(connect);
});

async function connect() {
  const device = await send("pair", "POST", { code: byId("code").value, as_cookie: true });
  byId("pair").hidden = true;
  byId("about").textContent = textOf("pair.connected", { name: device.name });
  location.replace("./");
}
