// The rows and tiles of the live page: sensors, trouble, which metrics are shown and which are old.
import assert from "node:assert/strict";
import { test } from "node:test";
import { noticeText, sensorCondition, sensorText } from "../../../monitor/web/static/live/panels.js";
import { isStale, tileNames } from "../../../monitor/web/static/live/tiles.js";
import "./messages.mjs";

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
  assert.equal(noticeText({ sinks, ended: null }), "influx: not reached mqtt: refused");
  for (const ended of ["the input ended", "stopped"])
    assert.equal(noticeText({ sinks: {}, ended }), "Run finished.");
  assert.match(noticeText({ sinks, ended: "x" }), /^Run stopped: x\. influx/);
  assert.equal(noticeText({ sinks: { store: sinks.store }, ended: null }), "");
});

test("a tile stands for each metric of that role that was measured, but not for the big number", () => {
  const tile = (order) => ({ roles: ["tile"], order });
  const legend = {
    contact_ms: tile(3),
    cadence_spm: tile(1),
    speed_mps: tile(2),
    rest: { roles: [], order: 0 },
  };
  const value = { value: 1 };
  assert.deepEqual(
    tileNames(legend, { contact_ms: value, cadence_spm: value, speed_mps: value, rest: value }),
    ["speed_mps", "contact_ms"],
  );
  assert.deepEqual(tileNames(legend, { contact_ms: value }), ["contact_ms"]);
  assert.deepEqual(tileNames(legend, {}), []);
});

test("a number is stale when it is more than 4 s old, or was never there", () => {
  assert.equal(isStale({ t_s: 14 }, { t_s: 10 }), false);
  assert.equal(isStale({ t_s: 14.1 }, { t_s: 10 }), true);
  assert.equal(isStale({ t_s: 14 }, undefined), true);
});
