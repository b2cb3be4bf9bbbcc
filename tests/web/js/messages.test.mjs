// Messages: the runner's language, values in their places, and recorded English shown in other words.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  hasText,
  language,
  languageNames,
  numberText,
  recordedText,
  startText,
  textOf,
  useLanguage,
  useMessages,
  wordings,
} from "../../../monitor/web/static/shared/messages.js";
import { SHIPPED, within } from "./messages.mjs";

test("a language is chosen by the runner, then by the device, and is English at last", () => {
  for (const [wanted, chosen] of [
    [["", "de-AT", "en"], "de"],
    [["en", "de-AT"], "en"],
    [["fr", "sw-KE", "de"], "de"],
    [["fr"], "en"],
    [[], "en"],
    [["constructor", "to"], "en"],
  ]) {
    useLanguage(wanted);
    assert.equal(language(), chosen, wanted.join());
  }
  useLanguage(["en"]);
});

test("every language is offered with its own name", () => {
  assert.deepEqual(languageNames(), [
    ["en", "English"],
    ["de", "Deutsch"],
  ]);
});

test("a start is shown as the runner's clock showed it, with its offset", () => {
  for (const [local, end] of [
    ["2026-11-24T13:00:00+01:00", "13:00 (UTC+1)"],
    ["2026-11-24T13:05:00.250000+05:45", "13:05 (UTC+5:45)"],
    ["2026-11-24T09:30:00-09:30", "9:30 (UTC−9:30)"],
    ["2026-11-24T12:00:00+00:00", "12:00 (UTC)"],
  ])
    assert.ok(within("de", () => startText(local)).endsWith(end), local);
});

test("values stand in their places, numbers as the language writes them", () => {
  const heard = () => textOf("live.cue.heard", { late: 0.25 });
  assert.equal(heard(), "Heard 0.3 s after your step");
  assert.equal(within("de", heard), "Kam 0,3 s nach deinem Schritt");
  assert.equal(
    within("de", () => numberText(-1.25, 2)),
    "−1,25",
  );
  assert.equal(textOf("live.target", { range: "168–178" }), "Target 168–178");
  assert.equal(textOf("live.target"), "Target {range}", "a value that is not there leaves its place");
});

test("one is written otherwise than many", () => {
  assert.equal(textOf("review.cues.given", { n: 1 }), "1 cue given.");
  assert.equal(textOf("review.cues.given", { n: 0 }), "0 cues given.");
  assert.equal(
    within("de", () => textOf("review.cues.given", { n: 2 })),
    "2 Hinweise gegeben.",
  );
});

test("a key without a message stands for itself, and inherited names are none", () => {
  assert.equal(textOf("no.such.key"), "no.such.key");
  assert.equal(hasText("toString"), false);
  assert.deepEqual(wordings("no.such.key"), []);
  assert.deepEqual(wordings("live.box.close"), []);
});

test("a recorded text is shown in other words, its parts too; an unknown one as it is", () => {
  const lost =
    "left is silent. Cadence and cues go on from right and belt; left and right are not compared.";
  assert.equal(
    recordedText(lost),
    "No data from left. Cadence and cues continue from right and belt; left and right cannot be compared.",
  );
  assert.match(
    within("de", () => recordedText(lost)),
    /^Keine Daten von left\. .* von right und belt; /,
  );
  const learned = "Your own cadence here is 168 ± 2.4 steps/min; cues begin.";
  assert.match(
    within("de", () => recordedText(learned)),
    /168 ± 2,4 Schritte/,
  );
  assert.equal(
    within("de", () => recordedText("POD 7 is out of range or switched off; searching on")),
    "POD 7 ist außer Reichweite oder ausgeschaltet; suche weiter",
  );
  assert.equal(recordedText("what nobody foresaw (1.5)"), "what nobody foresaw (1.5)");
  assert.equal(recordedText(""), "");
});

test("both halves of the program read recorded texts alike", () => {
  const cases = JSON.parse(readFileSync(new URL("recorded_cases.json", import.meta.url), "utf8"));
  for (const { stored, en, de } of cases) {
    assert.equal(recordedText(stored), en);
    assert.equal(
      within("de", () => recordedText(stored)),
      de,
    );
  }
});

test("without catalogues a page still stands", () => {
  useMessages({ languages: {}, recorded: {} });
  assert.equal(textOf("live.box.close"), "live.box.close");
  assert.equal(numberText(1.5, 1), "1.5");
  useMessages(SHIPPED);
  assert.equal(textOf("live.box.close"), "Done");
});
