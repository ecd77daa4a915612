import assert from "node:assert/strict";
import { test } from "node:test";

import { MalformedBundle, parse } from "../frame-bundle.mjs";
import { block, captureInfo, frame, header, payload, u16, u64 } from "./bytes.mjs";

const ENTRY = { id: 3, clock: 1, timeUs: 1_790_000_000_123_456n, number: 70_000n };

function kindOf(bytes) {
  try {
    parse(bytes);
  } catch (error) {
    assert.ok(error instanceof MalformedBundle, `${error}`);
    return error.kind;
  }
  return "none";
}

test("a bundle of the original, without blocks, is read", () => {
  const bundle = parse(payload(header({ count: 2 }), frame({ id: 0 }), frame({ id: 5, width: 1280, height: 720, data: [] })));
  assert.equal(bundle.seq, 7n);
  assert.equal(bundle.timestampUs, 9n);
  assert.equal(bundle.session, null);
  assert.deepEqual(bundle.captureInfos, []);
  assert.deepEqual(bundle.frames.map(({ cameraId, pixelFormat, width, height }) => [cameraId, pixelFormat, width, height]), [
    [0, 1, 640, 480],
    [5, 1, 1280, 720],
  ]);
  assert.equal(bundle.frames[1].data.length, 0);
});

test("a frame's data is a view into the message, not a copy", () => {
  const bytes = payload(header(), frame({ data: [1, 2, 3] }));
  const [{ data }] = parse(bytes).frames;
  assert.deepEqual([...data], [1, 2, 3]);
  assert.equal(data.buffer, bytes);
});

test("a message that is a part of a larger buffer is read where it lies", () => {
  const message = new Uint8Array(payload(header(), frame({ data: [1, 2, 3] }), block(1, captureInfo([ENTRY]))));
  const larger = new Uint8Array(message.length + 20);
  larger.set(message, 7);
  const bundle = parse(larger.subarray(7, 7 + message.length));
  assert.deepEqual([...bundle.frames[0].data], [1, 2, 3]);
  assert.equal(bundle.captureInfos.length, 1);
});

test("capture infos and the sender's session are read, unknown blocks are skipped", () => {
  const bundle = parse(payload(
    header(), frame({ id: 3 }), block(900, [1, 2, 3]), block(1, captureInfo([ENTRY])), block(2, u64(2n ** 63n + 5n)), block(900, []),
  ));
  assert.equal(bundle.session, 2n ** 63n + 5n);
  assert.deepEqual(bundle.captureInfos, [{ cameraId: 3, clock: 1, captureTimeUs: ENTRY.timeUs, frameNumber: ENTRY.number }]);
});

test("longer entries of a later version are stepped over", () => {
  const bundle = parse(payload(header(), frame(), block(1, captureInfo([ENTRY, { ...ENTRY, id: 4 }], 40))));
  assert.deepEqual(bundle.captureInfos.map(({ cameraId }) => cameraId), [3, 4]);
  assert.equal(bundle.captureInfos[1].frameNumber, ENTRY.number);
});

test("the largest numbers lose no digit", () => {
  const largest = 2n ** 64n - 1n;
  const bundle = parse(payload(header({ seq: largest, timestampUs: largest }), frame({ id: 255, width: 0xffffffff })));
  assert.equal(bundle.seq, largest);
  assert.equal(bundle.timestampUs, largest);
  assert.equal(bundle.frames[0].cameraId, 255);
  assert.equal(bundle.frames[0].width, 0xffffffff);
});

test("a session of 0 is a session", () => {
  assert.equal(parse(payload(header(), frame(), block(2, u64(0)))).session, 0n);
});

const malformed = {
  "an empty message": ["no header", payload()],
  "half a header": ["no header", payload(header().slice(0, 23))],
  "another magic": ["magic", payload(header({ magic: 0xdeadbeef }), frame())],
  "another version": ["version", payload(header({ version: 2 }), frame())],
  "no camera": ["no camera", payload(header({ count: 0 }))],
  "half a frame header": ["frame past end", payload(header(), frame().slice(0, 15))],
  "frame data past the end": ["frame past end", payload(header(), frame({ data: [1, 2], size: 3 }))],
  "the largest frame size": ["frame past end", payload(header(), frame({ data: [], size: 0xffffffff }))],
  "fewer frames than announced": ["frame past end", payload(header({ count: 2 }), frame())],
  "a camera twice": ["camera twice", payload(header({ count: 2 }), frame({ id: 4 }), frame({ id: 4 }))],
  "one byte left over": ["left over", payload(header(), frame(), [0])],
  "seven bytes left over": ["left over", payload(header(), frame(), block(2, u64(1)), new Array(7).fill(0))],
  "a block past the end": ["block past end", payload(header(), frame(), block(77, [1], 2))],
  "capture infos twice": ["block twice", payload(header(), frame(), block(1, captureInfo([])), block(1, captureInfo([])))],
  "a sender twice": ["block twice", payload(header(), frame(), block(2, u64(0)), block(2, u64(0)))],
  "capture infos without their prefix": ["block too short", payload(header(), frame(), block(1, [24, 0, 0]))],
  "capture infos with too small entries": ["block too short", payload(header(), frame(), block(1, [...u16(23), ...u16(0)]))],
  "half a capture info": ["block too short", payload(header(), frame(), block(1, captureInfo([ENTRY]).slice(0, -1)))],
  "a sender of seven bytes": ["block too short", payload(header(), frame(), block(2, u64(1).slice(1)))],
};

for (const [what, [kind, bytes]] of Object.entries(malformed)) {
  test(`${what} is refused as ${kind}`, () => assert.equal(kindOf(bytes), kind));
}

test("no beginning of a bundle is taken for a whole one, save where its blocks begin", () => {
  const frames = [header({ count: 2 }), frame({ id: 1 }), frame({ id: 2 })].flat();
  const whole = payload(frames, block(1, captureInfo([ENTRY])), block(2, u64(1)));
  const withInfos = frames.length + block(1, captureInfo([ENTRY])).length;
  const sound = [];
  for (let size = 0; size <= whole.byteLength; size += 1) if (kindOf(whole.slice(0, size)) === "none") sound.push(size);
  assert.deepEqual(sound, [frames.length, withInfos, whole.byteLength]);
});
