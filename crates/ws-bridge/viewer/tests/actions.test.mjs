import assert from "node:assert/strict";
import { test } from "node:test";

import { listen } from "../actions.mjs";

/** Listens on a document that has no menu or dialog of its own, and presses a key there. */
function press(key) {
  const nothing = { querySelector: () => null, closest: () => null, matches: () => false, fullscreenElement: null };
  globalThis.document = Object.assign(new EventTarget(), nothing);
  listen({ shown: [], allPaused: false }, { close() {} }, { announce() {}, onPause() {} });
  const event = Object.assign(new Event("keydown", { cancelable: true }), { key });
  document.dispatchEvent(event);
  return event;
}

test("Escape is left to the browser, which closes a menu by it", () => {
  assert.equal(press("Escape").defaultPrevented, false);
});

test("the space bar pauses and does not scroll", () => {
  assert.equal(press(" ").defaultPrevented, true);
});
