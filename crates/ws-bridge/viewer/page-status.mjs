// What the page says of itself: the connection, test patterns, an empty wall.

import { START_MS } from "./newest.mjs";
import { counted, liveInWords } from "./words.mjs";

/** How long a notice about skipped bundles stays. */
const NOTICE_MS = 6000;
const TITLE = document.title;

export class PageStatus {
  #wall;
  #announce;
  #connection = { state: "connecting" };
  #demo = false;
  #known = false;
  #dropped = 0;
  #openedMs = 0;
  #noticeUntil = 0;
  #part = Object.fromEntries([...document.querySelectorAll("[data-page]")].map((part) => [part.dataset.page, part]));

  /**
   * @param {import("./wall.mjs").Wall} wall
   * @param {(text: string) => void} announce
   */
  constructor(wall, announce) {
    this.#wall = wall;
    this.#announce = announce;
    write(this.#part.address, location.host);
  }

  /**
   * @param {import("./connection.mjs").ConnectionState} news
   * @param {number} nowMs
   */
  connection(news, nowMs) {
    const before = this.#connection;
    this.#connection = news;
    document.documentElement.dataset.connection = news.state;
    if (news.state === "open") this.#openedMs = nowMs;
    else this.#known = false;
    if (news.state === "waiting" && before.state === "open") this.#announce(`${news.why} Trying again`);
    this.show();
  }

  meta({ demo, cameras }) {
    const first = !this.#known;
    this.#demo = demo === true;
    this.#known = true;
    if (first) this.#announce(`Connected, ${counted(cameras?.length ?? 0, "camera")}`);
    this.show();
  }

  /** The bridge left out bundles because this viewer was too slow for them. While it starts every page is. */
  dropped(bundles, nowMs) {
    this.#dropped += bundles;
    document.documentElement.dataset.dropped = this.#dropped;
    if (nowMs - this.#openedMs > START_MS) this.#notice(`Slow connection: ${counted(bundles, "bundle")} skipped`, nowMs);
  }

  malformed(kind, nowMs) {
    this.#notice(`A damaged bundle was left out (${kind})`, nowMs);
  }

  refresh(nowMs) {
    if (nowMs > this.#noticeUntil) write(this.#part.notice, "");
  }

  showPause() {
    const paused = this.#wall.allPaused;
    this.#part.pause.dataset.paused = paused;
    this.#part.pause.title = paused ? "Resume all (space)" : "Pause all (space)";
    write(this.#part.pauseLabel, paused ? "Resume all" : "Pause all");
  }

  show() {
    const { tiles, shown } = this.#wall;
    const { state, seconds, why } = this.#connection;
    const online = state === "open";
    const trouble = state === "waiting" || (state === "connecting" && !this.#part.trouble.hidden);

    this.#part.demo.hidden = !(this.#demo && online);
    this.#part.trouble.hidden = !trouble;
    if (state === "waiting") write(this.#part.troubleText, `${why} Trying again in ${seconds} s.`);
    else if (trouble) write(this.#part.troubleText, "Connecting…");
    this.#part.retry.hidden = state !== "waiting";

    const { text, tone } = this.#summary(online, trouble);
    write(this.#part.state, text);
    this.#part.state.parentElement.dataset.tone = tone;
    const title = trouble ? `Not connected – ${TITLE}` : TITLE;
    if (document.title !== title) document.title = title;

    this.#part.none.hidden = !(online && this.#known && tiles.length === 0);
    this.#part.noBridge.hidden = !(trouble && tiles.length === 0);
    this.#part.allHidden.hidden = !(tiles.length > 0 && shown.length === 0);
    this.#part.cameras.disabled = tiles.length === 0;
    this.#part.pause.disabled = shown.length === 0;
    this.showPause();
  }

  #summary(online, trouble) {
    if (trouble) return { text: "Not connected", tone: "bad" };
    if (!online || !this.#known) return { text: "Connecting…", tone: "quiet" };
    const { tiles, shown } = this.#wall;
    if (tiles.length === 0) return { text: "Connected", tone: "good" };
    const { text, tone } = liveInWords(tiles.map((tile) => tile.state));
    const hidden = tiles.length - shown.length;
    return { text: hidden > 0 ? `${text}, ${hidden} hidden` : text, tone };
  }

  #notice(text, nowMs) {
    write(this.#part.notice, text);
    this.#noticeUntil = nowMs + NOTICE_MS;
  }
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
