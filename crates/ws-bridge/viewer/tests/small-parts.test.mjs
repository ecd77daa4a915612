import assert from "node:assert/strict";
import { test } from "node:test";

import { delayAfter } from "../backoff.mjs";
import { Rate } from "../rate.mjs";
import { snapshotName } from "../snapshot.mjs";
import { ageInWords, closeInWords, liveInWords, numberInWords, rateInWords, sizeInWords, stateInWords } from "../words.mjs";

test("attempts to connect come after half a second, then twice that, up to five seconds", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 2000].map((failures) => delayAfter(failures, 0)), [500, 1000, 2000, 4000, 5000, 5000, 5000]);
});

test("pages spread over a quarter of the delay", () => {
  assert.equal(delayAfter(5, 1), 3750);
  assert.equal(delayAfter(1, 0.5), 438);
});

test("a steady rate is counted exactly, as soon as it is told", () => {
  const rate = new Rate();
  for (let at = 0; at <= 2400; at += 33.3) rate.count(at);
  assert.equal(rate.perSecond(2400), 0);
  for (let at = 2430.9; at < 12_000; at += 33.3) {
    rate.count(at);
    if (at > 2600) assert.equal(rate.perSecond(at).toFixed(2), "30.03");
  }
});

/** What is shown each second for a stream of 30 a second, of which each frame comes up to `jitterMs` early or late. */
function shownWithJitter(jitterMs, firstAt) {
  const rate = new Rate();
  const shown = [];
  let random = 1;
  for (let frame = 0; frame < 1800; frame += 1) {
    random = (random * 48_271) % 2_147_483_647;
    const late = jitterMs * ((2 * random) / 2_147_483_647 - 1);
    const at = Math.max(firstAt, (frame * 1000) / 30 + late);
    rate.count(at);
    if (frame % 30 === 29) shown.push(rate.steady(at));
  }
  return shown;
}

test("30 frames a second are never shown as 31, though the first ones come in a bunch", () => {
  const shown = shownWithJitter(10, 300);
  assert.deepEqual(shown.slice(0, 2), [0, 0]);
  assert.deepEqual(new Set(shown.slice(2)), new Set([30]));
});

test("frames that come a whole period early or late do not move the number", () => {
  assert.deepEqual(new Set(shownWithJitter(33, 0).slice(5)), new Set([30]));
});

test("a rate between two whole numbers keeps to one of them, and a new rate is shown", () => {
  const rate = new Rate();
  let at = 0;
  const shownAfter = (perSecond, seconds) => {
    for (let left = perSecond * seconds; left > 0; left -= 1) rate.count((at += 1000 / perSecond));
    return rate.steady(at);
  };
  assert.equal(shownAfter(29.4, 6), 29);
  assert.equal(shownAfter(29.6, 6), 29);
  assert.equal(shownAfter(15, 6), 15);
  assert.equal(shownAfter(2.5, 8), 2.5);
});

test("a slow camera has a rate too", () => {
  const rate = new Rate();
  for (let at = 0; at <= 6000; at += 1000) rate.count(at);
  assert.equal(rate.perSecond(6500), 1);
});

test("a rate falls to nothing when frames stop", () => {
  const rate = new Rate();
  for (let at = 0; at <= 6000; at += 50) rate.count(at);
  assert.equal(rate.perSecond(6040), 20);
  assert.ok(rate.perSecond(7900) < 15);
  assert.equal(rate.perSecond(8100), 0);
});

test("a snapshot's name tells camera and time and fits any file system", () => {
  const time = new Date(2026, 0, 31, 8, 5, 9, 7);
  assert.equal(snapshotName("Front gate", time), "Front-gate_2026-01-31_08-05-09.007.jpg");
  assert.equal(snapshotName("../a\\b:*?\"<>|\u0000c", time), "a-b-c_2026-01-31_08-05-09.007.jpg");
  assert.equal(snapshotName("北門", time), "北門_2026-01-31_08-05-09.007.jpg");
  assert.ok(Buffer.byteLength(snapshotName("🎥".repeat(100), time)) <= 255);
  assert.equal(snapshotName("...", time), "camera_2026-01-31_08-05-09.007.jpg");
});

test("numbers are short", () => {
  assert.deepEqual([29.97, 9.96, 2.5, 2, 0].map(rateInWords), ["30 fps", "10 fps", "2.5 fps", "2 fps", ""]);
  assert.deepEqual([null, 0, 24.4, 1234, 45_600, 61_000, 7_300_000].map(ageInWords), ["", "0 ms", "24 ms", "1.2 s", "46 s", "1 min", "2 h"]);
  assert.deepEqual([0, 12, 1234, 12_345, 1_234_567.25].map(numberInWords), ["0", "12", "1234", "12\u202f345", "1\u202f234\u202f567.25"]);
  assert.deepEqual([sizeInWords(640, 480), sizeInWords(null, 480)], ["640×480", ""]);
});

test("every state says why, an unknown one in its own words", () => {
  assert.deepEqual(stateInWords("streaming", null), { title: "", reason: "" });
  assert.deepEqual(stateInWords("lost", "busy"), { title: "Lost", reason: "Another program is using the camera." });
  assert.deepEqual(stateInWords("waiting", null), { title: "Waiting", reason: "Waiting for the first picture." });
  assert.deepEqual(stateInWords("resting", "too hot"), { title: "Resting", reason: "Too hot." });
});

test("causes that can have many reasons point to the log", () => {
  for (const cause of ["bad format", "failed"]) assert.match(stateInWords("lost", cause).reason, /; cam-grabber's log says /);
});

test("the page says how many cameras of how many are live, and is not green when none is", () => {
  const all = (state) => new Array(4).fill(state);
  assert.deepEqual(liveInWords(all("streaming")), { text: "Live · 4 cameras", tone: "good" });
  assert.deepEqual(liveInWords(["streaming", "lost", "stopped", "opening"]), { text: "Live · 1 of 4 cameras", tone: "good" });
  assert.deepEqual(liveInWords(all("lost")), { text: "Not live · 0 of 4 cameras", tone: "bad" });
  assert.deepEqual(liveInWords(all("stopped")), { text: "Not live · 0 of 4 cameras", tone: "quiet" });
  assert.deepEqual(liveInWords(["gone"]), { text: "Not live · 0 of 1 camera", tone: "bad" });
});

test("a closed connection says why", () => {
  assert.equal(closeInWords(1006, ""), "No connection to the bridge.");
  assert.equal(closeInWords(1001, "bye"), "The bridge is going away.");
  assert.equal(closeInWords(1008, "too slow"), "The bridge said no: too slow.");
  assert.equal(closeInWords(1011, "out of memory"), "The bridge closed the connection: out of memory.");
});
