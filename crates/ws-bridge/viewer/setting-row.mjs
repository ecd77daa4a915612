// A row of the settings: one field as a form control with its unit, its slider and what was wrong with it, or as a text
// where it cannot be set.

import { SLIDER_STEPS, entry, fromSlider, toSlider, valueInWords } from "./settings.mjs";

export class SettingRow {
  element;
  #field;
  #controls;
  #slider = null;
  #problem = null;
  #text = null;

  /**
   * @param {import("./settings.mjs").Field} field
   * @param {boolean} editable
   * @param {() => void} onEdit
   */
  constructor(field, editable, onEdit) {
    this.element = make("div", { className: "setting" });
    this.element.dataset.setting = field.key;
    this.#controls = editable ? controlsFor(field) : [];
    if (editable) this.#offer(field, onEdit);
    else this.#tell(field);
    this.show(field);
  }

  /** As `entry` writes it; undefined where the row is only for reading. */
  get entered() {
    return this.#controls.length > 0 ? this.#controls.map(({ value }) => value).join("x") : undefined;
  }

  get isChanged() {
    return this.entered !== undefined && this.entered !== shownEntry(this.#field, this.#controls);
  }

  /** Takes a new value, unless somebody has changed the row. */
  show(field) {
    const keep = this.#field && this.isChanged;
    this.#field = field;
    bound(this.#controls, field);
    if (this.#text) this.#text.textContent = valueInWords(field);
    if (!keep) this.reset();
  }

  /** Back to the value that holds. */
  reset() {
    const values = partsOf(this.#field, this.#controls);
    this.#controls.forEach((control, index) => {
      if (control.value !== values[index]) control.value = values[index];
    });
    this.#follow();
    this.complain("");
  }

  /** Says what is wrong with what was entered; an empty sentence takes that back. */
  complain(sentence) {
    if (!this.#problem) return;
    this.#problem.textContent = sentence;
    for (const control of this.#controls) control.setAttribute("aria-invalid", Boolean(sentence));
  }

  focus() {
    this.#controls[0]?.focus();
  }

  #tell({ label }) {
    this.#text = make("span", { className: "value" });
    this.element.append(make("span", { textContent: label }), this.#text);
  }

  #offer(field, onEdit) {
    const id = `setting-${field.key}`;
    this.#problem = make("p", { className: "problem", id: `${id}-problem` });
    this.#problem.setAttribute("role", "alert");
    const value = make("span", { className: "value" });
    this.#controls.forEach((control, index) => {
      control.setAttribute("aria-describedby", this.#problem.id);
      control.addEventListener("input", () => {
        this.#follow();
        this.complain("");
        onEdit();
      });
      value.append(...(index > 0 ? ["×"] : []), control);
    });
    this.#controls[0].id = id;
    if (field.unit !== undefined) value.append(make("span", { className: "unit", textContent: field.unit }));
    this.element.append(make("label", { htmlFor: id, textContent: field.label }), value);
    if (field.kind === "number") this.element.append(this.#makeSlider(onEdit));
    this.element.append(this.#problem);
  }

  // For the pointer alone: to the keyboard and to a screen reader it would be the same number twice.
  #makeSlider(onEdit) {
    this.#slider = make("input", { type: "range", min: 0, max: SLIDER_STEPS, tabIndex: -1 });
    this.#slider.setAttribute("aria-hidden", true);
    this.#slider.addEventListener("input", () => {
      this.#controls[0].value = entry({ ...this.#field, value: fromSlider(this.#field, Number(this.#slider.value)) });
      this.#fill();
      this.complain("");
      onEdit();
    });
    return this.#slider;
  }

  #follow() {
    if (!this.#slider) return;
    this.#slider.value = toSlider(this.#field, Number(this.entered || NaN));
    this.#fill();
  }

  #fill() {
    this.#slider.style.setProperty("--filled", `${(100 * this.#slider.value) / SLIDER_STEPS}%`);
  }
}

function controlsFor({ kind, label, unit, value, sizes, choices }) {
  const number = (name) => {
    const input = make("input", { type: "number", step: "any", inputMode: "decimal", placeholder: "as it is" });
    input.setAttribute("aria-label", `${name}${unit ? `, ${unit}` : ""}`);
    return input;
  };
  if (kind === "choice") return [select([...new Set([...(value === null ? [] : [value]), ...choices])], value)];
  if (kind === "number") return [number(label)];
  if (!sizes) return [number("Width"), number("Height")];
  const all = new Map([...(value ? [value] : []), ...sizes].map((size) => [size.join("x"), size.join(" × ")]));
  return [select([...all], value)];
}

/** Limits may change with other settings, as a camera's rate does with its exposure. */
function bound(controls, { min, max }) {
  controls.forEach((control, index) => {
    if (control.type === "number") Object.assign(control, { min: [min].flat()[index] ?? "", max: [max].flat()[index] ?? "" });
  });
}

/** @param {(string | [string, string])[]} options value, or value and text */
function select(options, value) {
  const list = make("select", {});
  if (value === null) list.append(make("option", { value: "", textContent: "as it is" }));
  for (const option of options) {
    const [own, text] = [option].flat();
    list.append(make("option", { value: own, textContent: text ?? own }));
  }
  return list;
}

function partsOf(field, controls) {
  const text = entry(field);
  return controls.length > 1 ? (text ? text.split("x") : controls.map(() => "")) : [text];
}

function shownEntry(field, controls) {
  return partsOf(field, controls).join("x");
}

function make(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
