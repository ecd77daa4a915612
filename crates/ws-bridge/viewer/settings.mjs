// What of a camera can be set, as the bridge reports it, and what a person has changed of that. Pure.

import { numberInWords, sizeInWords } from "./words.mjs";

/**
 * In the panel's order. `step` is what a slider goes by, 1 if left out; where the highest value is `wide` times the lowest,
 * it goes by factors instead, so that short exposures have as much of its way as long ones. `now` is where the bridge reports
 * the value, if anywhere.
 */
const NUMBERS = {
  stream_fps: { label: "Streamed rate", unit: "fps", now: ({ stream_fps }) => stream_fps },
  jpeg_quality: { label: "JPEG quality", unit: "", now: ({ jpeg_quality }) => jpeg_quality },
  camera_fps: { label: "Camera’s own rate", unit: "fps", wide: 5000, now: ({ requested, actual }) => requested?.fps ?? steady(actual?.fps) },
  exposure_us: { label: "Exposure", unit: "µs", wide: 100, now: asked("exposure_us") },
  gain_db: { label: "Gain", unit: "dB", step: 0.1, now: asked("gain_db") },
};

/** A measured rate, without the digit that changes each second. */
function steady(fps) {
  return fps > 10 ? Math.round(fps) : fps;
}

/** What a slider's way is divided into. */
export const SLIDER_STEPS = 1000;

/**
 * @typedef {{key: string, label: string, kind: "number" | "size" | "choice", unit?: string, settable: boolean,
 *   value: number | string | [number, number] | null, min?: number | [number, number], max?: number | [number, number],
 *   sizes?: [number, number][], choices?: string[], step?: number, wide?: number}} Field
 *   a size's `min` and `max` hold width and height; a value that nobody tells is null.
 */

/**
 * A camera's fields: what can be set, and what has a value worth reading though it cannot be.
 *
 * @param {object} reported of the camera in `api/status`
 * @param {object} applied what was set lately: where the report says nothing, or is not yet up to date
 * @param {boolean} stale whether the report may be older than `applied`
 * @returns {Field[]}
 */
export function fieldsOf(reported, applied = {}, stale = false) {
  const limits = reported.limits ?? {};
  const valueOf = (key, now) => (stale ? (applied[key] ?? now) : (now ?? applied[key])) ?? null;
  const number = (key) => {
    const { now, ...told } = NUMBERS[key];
    return { key, kind: "number", ...told, ...limits[key], settable: key in limits, value: valueOf(key, now(reported)) };
  };
  const fields = [
    number("stream_fps"),
    number("jpeg_quality"),
    size(reported, limits, valueOf),
    number("camera_fps"),
    number("exposure_us"),
    number("gain_db"),
    {
      key: "trigger", label: "Trigger", kind: "choice", choices: limits.trigger ?? [], settable: "trigger" in limits,
      value: valueOf("trigger", asked("trigger")(reported)),
    },
  ];
  return fields.filter(({ settable, value }) => settable || value !== null);
}

function size({ actual, requested }, limits, valueOf) {
  const width = valueOf("width", actual?.width ?? requested?.width);
  const height = valueOf("height", actual?.height ?? requested?.height);
  const sides = [limits.width, limits.height];
  return {
    key: "size", label: "Size", kind: "size", unit: "px", sizes: limits.sizes?.length > 0 ? limits.sizes : undefined,
    min: sides.map((side) => side?.min), max: sides.map((side) => side?.max),
    settable: "sizes" in limits || ("width" in limits && "height" in limits),
    value: width > 0 && height > 0 ? [width, height] : null,
  };
}

function asked(key) {
  return ({ actual, requested, ...reported }) => reported[key] ?? actual?.[key] ?? requested?.[key];
}

/** @returns {string} a field's value as an input holds it; empty where it is not known */
export function entry({ kind, value }) {
  if (value === null) return "";
  return kind === "size" ? value.join("x") : kind === "number" ? shortened(value) : String(value);
}

/** @returns {string} a field's value for reading */
export function valueInWords({ kind, value, unit }) {
  if (value === null) return "as the camera has it";
  if (kind === "size") return sizeInWords(...value);
  return kind === "number" ? `${numberInWords(Number(shortened(value)))}${unit && ` ${unit}`}` : String(value);
}

/**
 * What is to be sent: only what was changed.
 *
 * @param {Field[]} fields
 * @param {Map<string, string>} entered by key, written as `entry` does
 * @returns {{set: object, problems: {key: string, sentence: string}[]}}
 */
export function changes(fields, entered) {
  const set = {};
  const problems = [];
  for (const field of fields) {
    const text = entered.get(field.key)?.trim();
    if (text === undefined || text === entry(field)) continue;
    const values = field.kind === "choice" ? [text] : text.split("x").map((part) => (part.trim() === "" ? NaN : Number(part)));
    if (values.some((value) => Number.isNaN(value))) problems.push({ key: field.key, sentence: `${field.label} needs a number.` });
    else if (field.kind === "size") [set.width, set.height] = values;
    else [set[field.key]] = values;
  }
  return { set, problems };
}

/** @returns {?string} the key of the field that the bridge's sentence is about: it may go on to name others */
export function fieldMeant(sentence, fields) {
  const placeOf = (key) => {
    const names = key === "size" ? "width|height|sizes?|resolution|\\d+x\\d+" : key;
    return new RegExp(`(?<!\\w)(${names})(?!\\w)`, "i").exec(sentence)?.index ?? Infinity;
  };
  const places = fields.map(({ key }) => ({ key, at: placeOf(key) })).sort((a, b) => a.at - b.at);
  return places[0]?.at < Infinity ? places[0].key : null;
}

/** @returns {string} what the camera made of the wishes that it could not meet exactly; empty where it met them */
export function deviations(set, applied, fields) {
  const told = fields.flatMap((field) => {
    const keys = field.kind === "size" ? ["width", "height"] : [field.key];
    const met = keys.every((key) => applied[key] === undefined || set[key] === undefined || same(applied[key], set[key]));
    if (met) return [];
    const value = field.kind === "size" ? keys.map((key) => applied[key] ?? set[key]) : applied[field.key];
    return [`${field.label} became ${valueInWords({ ...field, value })}.`];
  });
  return told.join(" ");
}

function same(a, b) {
  return typeof a === "number" && typeof b === "number" ? shortened(a) === shortened(b) : a === b;
}

/** Where a value stands on its field's slider, 0 to `SLIDER_STEPS`. */
export function toSlider(field, value) {
  const [from, to, at] = [field.min, field.max, value].map(scaleOf(field));
  if (!(to > from) || !Number.isFinite(at)) return 0;
  return Math.round(SLIDER_STEPS * Math.min(1, Math.max(0, (at - from) / (to - from))));
}

/** The value at a place on its field's slider: one that a person would type, within the limits. */
export function fromSlider(field, position) {
  const { min, max, step } = field;
  const share = position / SLIDER_STEPS;
  const [from, to] = [min, max].map(scaleOf(field));
  const at = from + (to - from) * share;
  const round = isWide(field) ? Number(Math.exp(at).toPrecision(2)) : Math.round(at / (step ?? 1)) * (step ?? 1);
  return Number(shortened(Math.min(max, Math.max(min, round))));
}

function scaleOf(field) {
  return (value) => (isWide(field) ? Math.log(value) : value);
}

function isWide({ min, max, wide }) {
  return wide > 0 && min > 0 && max / min >= wide;
}

// What a camera gives back as 799.9999999 is 800 to a person.
function shortened(value) {
  return String(Number(value.toPrecision(6)));
}
