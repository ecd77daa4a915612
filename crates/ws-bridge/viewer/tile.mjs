// A camera's tile: its picture, its bar, and what it says when there is no picture.

import { Picture } from "./picture.mjs";
import { Rate } from "./rate.mjs";
import { save, snapshotName } from "./snapshot.mjs";
import { ageInWords, rateInWords, sizeInWords, stateInWords } from "./words.mjs";

const ASPECT_BEFORE_A_PICTURE = 4 / 3;
/** Without news from the grabber, a camera that was silent this long, or three of its periods, counts as stalled. */
const SILENCE_MS = 3000;

/** A live picture that is older than this is late, and a person should see that. */
const OLD_MS = 1000;

export class Tile {
  /** The place on the wall, and in it the tile proper. */
  slot = document.getElementById("tile").content.firstElementChild.cloneNode(true);
  box = this.slot.querySelector(".tile");
  paused = false;
  hidden = false;

  #parts = Object.fromEntries([...this.slot.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
  #picture = new Picture(this.slot.querySelector("canvas"), (shown, now) => this.#onPaint(shown, now));
  #rate = new Rate();
  #meta = {};
  #online = true;
  #clock;
  #onChange;
  #ages = [];
  #heardAt = -Infinity;
  #unreadable = null;

  /**
   * @param {number} id of the camera
   * @param {import("./clock.mjs").BridgeClock} clock
   * @param {{onShape: () => void, onState: (tile: Tile, state: string, previous: ?string) => void}} onChange
   */
  constructor(id, clock, onChange) {
    this.id = id;
    this.#clock = clock;
    this.#onChange = onChange;
    this.box.dataset.camera = id;
    this.describe({});
  }

  get name() {
    return this.#meta.name || `Camera ${this.id}`;
  }

  get state() {
    return this.box.dataset.state;
  }

  get cause() {
    return this.#meta.cause;
  }

  /** Frames that came here and could not be shown. */
  get losses() {
    return { skipped: this.#picture.skipped, broken: this.#picture.broken };
  }

  /** Width over height of the picture, or of what the bridge announced. */
  get aspect() {
    const { width, height } = this.#picture.shown ?? this.#meta;
    return width > 0 && height > 0 ? width / height : ASPECT_BEFORE_A_PICTURE;
  }

  /** Takes what the bridge says of the camera; fields may be null or absent. */
  describe(meta) {
    const aspect = this.aspect;
    this.#meta = meta;
    write(this.#parts.name, this.name);
    this.box.setAttribute("aria-label", this.name);
    this.#parts.canvas.setAttribute("aria-label", `Picture of ${this.name}`);
    this.#showState();
    if (this.aspect !== aspect) this.#onChange.onShape();
  }

  /** Whether the bridge is connected: without it nothing is known of a camera. */
  setOnline(online) {
    this.#online = online;
    this.#showState();
  }

  /** @param {import("./picture.mjs").Arrival} arrival */
  receive(arrival) {
    this.#unreadable = null;
    this.#heard(arrival.receivedMs);
    this.#picture.offer(arrival);
  }

  /** Takes note of a frame that is no JPEG. */
  receiveUnreadable(pixelFormat, nowMs) {
    this.#unreadable = `A browser cannot show its pictures (pixel format ${pixelFormat}).`;
    this.#heard(nowMs);
  }

  pause(paused) {
    this.paused = paused;
    this.box.dataset.paused = paused;
    this.#parts.pause.title = paused ? "Resume (p)" : "Pause (p)";
    this.#parts.pause.setAttribute("aria-label", paused ? "Resume" : "Pause");
    this.#picture.hold(this.paused || this.hidden);
  }

  /** Whether the settings beside the wall are this camera's. */
  showSettings(shown) {
    this.box.classList.toggle("selected", shown);
    this.#parts.settings.setAttribute("aria-expanded", shown);
  }

  hide(hidden) {
    this.hidden = hidden;
    this.slot.hidden = hidden;
    this.#picture.hold(this.paused || this.hidden);
  }

  /** Saves the picture that is shown, where there is one. */
  snapshot() {
    const shown = this.#picture.shown;
    if (!shown) return false;
    const taken = shown.capturedMs ?? performance.timeOrigin + shown.receivedMs;
    save(shown.blob, snapshotName(this.name, new Date(taken)));
    return true;
  }

  /** Writes the numbers anew; to be called about once a second, as often as a person can read. */
  refresh(nowMs) {
    const { shown, skipped, broken } = this.#picture;
    const fresh = this.#ages.length > 0;
    const age = fresh ? this.#ages.reduce((sum, each) => sum + each, 0) / this.#ages.length : this.#ageOf(shown, nowMs);
    this.#ages = [];
    if (!fresh) this.#tellAge(age);
    this.#showState(nowMs);
    write(this.#parts.size, shown ? sizeInWords(shown.width, shown.height) : "");
    write(this.#parts.rate, this.state === "streaming" ? rateInWords(this.#rate.steady(nowMs)) : "");
    write(this.#parts.age, ageInWords(age));
    this.#parts.age.classList.toggle("warn", age > OLD_MS);
    write(this.#parts.skipped, skipped > 0 ? `${skipped} skipped` : "");
    this.#parts.skipped.classList.toggle("warn", skipped > Number(this.box.dataset.skipped));
    write(this.#parts.broken, broken > 0 ? `${broken} damaged` : "");
    this.box.dataset.skipped = skipped;
  }

  #heard(nowMs) {
    this.#rate.count(nowMs);
    this.#heardAt = nowMs;
    if (this.#meta.state === "gone") this.#meta = { ...this.#meta, state: null };
    if (this.state !== "streaming") this.#showState(nowMs);
  }

  #onPaint(shown, nowMs) {
    const data = this.box.dataset;
    const reshaped = Number(data.width) !== shown.width || Number(data.height) !== shown.height;
    data.frames = this.#picture.painted;
    const age = this.#ageOf(shown, nowMs);
    if (age !== null) this.#ages.push(age);
    this.#tellAge(age);
    if (!reshaped) return;
    [data.width, data.height] = [shown.width, shown.height];
    this.#onChange.onShape();
    this.refresh(nowMs);
  }

  #ageOf(shown, nowMs) {
    const bridgeMs = this.#clock.toUnixMs(nowMs);
    return shown?.capturedMs == null || bridgeMs === null ? null : Math.max(0, bridgeMs - shown.capturedMs);
  }

  #tellAge(age) {
    if (age === null) delete this.box.dataset.ageMs;
    else this.box.dataset.ageMs = Math.round(age);
  }

  #stateNow(nowMs) {
    if (!this.#online) return "disconnected";
    if (this.#meta.state) return this.#meta.state;
    if (this.#heardAt === -Infinity) return "waiting";
    const longest = Math.max(SILENCE_MS, 3000 / (this.#meta.fps || 1));
    return nowMs - this.#heardAt > longest ? "stalled" : "streaming";
  }

  #showState(nowMs = performance.now()) {
    const state = this.#stateNow(nowMs);
    const { title, reason } = this.#unreadable
      ? { title: "No picture", reason: this.#unreadable }
      : stateInWords(state, this.#meta.cause);
    write(this.#parts.title, title);
    write(this.#parts.reason, reason);
    this.#parts.said.hidden = !title;
    const previous = this.state;
    if (state === previous) return;
    this.box.dataset.state = state;
    this.#onChange.onState(this, state, previous);
  }
}

// Writing a text that stands there already would still make the browser lay it out again.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
