import assert from "node:assert/strict";
import { test } from "node:test";

import { NewestWins, START_MS } from "../newest.mjs";

/** A decoder whose answers come when the test says so, as a slow machine's do. */
function slowly() {
  const decoding = [];
  const shown = [];
  const frames = new NewestWins(
    (frame) => new Promise((resolve, reject) => decoding.push({ frame, resolve: () => resolve(`picture ${frame}`), reject })),
    (picture) => shown.push(picture),
  );
  return { frames, decoding, shown };
}

/** Page time when the start is over, where the first picture was painted at 0. */
const STARTED = START_MS;

const soon = () => new Promise((resolve) => setImmediate(resolve));

test("at most one frame is decoded at a time, and of those that came meanwhile the newest", async () => {
  const { frames, decoding, shown } = slowly();
  for (const frame of [1, 2, 3, 4]) frames.offer(frame, 0);
  assert.deepEqual(decoding.map(({ frame }) => frame), [1]);
  decoding[0].resolve();
  await soon();
  frames.painted(0);
  assert.deepEqual(decoding.map(({ frame }) => frame), [1, 4]);
  assert.deepEqual(shown, ["picture 1"]);
});

test("frames that were replaced are counted, save those of the start", async () => {
  const { frames, decoding } = slowly();
  for (const frame of [1, 2, 3]) frames.offer(frame, 0);
  decoding[0].resolve();
  await soon();
  frames.painted(0);
  for (const frame of [4, 5]) frames.offer(frame, STARTED - 1);
  assert.equal(frames.skipped, 0);
  for (const frame of [6, 7]) frames.offer(frame, STARTED);
  assert.equal(frames.skipped, 2);
});

test("the start ends once, however often is painted, and not with a frame that cannot be decoded", async () => {
  const { frames, decoding } = slowly();
  frames.offer(1, 0);
  decoding[0].reject(new Error("not a JPEG"));
  await soon();
  for (const frame of [2, 3, 4]) frames.offer(frame, 10 * STARTED);
  assert.equal(frames.skipped, 0);
  for (const at of [10 * STARTED, 11 * STARTED]) {
    decoding.at(-1).resolve();
    await soon();
    frames.painted(at);
  }
  for (const frame of [5, 6, 7]) frames.offer(frame, 11 * STARTED);
  assert.equal(frames.skipped, 1);
});

test("nothing more is decoded until the screen has shown what is ready", async () => {
  const { frames, decoding } = slowly();
  frames.offer(1, 0);
  decoding[0].resolve();
  await soon();
  frames.offer(2, 0);
  assert.equal(decoding.length, 1);
  frames.painted(0);
  assert.equal(decoding.length, 2);
});

test("a frame that cannot be decoded is counted and does not stop the next", async () => {
  const { frames, decoding, shown } = slowly();
  frames.offer(1, 0);
  frames.offer(2, 0);
  decoding[0].reject(new Error("not a JPEG"));
  await soon();
  decoding[1].resolve();
  await soon();
  assert.equal(frames.broken, 1);
  assert.deepEqual(shown, ["picture 2"]);
});

test("held, it decodes nothing and counts nothing as skipped; let go, it shows the newest", async () => {
  const { frames, decoding } = slowly();
  frames.offer(1, 0);
  decoding[0].resolve();
  await soon();
  frames.painted(0);
  frames.hold(true);
  for (const frame of [2, 3, 4]) frames.offer(frame, STARTED);
  assert.equal(decoding.length, 1);
  frames.hold(false);
  assert.deepEqual(decoding.map(({ frame }) => frame), [1, 4]);
  assert.equal(frames.skipped, 0);
});
