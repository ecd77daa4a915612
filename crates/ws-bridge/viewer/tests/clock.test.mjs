import assert from "node:assert/strict";
import { test } from "node:test";

import { BridgeClock } from "../clock.mjs";

const UNIX_MS = 1_790_000_000_000;

/** The answer of a bridge whose clock is `UNIX_MS` ahead, after `there` ms on the way, and `back` ms on the way back. */
function exchange(clock, sent, there, back) {
  clock.add(sent, sent + there + back, (UNIX_MS + sent + there) * 1000);
}

test("nothing is known before the first answer, nor after a reset", () => {
  const clock = new BridgeClock();
  assert.equal(clock.toUnixMs(0), null);
  exchange(clock, 0, 1, 1);
  clock.reset();
  assert.equal(clock.toUnixMs(0), null);
});

test("of several exchanges the one with the shortest round trip counts", () => {
  const clock = new BridgeClock();
  exchange(clock, 0, 2, 90); // the answer stood behind a large bundle
  exchange(clock, 100, 3, 4);
  exchange(clock, 200, 40, 5);
  assert.ok(Math.abs(clock.toUnixMs(1000) - (UNIX_MS + 1000)) <= 0.5);
});

test("the error is at most half of the shortest round trip", () => {
  for (const [there, back] of [[0, 30], [30, 0], [10, 20]]) {
    const clock = new BridgeClock();
    exchange(clock, 50, there, back);
    assert.ok(Math.abs(clock.toUnixMs(0) - UNIX_MS) <= 15.01);
  }
});

test("old exchanges are forgotten, so a clock that drifts is followed", () => {
  const clock = new BridgeClock();
  exchange(clock, 0, 0, 0);
  clock.add(70_000, 70_010, (UNIX_MS + 70_005 + 500) * 1000);
  assert.equal(Math.round(clock.toUnixMs(70_005) - UNIX_MS), 70_505);
});

test("an answer that makes no sense is left out", () => {
  const clock = new BridgeClock();
  clock.add(10, 5, UNIX_MS * 1000);
  clock.add(undefined, 5, UNIX_MS * 1000);
  clock.add(0, 5, "soon");
  assert.equal(clock.toUnixMs(0), null);
});
