// The rows and tiles of the live page: sensors, trouble, which metrics are shown and which are old.
import assert from "node:assert/strict";
import { test } from "node:test";
import { noticeText, sensorCondition, sensorText } from "../../../monitor/web/static/live/panels.js";
import { useNames } from "../../../monitor/web/static/shared/messages.js";
import { within } from "./messages.mjs";

const SENSOR = {
  link: "streaming",
  text: "left shoe",
  rate_hz: 104.2,
  received: 9800,
  lost: 0,
  battery_pct: null,
};

test("a sensor that streams whole is well; one that loses more than 2 % or does not stream yet is a warning", () => {
  assert.equal(sensorCondition(SENSOR), "");
  assert.equal(sensorCondition({ ...SENSOR, lost: 200 }), "", "2 % of 10,000");
  assert.equal(sensorCondition({ ...SENSOR, lost: 201 }), "warn");
  assert.equal(sensorCondition({ ...SENSOR, link: "connecting" }), "warn");
  assert.equal(sensorCondition({ ...SENSOR, received: 0 }), "", "nothing came yet, nothing is lost");
});

test("a sensor from which nothing comes is bad, whatever came before", () => {
  for (const link of ["lost", "silent", "off"]) assert.equal(sensorCondition({ ...SENSOR, link }), "bad");
});

test("of a sensor's numbers those that are known are written", () => {
  assert.equal(sensorText(SENSOR), "left shoe · 104 Hz");
  const all = { ...SENSOR, lost: 200, battery_pct: 0 };
  assert.equal(sensorText(all), "left shoe · 104 Hz · 2.0 % lost · battery 0 %");
  assert.equal(sensorText({ ...SENSOR, rate_hz: null }), "left shoe");
});

test("the notice names every sink in trouble, after the end of the session; else there is none", () => {
  const sinks = {
    influx: { sink: "influx", ok: false, text: "not reached" },
    store: { sink: "store", ok: true, text: "" },
    mqtt: { sink: "mqtt", ok: false, text: "refused" },
  };
  assert.equal(noticeText({ sinks, ended: null }), "influx: not reached · mqtt: refused");
  for (const ended of ["the input ended", "stopped"])
    assert.equal(noticeText({ sinks: {}, ended }), "Run finished.");
  assert.match(noticeText({ sinks, ended: "x" }), /^Run stopped: x\. influx/);
  assert.equal(noticeText({ sinks: { store: sinks.store }, ended: null }), "");
});

test("a sensor whose text has its name is named once", () => {
  const lost = { ...SENSOR, sensor: "footL", link: "lost" };
  lost.text = "footL is out of range or switched off; searching on";
  const texts = () => [noticeText({ sinks: {}, ended: null, sensors: { lost } }), sensorText(lost)];
  useNames({ footL: "left shoe" });
  assert.deepEqual(texts(), [
    "left shoe is out of range or switched off; still searching",
    "is out of range or switched off; still searching · 104 Hz",
  ]);
  useNames({ footL: "linker Schuh" });
  assert.equal(
    within("de", texts)[0],
    "linker Schuh ist außer Reichweite oder ausgeschaltet; suche weiter",
  );
  useNames({});
});

test("a sensor that is gone is named on top, as long as the run goes on", () => {
  const sensors = {
    a: { sensor: "left", link: "lost", text: "gone" },
    b: { sensor: "right", link: "streaming", text: "" },
  };
  assert.equal(noticeText({ sinks: {}, ended: null, sensors }), "left: gone");
  assert.equal(noticeText({ sinks: {}, ended: "stopped", sensors }), "Run finished.");
});
