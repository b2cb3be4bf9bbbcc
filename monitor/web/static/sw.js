// The page without a link: its files as they were last seen.  Numbers are never kept, nor the token.
const SHELL = "gaitcue-9";
const FILES = [
  "live/live.css",
  "live/cues.css",
  "live/clock.js",
  "live/cue_texts.js",
  "live/coach_line.js",
  "live/cues.js",
  "live/live.js",
  "live/live_state.js",
  "live/menu.js",
  "live/metronome.js",
  "live/panels.js",
  "live/phrase_book.js",
  "live/places.js",
  "live/pocket.js",
  "live/run.css",
  "live/run_bar.js",
  "live/signals.js",
  "live/sound.js",
  "live/sound_box.js",
  "live/stop.js",
  "live/strip.js",
  "live/strip_shapes.js",
  "live/taps.js",
  "live/theme.js",
  "live/tile_choice.js",
  "live/tile_items.js",
  "live/tiles.js",
  "live/totals.js",
  "live/units.js",
  "live/voice.js",
  "live/watched.js",
  "radio/bytes.js",
  "radio/clock.js",
  "radio/page_radio.js",
  "radio/pod.js",
  "radio/queue.js",
  "radio/radio.css",
  "radio/radio_box.js",
  "radio/runner_wishes.js",
  "shared/api.js",
  "shared/elements.js",
  "shared/messages.js",
  "shared/metrics.js",
  "shared/red_flags.css",
  "shared/red_flags.js",
  "shared/settings.js",
  "shared/visitor.js",
  "shared/icon.svg",
  "shared/icon-192.png",
]; // all that live.html needs

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(SHELL)
      .then((cache) => cache.addAll(FILES))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const others = (names) =>
    Promise.all(names.filter((name) => name !== SHELL).map((name) => caches.delete(name)));
  event.waitUntil(
    caches
      .keys()
      .then(others)
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  const shell = pathname === "/" || FILES.includes(pathname.slice(1));
  if (event.request.method === "GET" && origin === location.origin && shell)
    event.respondWith(fresh(event.request, pathname));
});

// From the service if it answers, else as it was; "/" is kept without what stands behind the "?".
async function fresh(request, pathname) {
  const cache = await caches.open(SHELL);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(pathname, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(pathname);
    if (kept) return kept;
    throw error;
  }
}
