// Holds the page's reader to the golden vectors; proto/vectors/README.md says what is in them.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { MalformedBundle, parse } from "../frame-bundle.mjs";

const VECTORS = new URL("../../../../proto/vectors/", import.meta.url);

/** The vectors of a folder: their name, their text and their bytes. */
function vectorsIn(folder) {
  const files = readdirSync(new URL(folder, VECTORS)).filter((file) => file.endsWith(".hex"));
  assert.ok(files.length > 0, `no vector in ${folder}`);
  return files.map((file) => {
    const text = readFileSync(new URL(folder + file, VECTORS), "utf8");
    const hex = text.replace(/^#.*$/gm, "").replace(/\s+/g, "");
    assert.match(hex, /^([0-9a-f]{2})*$/i, file);
    return { name: file.slice(0, -".hex".length), text, payload: Uint8Array.from(Buffer.from(hex, "hex")).buffer };
  });
}

/** A bundle in the words of the vectors' JSON. */
function asJson({ seq, timestampUs, session, frames, captureInfos }) {
  return {
    seq: `${seq}`,
    timestamp_us: `${timestampUs}`,
    session: session === null ? null : `${session}`,
    frames: frames.map(({ cameraId, pixelFormat, width, height, data }) => ({
      camera_id: cameraId, pixel_format: pixelFormat, width, height, data: Buffer.from(data).toString("hex"),
    })),
    capture_info: captureInfos.map(({ cameraId, clock, captureTimeUs, frameNumber }) => ({
      camera_id: cameraId, clock, capture_time_us: `${captureTimeUs}`, frame_number: `${frameNumber}`,
    })),
  };
}

for (const { name, payload } of vectorsIn("good/")) {
  test(`good vector ${name} holds what its JSON says`, () => {
    const expected = JSON.parse(readFileSync(new URL(`good/${name}.json`, VECTORS), "utf8"));
    assert.deepEqual(asJson(parse(payload)), expected);
  });
}

for (const { name, text, payload } of vectorsIn("malformed/")) {
  const kind = /^# error: (.+)$/m.exec(text)?.[1];
  test(`malformed vector ${name} is refused as ${kind}`, () => {
    assert.ok(kind, "no line `# error: KIND`");
    assert.throws(() => parse(payload), (error) => error instanceof MalformedBundle && error.kind === kind);
  });
}
