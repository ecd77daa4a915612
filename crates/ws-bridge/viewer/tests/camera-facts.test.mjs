import assert from "node:assert/strict";
import { test } from "node:test";

import { factsOf } from "../camera-facts.mjs";

const nothingLost = { skipped: 0, broken: 0 };

test("a camera's facts tell where it comes from, what it delivers and what was lost", () => {
  const reported = {
    source: "genicam", model: "acA640", serial: "21",
    requested: { width: 640, height: 480, fps: 400, pixel_format: null },
    actual: { width: 640, height: 480, fps: 398.24, pixel_format: "Mono8" },
    grabbed: 123_456, encoded: 1, dropped: { "missing packets": 12, "not fetched": 0 },
  };
  assert.deepEqual(factsOf({ reported, frames: 9 }, { skipped: 3, broken: 0 }), [
    ["Source", "genicam · acA640 · 21"],
    ["Asked for", "640×480 · 400 fps"],
    ["Delivers", "640×480 · Mono8 · 398.2 fps"],
    ["Grabbed", "123\u202f456 frames"],
    ["Streamed", "1 frame"],
    ["Lost", "12 missing packets"],
    ["Too late here", "3 frames"],
  ]);
});

test("of a grabber that reports nothing only the frames are known", () => {
  assert.deepEqual(factsOf({ frames: 7 }, nothingLost), [["Streamed", "7 frames"]]);
  assert.deepEqual(factsOf({}, nothingLost), []);
});
