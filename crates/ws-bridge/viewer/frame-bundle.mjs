// Reads a FrameBundle, version 1, as it arrives in one binary WebSocket message. Needs neither the page nor a browser:
// import it wherever bundles have to be read. It checks structure, not pictures, and copies no picture.

const MAGIC = 0xcafebabe;
const VERSION = 1;
const BUNDLE_HEADER_SIZE = 24;
const FRAME_HEADER_SIZE = 16;
const BLOCK_HEADER_SIZE = 8;
const CAPTURE_INFO_PREFIX_SIZE = 4;
const CAPTURE_INFO_ENTRY_SIZE = 24;
const SENDER_SIZE = 8;

const TAG_CAPTURE_INFO = 1;
const TAG_SENDER = 2;

/** The pixel format of a frame whose data is a complete JPEG. */
export const JPEG = 1;

/**
 * The payload is no bundle. `kind` names the check that failed: `no header`, `magic`, `version`, `no camera`,
 * `frame past end`, `camera twice`, `left over`, `block past end`, `block twice` or `block too short`.
 */
export class MalformedBundle extends Error {
  constructor(kind, message) {
    super(message);
    this.name = "MalformedBundle";
    this.kind = kind;
  }
}

/**
 * @typedef {{cameraId: number, pixelFormat: number, width: number, height: number, data: Uint8Array}} Frame
 *   `data` is a view into the message.
 * @typedef {{cameraId: number, clock: number, captureTimeUs: bigint, frameNumber: bigint}} CaptureInfo
 *   `clock`: 0 arrival at the host, 1 the camera's clock, 2 PTP; `captureTimeUs`: Unix time in µs.
 * @typedef {{seq: bigint, timestampUs: bigint, session: ?bigint, frames: Frame[], captureInfos: CaptureInfo[]}} Bundle
 *   Every 64-bit field is a BigInt, so that none loses a digit; `session` is null where the sender gave none.
 */

/**
 * Reads a bundle.
 *
 * @param {ArrayBuffer | ArrayBufferView} payload one whole message: in a browser an ArrayBuffer, in node a Buffer
 * @returns {Bundle}
 * @throws {MalformedBundle} for the first check that failed
 */
export function parse(payload) {
  const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(payload) ? payload : new Uint8Array(payload);
  const view = new DataView(buffer, byteOffset, byteLength);
  const bundle = readHeader(view);
  const blocksAt = readFrames(view, bundle);
  readBlocks(view, blocksAt, bundle);
  const { seq, timestampUs, session, frames, captureInfos } = bundle;
  return { seq, timestampUs, session: session ?? null, frames, captureInfos: captureInfos ?? [] };
}

function readHeader(view) {
  if (view.byteLength < BUNDLE_HEADER_SIZE) {
    fail("no header", `${view.byteLength} bytes are too few for a bundle header of ${BUNDLE_HEADER_SIZE}`);
  }
  const magic = view.getUint32(0, true);
  if (magic !== MAGIC) fail("magic", `bundle magic 0x${magic.toString(16)}, expected 0x${MAGIC.toString(16)}`);
  const version = view.getUint16(4, true);
  if (version !== VERSION) fail("version", `bundle version ${version}, only ${VERSION} is known`);
  const cameraCount = view.getUint16(6, true);
  if (cameraCount === 0) fail("no camera", "camera_count is 0, at least 1 is needed");
  return { cameraCount, seq: view.getBigUint64(8, true), timestampUs: view.getBigUint64(16, true), frames: [] };
}

/** Adds the frames to `bundle`; gives the place after the last one. */
function readFrames(view, bundle) {
  const seen = new Set();
  let at = BUNDLE_HEADER_SIZE;
  for (let index = 0; index < bundle.cameraCount; index += 1) {
    const left = view.byteLength - at;
    if (left < FRAME_HEADER_SIZE) {
      fail("frame past end", `frame ${index} needs ${FRAME_HEADER_SIZE} bytes, ${left} are left`);
    }
    const cameraId = view.getUint8(at);
    const size = view.getUint32(at + 12, true);
    if (FRAME_HEADER_SIZE + size > left) {
      fail("frame past end", `frame ${index} needs ${FRAME_HEADER_SIZE + size} bytes, ${left} are left`);
    }
    if (seen.has(cameraId)) fail("camera twice", `camera id ${cameraId} stands twice in a bundle`);
    seen.add(cameraId);
    bundle.frames.push({
      cameraId,
      pixelFormat: view.getUint8(at + 1),
      width: view.getUint32(at + 4, true),
      height: view.getUint32(at + 8, true),
      data: new Uint8Array(view.buffer, view.byteOffset + at + FRAME_HEADER_SIZE, size),
    });
    at += FRAME_HEADER_SIZE + size;
  }
  return at;
}

function readBlocks(view, at, bundle) {
  while (at < view.byteLength) {
    const rest = view.byteLength - at;
    if (rest < BLOCK_HEADER_SIZE) {
      fail("left over", `${rest} bytes left over after the last frame or block, a block header takes ${BLOCK_HEADER_SIZE}`);
    }
    const tag = view.getUint16(at, true);
    const size = view.getUint32(at + 4, true);
    at += BLOCK_HEADER_SIZE;
    const left = view.byteLength - at;
    if (size > left) fail("block past end", `block with tag ${tag} says ${size} bytes, ${left} are left`);
    if (tag === TAG_CAPTURE_INFO) {
      if (bundle.captureInfos) fail("block twice", `block with tag ${tag} stands twice`);
      bundle.captureInfos = readCaptureInfos(view, at, size);
    } else if (tag === TAG_SENDER) {
      if (bundle.session !== undefined) fail("block twice", `block with tag ${tag} stands twice`);
      if (size < SENDER_SIZE) tooShort(tag, size, SENDER_SIZE);
      bundle.session = view.getBigUint64(at, true);
    } // any other tag is a later version's, and skipped
    at += size;
  }
}

function readCaptureInfos(view, at, size) {
  if (size < CAPTURE_INFO_PREFIX_SIZE) tooShort(TAG_CAPTURE_INFO, size, CAPTURE_INFO_PREFIX_SIZE);
  const entrySize = view.getUint16(at, true);
  if (entrySize < CAPTURE_INFO_ENTRY_SIZE) {
    tooShort(TAG_CAPTURE_INFO, size, CAPTURE_INFO_PREFIX_SIZE + CAPTURE_INFO_ENTRY_SIZE);
  }
  const count = Math.ceil((size - CAPTURE_INFO_PREFIX_SIZE) / entrySize);
  const needed = CAPTURE_INFO_PREFIX_SIZE + count * entrySize;
  if (size < needed) tooShort(TAG_CAPTURE_INFO, size, needed);
  const infos = [];
  for (let index = 0; index < count; index += 1) {
    // A longer entry is a later version's: what it adds is stepped over.
    const entry = at + CAPTURE_INFO_PREFIX_SIZE + index * entrySize;
    infos.push({
      cameraId: view.getUint8(entry),
      clock: view.getUint8(entry + 1),
      captureTimeUs: view.getBigUint64(entry + 8, true),
      frameNumber: view.getBigUint64(entry + 16, true),
    });
  }
  return infos;
}

function tooShort(tag, size, needed) {
  fail("block too short", `block with tag ${tag} has ${size} bytes, ${needed} are needed`);
}

function fail(kind, message) {
  throw new MalformedBundle(kind, message);
}
