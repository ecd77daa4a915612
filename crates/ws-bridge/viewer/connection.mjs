// The one WebSocket that carries everything (a browser allows six HTTP connections a host, so a stream a camera would
// starve). It connects again by itself, rests while nobody looks, and hands messages on as they come.

import { delayAfter } from "./backoff.mjs";
import { closeInWords } from "./words.mjs";

const TICK_MS = 100;
/** A host that swallows packets would keep a browser in "connecting" for minutes. */
const LONGEST_CONNECT_MS = 8000;
/** A network that vanished sends no close. The page asks for the time every 3 s, so a living bridge is never this silent. */
const LONGEST_SILENCE_MS = 10_000;
/** After this long a connection was a good one, and back-off starts again from the shortest. */
const GOOD_MS = 5000;

/**
 * @typedef {{state: "connecting" | "open" | "waiting" | "resting", seconds?: number, why?: string}} ConnectionState
 *   `waiting`: the next attempt is `seconds` away, `why` says what ended the last one; `resting`: the tab is hidden.
 */
export class Connection {
  #url;
  #handlers;
  #socket = null;
  #state = "resting";
  #since = 0;
  #heardAt = 0;
  #failures = 0;
  #retryAt = 0;
  #why = "";
  #ticker = 0;

  /**
   * @param {string} url
   * @param {{onState: (state: ConnectionState) => void, onText: (text: string) => void,
   *   onBinary: (payload: ArrayBuffer) => void, whyNotOpened: () => Promise<?string>}} handlers
   */
  constructor(url, handlers) {
    this.#url = url;
    this.#handlers = handlers;
  }

  /** Connects, and from then on follows the tab: hidden, it closes; visible again, it connects at once. */
  start() {
    document.addEventListener("visibilitychange", () => this.#follow());
    window.addEventListener("online", () => this.retryNow());
    this.#follow();
  }

  /** Sends a message, where there is a connection. */
  send(message) {
    if (this.#state === "open") this.#socket.send(JSON.stringify(message));
  }

  /** Ends the wait for the next attempt. */
  retryNow() {
    if (this.#state === "waiting") this.#connect();
  }

  #follow() {
    clearInterval(this.#ticker);
    if (document.hidden) {
      this.#drop();
      this.#enter("resting");
      return;
    }
    this.#ticker = setInterval(() => this.#tick(performance.now()), TICK_MS);
    if (this.#state === "resting") this.#connect();
  }

  #connect() {
    const socket = new WebSocket(this.#url);
    socket.binaryType = "arraybuffer"; // a Blob, the default, could only be read later, and out of order
    this.#socket = socket;
    this.#enter("connecting");
    socket.onopen = () => {
      this.#heardAt = performance.now();
      this.#enter("open");
    };
    socket.onmessage = ({ data }) => {
      this.#heardAt = performance.now();
      if (typeof data === "string") this.#handlers.onText(data);
      else this.#handlers.onBinary(data);
    };
    socket.onclose = ({ code, reason }) => {
      const opened = this.#state === "open";
      this.#fail(closeInWords(code, reason));
      if (!opened) this.#explain(this.#failures);
    };
  }

  #tick(now) {
    if (this.#state === "connecting" && now - this.#since > LONGEST_CONNECT_MS) {
      this.#fail("The bridge does not answer.");
    } else if (this.#state === "open") {
      if (now - this.#since > GOOD_MS) this.#failures = 0;
      if (now - this.#heardAt > LONGEST_SILENCE_MS) this.#fail("The bridge went silent.");
    } else if (this.#state === "waiting") {
      if (now >= this.#retryAt) this.#connect();
      else this.#tellWait(now);
    }
  }

  #fail(why) {
    this.#drop();
    this.#failures += 1;
    this.#why = why;
    this.#retryAt = performance.now() + delayAfter(this.#failures, Math.random());
    this.#state = "waiting";
    this.#tellWait(performance.now());
  }

  async #explain(failure) {
    const why = await this.#handlers.whyNotOpened();
    if (!why || this.#state !== "waiting" || failure !== this.#failures) return;
    this.#why = why;
    this.#tellWait(performance.now());
  }

  /** Lets go of the socket at once: on a dead network its close event comes late, or when another one is open. */
  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #enter(state) {
    this.#state = state;
    this.#since = performance.now();
    this.#handlers.onState({ state });
  }

  #tellWait(now) {
    const seconds = Math.max(1, Math.ceil((this.#retryAt - now) / 1000));
    this.#handlers.onState({ state: "waiting", seconds, why: this.#why });
  }
}
