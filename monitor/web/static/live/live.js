// The live page: one WebSocket, one state, drawn again when it changes.

import { RadioBox } from "../radio/radio_box.js";
import {
  language,
  numberText,
  readMessages,
  textOf,
  translatePage,
  useLanguage,
  useNames,
} from "../shared/messages.js";
import { offerRedFlags } from "../shared/red_flags.js";
import { wantedLanguages } from "../shared/settings.js";
import { SessionClock } from "./clock.js";
import { offerLine, showLine } from "./coach_line.js";
import { Cues } from "./cues.js";
import { applyChange } from "./live_state.js";
import { offerIntervals, openMenu, speakMenu } from "./menu.js";
import { showNotice, showPill, showSensors } from "./panels.js";
import { placeNames } from "./places.js";
import { openPocket, showAwake } from "./pocket.js";
import { openRunBar, showRunBar, showWaiting } from "./run_bar.js";
import { Sound } from "./sound.js";
import { openSoundBox } from "./sound_box.js";
import { followStop, showStop } from "./stop.js";
import { drawStrip, followSize } from "./strip.js";
import { followTheme } from "./theme.js";
import { showTileChoice } from "./tile_choice.js";
import { isStale } from "./tile_items.js";
import { showTiles } from "./tiles.js";
import { isPaused, isReady, showTotals, tellsOfWish, timerSeconds, timerWith } from "./totals.js";
import { Voice } from "./voice.js";
import { isOfHub, leadBack, showWho, socketAddress } from "./watched.js";

const NOT_LET_IN = 4401; // how the service closes the socket of a page without the token
const NO_NEWS_MS = 6000, // the service says something every 3 s
  LOST_MS = 12_000,
  RETRY_MS = 250,
  LONGEST_RETRY_MS = 4000;
const $ = (id) => document.getElementById(id);
let legend = null,
  legendLanguage = "",
  link = ["connecting", ""],
  state = null,
  newest_ms = 0,
  rights = { controls: false, again: false },
  offered = {},
  origin = "sensors",
  places = {},
  socket = null,
  retry_ms = RETRY_MS;
const clock = new SessionClock(),
  sound = new Sound(),
  voice = new Voice(),
  cues = new Cues(clock, sound, voice);
readMessages();
if (isOfHub) leadBack();
const radio = new RadioBox((text) => sound.ready && voice.say(text, 10_000));
const refreshBox = openSoundBox(sound, voice, speak);

function connect() {
  const opened = new WebSocket(socketAddress());
  socket = opened;
  opened.onopen = () => {
    retry_ms = RETRY_MS;
    newest_ms = performance.now();
    showLink("live", "good");
    loadLegend();
  };
  opened.onmessage = (event) => opened === socket && take(JSON.parse(event.data));
  opened.onclose = (event) => opened === socket && connectAgain(event.code);
}

function connectAgain(code = 0) {
  socket = null;
  if (code === NOT_LET_IN) return showLink("no_access", "bad");
  if (state?.ended) showLink("ended");
  else showLink("reconnecting", "warn");
  setTimeout(connect, retry_ms);
  retry_ms = Math.min(retry_ms * 1.7, LONGEST_RETRY_MS);
}

// A network that goes away says nothing, and a page that only listens would never notice.
function watchNews() {
  const silent_ms = performance.now() - newest_ms;
  if (!state || state.ended || silent_ms < NO_NEWS_MS || socket?.readyState !== WebSocket.OPEN) return;
  if (silent_ms < LOST_MS) return showLink("no_news", "warn");
  socket.close();
  connectAgain();
}

function take(message) {
  if (message.all) {
    state = message.all;
    rights = { controls: message.controls, again: message.again };
    offered = message.intervals ?? {};
    offerIntervals(offered);
    origin = message.origin;
    places = message.places;
    useNames(placeNames(places));
    clock.start(message.pace);
    radio.follow(message.radio);
    radio.timerChanged();
  } else if (state) {
    applyChange(state, message.change);
    if (tellsOfWish(message.change.timer)) radio.timerChanged();
  }
  clock.hear(message.at_s);
  newest_ms = performance.now();
  if (state?.ended) showLink("ended");
  else showLink("live", "good");
  cues.take(state, legend ?? {});
  draw();
}

// With the first link, and in each language: until then numbers have neither names nor units, and are not shown.
async function loadLegend() {
  if (legendLanguage === language()) return;
  const asked = language(),
    answer = await fetch(`api/v1/legend?language=${asked}`).catch(() => null);
  if (answer?.ok) [legend, legendLanguage] = [await answer.json(), asked];
  if (state) cues.take(state, legend ?? {});
  draw();
}

