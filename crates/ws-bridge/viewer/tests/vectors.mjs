// Holds frame-bundle.mjs to golden vectors, as proto/vectors/README.md describes them:
//
//     node vectors.mjs FILE.hex …
//
// A line a vector; exit 1 where one disagrees, 2 where none was given.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

import { MalformedBundle, parse } from "../frame-bundle.mjs";

/**
 * What a vector is to be read as, and what it is read as: contents in the words of the vectors' JSON, or the kind of what
 * is malformed.
 */
export function check(path) {
  const text = readFileSync(path, "utf8");
  const hex = text.replace(/^#.*$/gm, "").replace(/\s+/g, "");
  if (!/^([0-9a-f]{2})*$/i.test(hex)) throw new Error(`${path} is not hex`);
  const expected = /^# error: (.+)$/m.exec(text)?.[1] ?? JSON.parse(readFileSync(path.replace(/hex$/, "json"), "utf8"));
  return { expected, found: read(Uint8Array.from(Buffer.from(hex, "hex")).buffer) };
}

function read(payload) {
  try {
    return asJson(parse(payload));
  } catch (error) {
    if (error instanceof MalformedBundle) return error.kind;
    throw error;
  }
}

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

function main(paths) {
  if (paths.length === 0) {
    console.error("usage: node vectors.mjs FILE.hex …");
    return 2;
  }
  let disagree = 0;
  for (const path of paths) {
    const [expected, found] = Object.values(check(path)).map((value) => JSON.stringify(value));
    if (found === expected) {
      console.log(`agrees    ${path}`);
    } else {
      console.log(`DISAGREES ${path}\n  expected ${expected}\n  found    ${found}`);
      disagree = 1;
    }
  }
  return disagree;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exitCode = main(process.argv.slice(2));
