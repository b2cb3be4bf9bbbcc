// The settings of the page, read from what a browser kept.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readSettings, settings } from "../../../monitor/web/static/shared/settings.js";
import "./messages.mjs";

const DEFAULTS = readSettings(null);

test("where nothing can be kept the defaults hold: tones, beats and pulses, words rarely", () => {
  assert.deepEqual(settings, DEFAULTS);
  assert.deepEqual(
    [DEFAULTS.tones, DEFAULTS.beats, DEFAULTS.pulses, DEFAULTS.words, DEFAULTS.delay_ms],
    [true, true, true, "rarely", 0],
  );
});

test("what was kept comes back, beside the defaults of settings that are new", () => {
  const kept = { tiles: ["b", "a"], miles: true, words: "never", delay_ms: 240, tones: false };
  assert.deepEqual(readSettings(JSON.stringify(kept)), { ...DEFAULTS, ...kept });
  assert.deepEqual(readSettings(JSON.stringify(DEFAULTS)), DEFAULTS);
});

test("what is damaged or of another kind is not believed", () => {
  for (const text of ["", "{", '"text"', "7", "null", "[1, 2]", "undefined"])
    assert.deepEqual(readSettings(text), DEFAULTS, text);
  const wrong = {
    tiles: "speed",
    repeats: [],
    percent: 1,
    volume: "loud",
    tones: 1,
    words: null,
    delay_ms: "9",
    unknown: true,
  };
  assert.deepEqual(readSettings(JSON.stringify(wrong)), DEFAULTS);
});
