// The settings of one camera at a time, beside the wall, so that one sees what a change does.

import { factsOf } from "./camera-facts.mjs";
import { fieldsOf } from "./settings.mjs";
import { SettingsForm } from "./settings-form.mjs";
import { stateInWords } from "./words.mjs";

const ASK_EVERY_MS = 1000;
/** A grabber reports once a second at most: for a little longer than that, an answer knows more than the report. */
const REPORT_LAGS_MS = 2500;

export class SettingsPanel {
  #panel = document.getElementById("settings");
  #part = Object.fromEntries([...this.#panel.querySelectorAll("[data-panel]")].map((part) => [part.dataset.panel, part]));
  #form = new SettingsForm(this.#part, (set) => this.#configure(set));
  #control;
  #announce;
  #onClose;
  #tile = null;
  #status = null;
  #ticker = 0;
  /** Cameras whose answer is still to come. */
  #asked = new Set();
  /** What was set from here, by camera: `values`, and when that was. */
  #applied = new Map();

  /**
   * @param {import("./control.mjs").Control} control
   * @param {{announce: (text: string) => void, onClose: (tile: import("./tile.mjs").Tile) => void}} page `onClose`
   *   where the focus was in the panel and has to go somewhere
   */
  constructor(control, { announce, onClose }) {
    this.#control = control;
    this.#announce = announce;
    this.#onClose = onClose;
    this.#part.run.addEventListener("click", () => this.#startOrStop());
    this.#part.close.addEventListener("click", () => this.close());
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  /** Opens the settings of a camera, in the place of another one's; closes them where they are open. */
  toggle(tile) {
    const again = tile === this.#tile;
    this.close();
    if (again) return;
    this.#tile = tile;
    tile.showSettings(true);
    this.#panel.hidden = false;
    this.#form.clear();
    this.#part.facts.replaceChildren();
    this.#part.reason.hidden = this.#part.run.hidden = true;
    this.follow();
    this.#showBusy();
    this.#refresh();
    this.#ticker = setInterval(() => this.#refresh(), ASK_EVERY_MS);
    this.#part.title.focus();
    // The wall has become narrower: the camera may be outside the window now.
    requestAnimationFrame(() => requestAnimationFrame(() => tile.slot.scrollIntoView({ block: "nearest" })));
  }

  close() {
    const tile = this.#tile;
    if (!tile) return;
    const hadFocus = this.#panel.contains(document.activeElement);
    clearInterval(this.#ticker);
    this.#tile = this.#status = null;
    tile.showSettings(false);
    this.#panel.hidden = true;
    if (hadFocus) this.#onClose(tile);
  }

  /** Shows what the page knows of the camera by itself: name and state. */
  follow() {
    if (!this.#tile) return;
    const { name, state, cause, hidden, slot } = this.#tile;
    if (hidden || !slot.isConnected) return this.close();
    write(this.#part.title, name);
    write(this.#part.state, stateInWords(state, cause).title || "Streaming");
    this.#panel.dataset.state = state;
    const command = state === "stopped" ? "start" : "stop";
    write(this.#part.run, command === "start" ? "Start" : "Stop");
    this.#part.run.dataset.command = command;
  }

  async #refresh() {
    if (document.hidden) return;
    const tile = this.#tile;
    const status = await this.#control.status();
    if (tile !== this.#tile) return;
    this.#status = status;
    this.#show();
  }

  #show() {
    const { error, allowed, cameras } = this.#status;
    const camera = cameras?.find(({ camera_id }) => camera_id === this.#tile.id);
    const reason = error ?? (!camera ? "The bridge does not offer this camera at present."
      : !camera.reported ? "The program that sends this camera takes no settings."
        : allowed ? "" : this.#status.reason);
    write(this.#part.reason, reason);
    this.#part.reason.hidden = !reason;
    this.#part.run.hidden = Boolean(reason);
    if (!camera) return;
    const { values, at } = this.#applied.get(camera.camera_id) ?? { values: {}, at: -Infinity };
    const stale = performance.now() - at < REPORT_LAGS_MS;
    this.#form.show(fieldsOf(camera.reported ?? {}, values, stale), !reason);
    this.#tell(factsOf(camera, this.#tile.losses));
  }

  #tell(facts) {
    const cells = facts.flatMap(([name, text]) => [["dt", name], ["dd", text]]);
    const there = [...this.#part.facts.children];
    if (there.length === cells.length) cells.forEach(([, text], index) => write(there[index], text));
    else this.#part.facts.replaceChildren(...cells.map(([tag, textContent]) => Object.assign(document.createElement(tag), { textContent })));
  }

  async #configure(set) {
    const tile = this.#tile;
    const answer = await this.#wait(tile, this.#control.configure(tile.id, set));
    if (answer.ok) {
      const known = this.#applied.get(tile.id)?.values;
      this.#applied.set(tile.id, { values: { ...known, ...set, ...answer.applied }, at: performance.now() });
      this.#announce(`New settings of ${tile.name} applied`);
    }
    if (tile !== this.#tile) return null;
    this.#show();
    return answer;
  }

  async #startOrStop() {
    const tile = this.#tile;
    const { command } = this.#part.run.dataset;
    const answer = await this.#wait(tile, this.#control[command](tile.id));
    if (answer.ok) this.#announce(`${tile.name} ${command === "start" ? "is being started" : "stopped"}`);
    else if (tile === this.#tile) this.#form.say(answer.error, "bad");
  }

  async #wait(tile, answer) {
    this.#form.say("");
    this.#asked.add(tile);
    this.#showBusy();
    const answered = await answer;
    this.#asked.delete(tile);
    this.#showBusy();
    return answered;
  }

  #showBusy() {
    const busy = this.#asked.has(this.#tile);
    this.#form.setBusy(busy);
    this.#part.run.disabled = busy;
  }
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
