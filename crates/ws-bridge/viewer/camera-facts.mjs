// What there is to know of a camera beyond its picture: where it comes from, what it delivers, what was lost on the way.

import { numberInWords, sizeInWords } from "./words.mjs";

/**
 * @param {object} camera of `api/status`
 * @param {{skipped: number, broken: number}} here frames that this page could not show
 * @returns {[string, string][]} a name and a text each, without those that nobody tells
 */
export function factsOf(camera, { skipped, broken }) {
  const { source, model, serial, requested, actual, grabbed, encoded, dropped } = camera.reported ?? {};
  const facts = [
    ["Source", [source, model, serial].filter(Boolean).join(" · ")],
    ["Asked for", formatInWords(requested)],
    ["Delivers", formatInWords(actual)],
    ["Grabbed", frames(grabbed)],
    ["Streamed", frames(encoded ?? camera.frames)],
    ["Lost", lossesInWords(dropped)],
    ["Too late here", skipped > 0 ? frames(skipped) : ""],
    ["Damaged here", broken > 0 ? frames(broken) : ""],
  ];
  return facts.filter(([, text]) => text);
}

function formatInWords(format) {
  const { width, height, fps, pixel_format } = format ?? {};
  const rate = fps > 0 ? `${numberInWords(Number(fps.toFixed(1)))} fps` : "";
  return [sizeInWords(width, height), pixel_format, rate].filter(Boolean).join(" · ");
}

function lossesInWords(dropped) {
  const causes = Object.entries(dropped ?? {}).filter(([, count]) => count > 0);
  return causes.map(([cause, count]) => `${numberInWords(count)} ${cause}`).join(", ");
}

function frames(count) {
  return count === undefined ? "" : `${numberInWords(count)} ${count === 1 ? "frame" : "frames"}`;
}
