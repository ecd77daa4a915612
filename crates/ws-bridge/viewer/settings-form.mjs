// The settings of a camera as a form: what was changed is sent by «Apply», all at once.

import { SettingRow } from "./setting-row.mjs";
import { changes, deviations, fieldMeant } from "./settings.mjs";

export class SettingsForm {
  #part;
  #send;
  #fields = [];
  #rows = new Map();
  #shape = "";
  #busy = false;

  /**
   * @param {Record<string, HTMLElement>} part the form's elements: form, rows, buttons, apply, reset, said
   * @param {(set: object) => Promise<import("./control.mjs").Answer | null>} send null where the form is no longer shown
   */
  constructor(part, send) {
    this.#part = part;
    this.#send = send;
    part.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#apply();
    });
    part.reset.addEventListener("click", () => this.#reset());
  }

  /** Another camera's settings follow. */
  clear() {
    this.#fields = [];
    this.#rows.clear();
    this.#shape = "";
    this.#part.rows.replaceChildren();
    this.#part.buttons.hidden = true;
    this.say("");
  }

  /**
   * Shows fields; what somebody has changed and not yet applied stays as it is.
   *
   * @param {import("./settings.mjs").Field[]} fields
   * @param {boolean} allowed whether this page may change them
   */
  show(fields, allowed) {
    this.#fields = fields;
    // Rows are made anew only where they have to be: whoever is typing in one would lose it.
    const shape = JSON.stringify([allowed, fields.map(shapeOf)]);
    if (shape !== this.#shape) this.#build(allowed);
    this.#shape = shape;
    for (const field of fields) this.#rows.get(field.key).show(field);
    this.#part.buttons.hidden = !(allowed && fields.some(({ settable }) => settable));
    this.#showButtons();
  }

  /** While the bridge has not answered, nothing else is sent. */
  setBusy(busy) {
    this.#busy = busy;
    this.#part.form.setAttribute("aria-busy", busy);
    this.#part.apply.textContent = busy ? "Applying…" : "Apply";
    this.#showButtons();
  }

  /** @param {"good" | "bad"} tone */
  say(sentence, tone) {
    this.#part.said.textContent = sentence;
    this.#part.said.dataset.tone = tone;
  }

  #build(allowed) {
    const focused = document.activeElement?.id;
    const row = (field) => new SettingRow(field, allowed && field.settable, () => this.#edited());
    this.#rows = new Map(this.#fields.map((field) => [field.key, row(field)]));
    this.#part.rows.replaceChildren(...[...this.#rows.values()].map(({ element }) => element));
    if (focused) document.getElementById(focused)?.focus();
  }

  #edited() {
    this.say("");
    this.#showButtons();
  }

  #showButtons() {
    const changed = [...this.#rows.values()].some((row) => row.isChanged);
    this.#part.apply.disabled = this.#part.reset.disabled = this.#busy || !changed;
  }

  #reset() {
    for (const row of this.#rows.values()) row.reset();
    this.#edited();
  }

  async #apply() {
    const changed = [...this.#rows].filter(([, row]) => row.isChanged);
    const { set, problems } = changes(this.#fields, new Map(changed.map(([key, row]) => [key, row.entered])));
    for (const { key, sentence } of problems) this.#rows.get(key).complain(sentence);
    if (problems.length > 0) return this.#rows.get(problems[0].key).focus();
    if (this.#busy || Object.keys(set).length === 0) return;
    const fields = this.#fields;
    const answer = await this.#send(set);
    if (!answer) return;
    if (!answer.ok) return this.#complain(answer.error);
    for (const [, row] of changed) row.reset();
    this.say(["Applied.", deviations(set, answer.applied, fields)].filter(Boolean).join(" "), "good");
  }

  #complain(sentence) {
    const row = this.#rows.get(fieldMeant(sentence, this.#fields));
    if (!row) return this.say(sentence, "bad");
    row.complain(sentence);
    row.focus();
  }
}

/** What a row is made for: a list holds the present value as well. */
function shapeOf({ key, settable, sizes, choices, value }) {
  return [key, settable, sizes, choices, sizes || choices ? value : null];
}
