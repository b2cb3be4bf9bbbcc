// The page in a pocket: installed, awake, dark, and deaf to the cloth.
import { textOf } from "../shared/messages.js";

const HOLD_MS = 1200;
const $ = (id) => document.getElementById(id);
const nothing = () => undefined;
let lock = null,
  wanted = false;

export function openPocket() {
  navigator.serviceWorker?.register("sw.js").catch(nothing); // without it the page works, but only with a link
  $("pocket-start").onclick = () => {
    $("box").close();
    $("pocket").hidden = false;
    keepAwake();
    document.documentElement.requestFullscreen?.().catch(nothing); // iPhones have none: their bars stay
  };
  const pocket = $("pocket");
  let timer = 0;
  pocket.onpointerdown = () => {
    timer = setTimeout(leave, HOLD_MS);
  };
  pocket.onpointerup = pocket.onpointercancel = pocket.onpointerleave = () => clearTimeout(timer);
  pocket.oncontextmenu = (event) => event.preventDefault();
  document.addEventListener("visibilitychange", () => {
    if (wanted && !document.hidden) keepAwake();
  });
}

// The screen goes dark after a while unless a page asks; the browser takes that back when the page is hidden.
export async function keepAwake() {
  wanted = true;
  try {
    lock = await navigator.wakeLock.request("screen");
    lock.onrelease = showAwake;
  } catch {
    lock = null;
  }
  showAwake();
}

function leave() {
  $("pocket").hidden = true;
  if (document.fullscreenElement) document.exitFullscreen();
}

export function showAwake() {
  $("awake").textContent =
    lock && !lock.released
      ? textOf("live.awake.on")
      : !isSecureContext
        ? textOf("live.awake.http")
        : wanted
          ? textOf("live.awake.refused")
          : "";
}
