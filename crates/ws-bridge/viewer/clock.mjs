// How far the bridge's clock is from this page's, estimated as NTP does: of several exchanges the one with the shortest
// round trip says most, because the least of it can have been waiting on one way.

/** Older exchanges are forgotten, because clocks drift. */
const KEPT_MS = 60_000;
const KEPT = 24;

/** Times of this page are those of `performance.now()`: unlike `Date.now()` it does not jump when the clock is set. */
export class BridgeClock {
  #samples = [];

  /** Forgets what was measured: another connection may lead to another bridge. */
  reset() {
    this.#samples = [];
  }

  /**
   * @param {number} sentMs when the question left, page time
   * @param {number} receivedMs when the answer came, page time
   * @param {number} bridgeUs Unix time of the bridge in µs, as answered
   */
  add(sentMs, receivedMs, bridgeUs) {
    const roundTrip = receivedMs - sentMs;
    if (!(roundTrip >= 0) || !Number.isFinite(bridgeUs)) return;
    const offset = bridgeUs / 1000 - (sentMs + receivedMs) / 2;
    this.#samples = this.#samples.filter((sample) => receivedMs - sample.at < KEPT_MS).slice(1 - KEPT);
    this.#samples.push({ at: receivedMs, roundTrip, offset });
  }

  /**
   * @param {number} pageMs page time
   * @returns {?number} the bridge's Unix time in ms at that moment; null before the first answer
   */
  toUnixMs(pageMs) {
    const best = this.#best;
    return best ? pageMs + best.offset : null;
  }

  get #best() {
    return this.#samples.reduce((best, sample) => (best && best.roundTrip <= sample.roundTrip ? best : sample), null);
  }
}
