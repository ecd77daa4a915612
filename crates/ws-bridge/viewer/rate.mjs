// How many frames a second come in.

/** Long enough that one frame that came late or early does not change a whole number: 40 ms are 0.24 of 30 fps. */
const WINDOW_MS = 5000;
/** Nothing is told before it was measured for this long. */
const LEAST_SPAN_MS = 2000;
/** Frames so soon after a start are not counted: they come in a bunch, having waited for the page. */
const BUNCH_MS = 500;
/** A silence of this length, or of three periods, is the end of the stream. */
const SILENCE_MS = 2000;
/** From here on whole numbers are enough. */
const WHOLE_FROM = 9.95;
/** A whole number stays until the measured rate is this far from it. More than a half, or a rate of 29.5 would flicker. */
const HOLD = 0.75;

export class Rate {
  #arrivals = [];
  #startMs = -Infinity;
  #lastMs = -Infinity;
  #whole = null;

  /** @param {number} nowMs when a frame came */
  count(nowMs) {
    if (nowMs - this.#lastMs > WINDOW_MS) this.#startMs = nowMs;
    this.#lastMs = nowMs;
    if (nowMs - this.#startMs < BUNCH_MS) return;
    this.#arrivals.push(nowMs);
    this.#forget(nowMs);
  }

  /**
   * @param {number} nowMs
   * @returns {number} frames per second over the last 5 s; 0 where nothing comes, or too little came to tell
   */
  perSecond(nowMs) {
    this.#forget(nowMs);
    // From the first to the last arrival there are count - 1 periods.
    const periods = this.#arrivals.length - 1;
    if (periods < 1) return 0;
    const last = this.#arrivals[periods];
    const span = last - this.#arrivals[0];
    if (span < LEAST_SPAN_MS) return 0;
    const period = span / periods;
    const silence = nowMs - last;
    if (silence > Math.max(SILENCE_MS, 3 * period)) return 0;
    // Where frames do not come any more, their absence counts too.
    const overdue = Math.max(0, silence - 2 * period);
    return (periods * 1000) / (span + overdue);
  }

  /**
   * The rate to be shown: from 10 up a whole number that does not flicker.
   *
   * @param {number} nowMs
   */
  steady(nowMs) {
    const measured = this.perSecond(nowMs);
    if (this.#whole === null || Math.abs(measured - this.#whole) > HOLD) {
      this.#whole = measured < WHOLE_FROM ? null : Math.round(measured);
    }
    return this.#whole ?? measured;
  }

  #forget(nowMs) {
    const first = this.#arrivals.findIndex((at) => nowMs - at <= WINDOW_MS);
    this.#arrivals = first < 0 ? [] : first > 0 ? this.#arrivals.slice(first) : this.#arrivals;
  }
}
