// Asks the bridge for its time over the open connection: a few times quickly, so that an age can be shown at once, then
// now and then. The answers also show the connection that the bridge still lives.

const FIRST_QUESTIONS = 6;
const FIRST_PAUSE_MS = 60;
const PAUSE_MS = 3000;

export class TimeExchange {
  #clock;
  #send;
  #timer = 0;
  #asked = 0;

  /**
   * @param {import("./clock.mjs").BridgeClock} clock takes the answers
   * @param {(message: object) => void} send
   */
  constructor(clock, send) {
    this.#clock = clock;
    this.#send = send;
  }

  /** On a new connection: another bridge may answer, so what was measured before is forgotten. */
  start() {
    this.stop();
    this.#clock.reset();
    this.#asked = 0;
    this.#ask();
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** @param {{t0: number, bridge_us: number}} message the bridge's answer; t0 is what we sent */
  answered({ t0, bridge_us }) {
    this.#clock.add(t0, performance.now(), bridge_us);
  }

  #ask() {
    this.#asked += 1;
    this.#timer = setTimeout(() => this.#ask(), this.#asked < FIRST_QUESTIONS ? FIRST_PAUSE_MS : PAUSE_MS);
    this.#send({ type: "time", t0: performance.now() });
  }
}