// Wishes that wait in this page, each with its second of the session.
function ownWishes() {
  if (!state?.timer || !clock.synced) return [];
  return radio.wishes.map((wish) => ({ ...wish, at_s: clock.at(wish.at_ms - performance.timeOrigin) }));
}

// The run as it will be when they were followed.
const withWishes = () => ({ ...state, timer: timerWith(state.timer, ownWishes()) });

function wishWithSensors(wish) {
  const goes = radio.wish(wish);
  if (goes) draw();
  return goes;
}

function draw() {
  if (!state) return;
  const shown = withWishes();
  showActivity();
  $("finished").hidden = !state.ended;
  showOrigin();
  showWho($("who"), state.session);
  $("hero").classList.toggle("at-rest", isPaused(shown));
  showCadence(state.now.cadence_spm);
  showSensors(state);
  showNotice(state);
  showLine(state);
  showRunBar(shown, rights);
  $("intervals-form").hidden = !rights.controls || Boolean(state.ended);
  $("intervals-stop").hidden = !state.timer?.interval;
  drawTimes();
  drawStrip(state);
}

// What goes on between two messages too.
function drawTimes() {
  if (!state) return;
  const shown = withWishes(),
    now_s = state.ended || !clock.synced ? state.t_s : Math.max(clock.now(), state.t_s),
    timer_s = timerSeconds(shown.timer, now_s);
  showTotals(shown, timer_s);
  if (legend) showTiles(shown, legend, timer_s, drawTimes);
  showWaiting(waitingTexts());
}

// What the timer showed at each wish that waits for the connection.
function waitingTexts() {
  const wishes = ownWishes();
  return wishes
    .map(({ kind, at_s, waits }, i) => {
      return { kind, waits, timer_s: timerSeconds(timerWith(state.timer, wishes.slice(0, i)), at_s) };
    })
    .filter(({ waits }) => waits && !state.ended);
}

// One pill says how it is: what the runner does, or else what is wrong with the link.
function showActivity() {
  const shown = withWishes(),
    paused = isPaused(shown),
    still = isReady(shown) ? "live.ready" : "live.paused";
  const kind = !paused && state.activity === "run" ? "good" : "";
  showPill("activity", textOf(paused ? still : `live.activity.${state.activity}`), kind);
  $("activity").hidden = Boolean(state.ended) || link[1] !== "good";
}

// Nobody shall take for a run of now what is not.
function showOrigin() {
  $("origin").hidden = origin === "sensors";
  if (origin === "sensors") return;
  const times = clock.pace && clock.pace !== 1 && numberText(clock.pace, clock.pace % 1 ? 1 : 0);
  $("origin").textContent = times
    ? textOf(`live.origin.${origin}_at_speed`, { times })
    : textOf(`live.origin.${origin}`);
}

function showCadence(now) {
  const stale = isStale(state, now);
  $("cadence").textContent = stale ? "–" : now.value.toFixed(0);
  $("cadence").classList.toggle("stale", Boolean(state.ended));
  $("cadence-sd").textContent = !stale && now.sd ? `± ${numberText(now.sd, 1)}` : "";
}

function showLink(name, kind = "") {
  link = [name, kind];
  showPill("link", textOf(`live.link.${name}`), kind);
  document.body.classList.toggle("away", kind === "warn" || kind === "bad");
  if (state) showActivity();
}

// Write everything in the language that the runner chose, or in that of the device.
function speak() {
  useLanguage(wantedLanguages());
  translatePage();
  useNames(placeNames(places));
  speakMenu();
  offerIntervals(offered);
  showLink(...link);
  refreshBox();
  radio.show();
  showAwake();
  loadLegend();
  if (state) cues.take(state, legend ?? {});
  draw();
  redraw();
}

const redraw = () => {
  if (state) drawStrip(state, true);
};

setInterval(() => {
  if (state && !state.ended) drawTimes();
  watchNews();
}, 1000);
followTheme(redraw);
followSize(redraw);
openPocket();
openRunBar(wishWithSensors);
openMenu(
  () => legend && showTileChoice(legend, state?.now ?? {}, drawTimes),
  () => {
    drawTimes();
    redraw();
  },
);
speak();
if (!isOfHub) {
  offerRedFlags($("flags"), { onStop: showStop, onWritten: followStop });
  followStop();
}
offerLine(() => state);
connect();
