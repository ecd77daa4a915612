import assert from "node:assert/strict";
import { test } from "node:test";

import { layOut, neighbour } from "../layout.mjs";

const GAP = 6;
const BAR = 28;
const desk = { width: 1268, height: 750, gap: GAP, bar: BAR, lowest: 140 };
const phone = { width: 378, height: 794, gap: GAP, bar: BAR, lowest: 140 };

const same = (count, aspect = 4 / 3) => new Array(count).fill(aspect);

/** How many stand in each row. */
function rows({ places }) {
  const middles = places.map(({ y, height }) => Math.round(y + height / 2));
  return [...new Set(middles)].map((middle) => middles.filter((other) => Math.abs(other - middle) <= 1).length);
}

test("any number of pictures of any shape fits a window without scrolling, and none lies over another", () => {
  for (let count = 1; count <= 16; count += 1) {
    for (const shapes of [[4 / 3], [16 / 9], [3 / 4], [4 / 3, 16 / 9, 9 / 16, 1]]) {
      const { height, places } = layOut(Array.from({ length: count }, (_, index) => shapes[index % shapes.length]), desk);
      assert.equal(height, desk.height);
      assert.equal(places.length, count);
      for (const [index, a] of places.entries()) {
        assert.ok(a.x >= 0 && a.y >= 0 && a.x + a.width <= desk.width && a.y + a.height <= desk.height, `${count} of ${shapes}`);
        for (const b of places.slice(0, index)) {
          const beside = a.x >= b.x + b.width + GAP || b.x >= a.x + a.width + GAP;
          assert.ok(beside || a.y >= b.y + b.height + GAP, `${count} of ${shapes}`);
        }
      }
    }
  }
});

test("every picture keeps its shape to the pixel, above its bar", () => {
  const aspects = [4 / 3, 16 / 9, 3 / 4, 1];
  layOut(aspects, desk).places.forEach(({ width, height }, index) => {
    assert.ok(Math.abs(width - (height - BAR) * aspects[index]) <= 2, `${width}x${height} for ${aspects[index]}`);
  });
});

test("pictures of one shape are all of one size", () => {
  for (const count of [2, 3, 5, 7, 11]) {
    const { places } = layOut(same(count), desk);
    assert.equal(new Set(places.map(({ width, height }) => `${width}x${height}`)).size, 1);
  }
});

test("columns follow the window, and rows are balanced", () => {
  assert.deepEqual(rows(layOut(same(4), desk)), [2, 2]);
  assert.deepEqual(rows(layOut(same(16), { ...desk, height: 800 })), [4, 4, 4, 4]);
  assert.deepEqual(rows(layOut(same(3), phone)), [1, 1, 1]);
  assert.deepEqual(rows(layOut(same(8), phone)), [2, 2, 2, 2]);
});

test("one picture fills the window in one direction and stands in the middle of the other", () => {
  assert.deepEqual(layOut([4 / 3], desk).places, [{ x: 153, y: 0, width: 962, height: 750 }]);
  assert.deepEqual(layOut([4 / 3], phone).places, [{ x: 0, y: 241, width: 378, height: 311 }]);
});

test("where shapes are mixed a short row grows into what is left", () => {
  const { height, places } = layOut([4 / 3, 4 / 3, 4 / 3, 16 / 9, 3 / 4, 4 / 3], phone);
  const smallest = Math.min(...places.map((place) => place.height));
  assert.ok(places.some((place) => place.height > smallest));
  assert.equal(height, phone.height);
});

test("too many for the window scroll, and are not made smaller than can be seen", () => {
  const layout = layOut(same(40), phone);
  assert.ok(layout.places.every(({ height }) => height >= phone.lowest));
  assert.ok(layout.height > phone.height);
  assert.ok(rows(layout)[0] * (layout.places[0].width + GAP) > 0.9 * phone.width);
});

test("a window without room still gets sizes", () => {
  for (const area of [{ width: 0, height: 0 }, { width: 300, height: 3 }, { width: 40, height: 40 }]) {
    for (const { width, height } of layOut([4 / 3, 1], { gap: GAP, bar: BAR, lowest: 140, ...area }).places) {
      assert.ok(width >= 1 && height >= 1);
    }
  }
  assert.deepEqual(layOut([], desk).places, []);
});

test("arrow keys go to the nearest tile in their direction, and stay where there is none", () => {
  // 0 1 2
  //  3 4
  const centres = [[100, 100], [300, 100], [500, 100], [200, 300], [400, 300]].map(([x, y]) => ({ x, y }));
  assert.equal(neighbour(centres, 0, "ArrowRight"), 1);
  assert.equal(neighbour(centres, 2, "ArrowRight"), 2);
  assert.equal(neighbour(centres, 4, "ArrowLeft"), 3);
  assert.equal(neighbour(centres, 2, "ArrowDown"), 4);
  assert.equal(neighbour(centres, 0, "ArrowDown"), 3);
  assert.ok([1, 2].includes(neighbour(centres, 4, "ArrowUp")));
  assert.equal(neighbour(centres, 0, "ArrowUp"), 0);
});
