import assert from "node:assert/strict";
import { test } from "node:test";

import { SLIDER_STEPS, changes, deviations, entry, fieldMeant, fieldsOf, fromSlider, toSlider, valueInWords } from "../settings.mjs";

const pattern = {
  stream_fps: 30, jpeg_quality: 80,
  requested: { width: 640, height: 480, fps: null, pixel_format: null },
  actual: { width: 640, height: 480, fps: 29.97, pixel_format: "I420" },
  limits: { stream_fps: { min: 0.1, max: 30 }, jpeg_quality: { min: 1, max: 100 }, width: { min: 16, max: 4096 }, height: { min: 16, max: 4096 } },
};
const industrial = {
  ...pattern,
  limits: {
    ...pattern.limits, camera_fps: { min: 1, max: 400 }, exposure_us: { min: 10, max: 1_000_000 }, gain_db: { min: 0, max: 24 },
    trigger: ["Off", "Line0"],
  },
};
const webcam = { ...pattern, limits: { stream_fps: { min: 0.1, max: 30 }, sizes: [[640, 480], [1280, 720]] } };

const keys = (fields) => fields.filter(({ settable }) => settable).map(({ key }) => key);
const changed = (reported, entered) => changes(fieldsOf(reported), new Map(Object.entries(entered)));

test("what has limits can be set, in the same order for every camera", () => {
  assert.deepEqual(keys(fieldsOf(pattern)), ["stream_fps", "jpeg_quality", "size"]);
  assert.deepEqual(keys(fieldsOf(industrial)), ["stream_fps", "jpeg_quality", "size", "camera_fps", "exposure_us", "gain_db", "trigger"]);
  assert.deepEqual(keys(fieldsOf(webcam)), ["stream_fps", "size"]);
  assert.deepEqual(keys(fieldsOf({})), []);
});

test("what cannot be set is told where it is known", () => {
  const quality = fieldsOf(webcam).find(({ key }) => key === "jpeg_quality");
  assert.deepEqual([quality.settable, valueInWords(quality)], [false, "80"]);
  assert.ok(!fieldsOf(webcam).some(({ key }) => key === "exposure_us"));
});

test("values are read wherever a grabber reports them, and an unknown one is empty", () => {
  const valued = (reported) => fieldsOf(reported).map((field) => entry(field));
  assert.deepEqual(valued(industrial), ["30", "80", "640x480", "30", "", "", ""]);
  const told = { ...industrial, requested: { ...industrial.requested, exposure_us: 800 }, actual: { ...industrial.actual, exposure_us: 799.99999 } };
  assert.equal(valued(told)[4], "800");
  assert.equal(valueInWords(fieldsOf(industrial)[4]), "as the camera has it");
  assert.equal(valueInWords(fieldsOf(told)[4]), "800 µs");
});

test("what was just applied counts until the grabber has had time to report it, and where it never reports it", () => {
  const value = (applied, stale, at) => entry(fieldsOf(industrial, applied, stale)[at]);
  assert.equal(value({ jpeg_quality: 50 }, true, 1), "50");
  assert.equal(value({ jpeg_quality: 50 }, false, 1), "80");
  assert.equal(value({ exposure_us: 700 }, false, 4), "700");
  assert.equal(value({ width: 1280, height: 720 }, true, 2), "1280x720");
});

test("only what was changed is sent", () => {
  assert.deepEqual(changed(industrial, { stream_fps: "30", jpeg_quality: " 50 ", exposure_us: "800.5", trigger: "Line0" }), {
    set: { jpeg_quality: 50, exposure_us: 800.5, trigger: "Line0" }, problems: [],
  });
  assert.deepEqual(changed(webcam, { size: "1280x720" }).set, { width: 1280, height: 720 });
  assert.deepEqual(changed(pattern, { size: "640x480" }).set, {});
});

test("what is no number is told at its field, and the limits are left to the bridge", () => {
  assert.deepEqual(changed(industrial, { gain_db: "", jpeg_quality: "", size: "640x" }).problems.map(({ key }) => key), ["jpeg_quality", "size"]);
  assert.match(changed(pattern, { stream_fps: "fast" }).problems[0].sentence, /^Streamed rate needs a number\.$/);
  assert.deepEqual(changed(pattern, { jpeg_quality: "400" }), { set: { jpeg_quality: 400 }, problems: [] });
});

test("an error goes to the field that it names", () => {
  const meant = (sentence) => fieldMeant(sentence, fieldsOf(industrial));
  assert.equal(meant("jpeg_quality is 0; from 1 to 100 is allowed"), "jpeg_quality");
  assert.equal(meant("camera 2: width is 7, from 16 to 4096 in steps of 4"), "size");
  assert.equal(meant("stream_fps is 31; from 0.1 to 30 is allowed"), "stream_fps");
  assert.equal(meant("camera 2 does not offer 1280x720; it offers 640x480"), "size");
  assert.equal(meant("gain_db of camera 2 cannot be set; what can be is width (1 to 8192), stream_fps (0.1 to 30)"), "gain_db");
  assert.equal(meant("the camera is busy"), null);
  assert.equal(meant("the pipeline cannot be resized"), null);
});

test("where the camera made something else of a wish, that is told", () => {
  const told = (set, applied) => deviations(set, applied, fieldsOf(industrial));
  assert.equal(told({ exposure_us: 800 }, { exposure_us: 800.0000001 }), "");
  assert.equal(told({ exposure_us: 800, gain_db: 3 }, { exposure_us: 798.4, gain_db: 3 }), "Exposure became 798.4 µs.");
  assert.equal(told({ width: 641, height: 480 }, { width: 640, height: 480 }), "Size became 640×480.");
  assert.equal(told({ jpeg_quality: 50 }, {}), "");
});

test("a slider gives values that a person would type, and its ends are the limits", () => {
  const [rate, quality, , , exposure, gain] = fieldsOf(industrial);
  assert.deepEqual([0, 499, SLIDER_STEPS].map((at) => fromSlider(rate, at)), [0.1, 15, 30]);
  assert.deepEqual([0, SLIDER_STEPS].map((at) => fromSlider(quality, at)), [1, 100]);
  assert.deepEqual([0, 400, SLIDER_STEPS].map((at) => fromSlider(exposure, at)), [10, 1000, 1_000_000]);
  assert.equal(fromSlider(gain, 123), 3);
  const [, , , anyRate] = fieldsOf({ limits: { ...industrial.limits, camera_fps: { min: 0.01, max: 100_000 } }, requested: { fps: 30 } });
  assert.deepEqual([anyRate.key, fromSlider(anyRate, 500)], ["camera_fps", 32], "over a wide range it goes by factors");
});

test("a value stands at its place on the slider, one beyond the limits at the end", () => {
  const [rate, quality, , , exposure] = fieldsOf(industrial);
  assert.equal(toSlider(exposure, 1000), 400);
  assert.equal(toSlider(rate, 30), SLIDER_STEPS);
  assert.deepEqual([toSlider(quality, 400), toSlider(quality, -5), toSlider(quality, NaN), toSlider(exposure, 0)], [SLIDER_STEPS, 0, 0, 0]);
  for (const field of [rate, quality, exposure]) {
    const value = fromSlider(field, 700);
    assert.equal(fromSlider(field, toSlider(field, value)), value);
  }
});
