// Decodes a camera's JPEGs off the main thread and paints the newest onto its canvas.

import { NewestWins } from "./newest.mjs";

/**
 * @typedef {{data: Uint8Array, capturedMs: ?number, receivedMs: number}} Arrival
 *   a frame as it came: `capturedMs` is Unix time, `receivedMs` page time.
 * @typedef {{blob: Blob, width: number, height: number, capturedMs: ?number, receivedMs: number}} Shown
 *   what is on the canvas; `blob` holds the camera's own JPEG.
 */
export class Picture {
  #canvas;
  #context;
  #onPaint;
  #frames = new NewestWins(decode, (decoded, arrival) => this.#paintSoon(decoded, arrival));

  /** @type {?Shown} */
  shown = null;
  painted = 0;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {(shown: Shown, nowMs: number) => void} onPaint
   */
  constructor(canvas, onPaint) {
    this.#canvas = canvas;
    // A canvas without alpha needs no blending with what lies under it.
    this.#context = canvas.getContext("2d", { alpha: false });
    this.#onPaint = onPaint;
  }

  get skipped() {
    return this.#frames.skipped;
  }

  get broken() {
    return this.#frames.broken;
  }

  /** @param {Arrival} arrival */
  offer(arrival) {
    this.#frames.offer(arrival, arrival.receivedMs);
  }

  /** While held, nothing is decoded; let go, the newest frame is shown at once. */
  hold(held) {
    this.#frames.hold(held);
  }

  // Painting waits for the screen, or a frame could tear. Where the tab is hidden the callback never comes: then this one
  // picture is kept, and no other is decoded.
  #paintSoon({ bitmap, blob }, { capturedMs, receivedMs }) {
    requestAnimationFrame(() => {
      const { width, height } = bitmap;
      // Setting a size clears the canvas, even to the same size.
      if (this.#canvas.width !== width) this.#canvas.width = width;
      if (this.#canvas.height !== height) this.#canvas.height = height;
      this.#context.drawImage(bitmap, 0, 0);
      bitmap.close(); // its pixels lie outside the JavaScript heap, where garbage collection does not see them pile up
      this.painted += 1;
      this.shown = { blob, width, height, capturedMs, receivedMs };
      const nowMs = performance.now();
      this.#onPaint(this.shown, nowMs);
      this.#frames.painted(nowMs);
    });
  }
}

// `createImageBitmap` decodes on another thread, and works without TLS, unlike `ImageDecoder`.
async function decode({ data }) {
  const blob = new Blob([data], { type: "image/jpeg" });
  return { blob, bitmap: await createImageBitmap(blob) };
}
