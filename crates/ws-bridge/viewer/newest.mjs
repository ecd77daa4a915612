// Newest wins: of frames that come faster than they can be decoded the last one is taken, and none ever queues.

/** So long after its first picture a page, or a tile on it, still starts: what it passes over then is no sign of trouble. */
export const START_MS = 2000;

/**
 * Holds at most one frame that waits, one that is being decoded and one that waits to be painted. While one waits to be
 * painted no other is decoded, so a camera faster than the screen costs no more than the screen shows.
 */
export class NewestWins {
  #decode;
  #ready;
  #waiting = null;
  #busy = false;
  #held = false;
  #countFromMs = Infinity;

  /** Frames that were replaced by a newer one before they could be shown, not counting those of the start. */
  skipped = 0;
  /** Frames that could not be decoded. */
  broken = 0;

  /**
   * @param {(frame: any) => Promise<any>} decode
   * @param {(picture: any, frame: any) => void} ready called with what was decoded; `painted` has to follow
   */
  constructor(decode, ready) {
    this.#decode = decode;
    this.#ready = ready;
  }

  /**
   * Takes a frame, in the place of one that still waits.
   *
   * @param {any} frame
   * @param {number} nowMs when it came, page time
   */
  offer(frame, nowMs) {
    if (this.#waiting && !this.#held && nowMs >= this.#countFromMs) this.skipped += 1;
    this.#waiting = frame;
    this.#next();
  }

  /**
   * What was ready is on the screen.
   *
   * @param {number} nowMs page time
   */
  painted(nowMs) {
    this.#countFromMs = Math.min(this.#countFromMs, nowMs + START_MS);
    this.#goOn();
  }

  /** While held, the newest frame is kept and nothing is decoded; frames passed over then are not counted. */
  hold(held) {
    this.#held = held;
    this.#next();
  }

  #goOn() {
    this.#busy = false;
    this.#next();
  }

  async #next() {
    if (this.#busy || this.#held || !this.#waiting) return;
    const frame = this.#waiting;
    this.#waiting = null;
    this.#busy = true;
    let picture;
    try {
      picture = await this.#decode(frame);
    } catch {
      this.broken += 1;
      this.#goOn();
      return;
    }
    this.#ready(picture, frame);
  }
}
