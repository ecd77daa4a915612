// What the page says. A state or cause that is not known here is shown as it came.

const STATES = {
  opening: "Opening",
  stalled: "Stalled",
  lost: "Lost",
  stopped: "Stopped",
  waiting: "Waiting",
  gone: "Gone",
  disconnected: "Not connected",
};

const CAUSES = {
  "no device": "The camera is not found: unplugged, switched off, out of reach or under another name.",
  busy: "Another program is using the camera.",
  "no permission": "The grabber is not allowed to open the camera.",
  "bad format": "The camera cannot deliver what is asked of it; cam-grabber's log says more.",
  "no frames": "The camera is open but sends no pictures.",
  "incomplete frames": "No picture arrives whole: the line loses packets; cam-grabber's log says what to do.",
  "control lost": "The connection to the camera broke.",
  stalled: "The camera stopped sending pictures.",
  lost: "The camera went away.",
  "grabber gone": "The program that sends its pictures ended, or lost its connection to the bridge.",
  failed: "The camera could not be used; cam-grabber's log says why.",
};

const WITHOUT_CAUSE = {
  opening: "The camera is being opened.",
  stalled: CAUSES.stalled,
  lost: CAUSES.lost,
  stopped: "It was stopped on request.",
  waiting: "Waiting for the first picture.",
  gone: "The bridge no longer offers this camera.",
  disconnected: "The page connects again by itself.",
};

/** @returns {{title: string, reason: string}} what a tile says over its picture; empty while streaming */
export function stateInWords(state, cause) {
  if (state === "streaming") return { title: "", reason: "" };
  const title = STATES[state] ?? capitalised(state);
  return { title, reason: cause ? (CAUSES[cause] ?? sentence(cause)) : (WITHOUT_CAUSE[state] ?? "") };
}

/** States that somebody has to see to. */
const TROUBLES = ["stalled", "lost", "gone"];

/**
 * What the page says of all its cameras together.
 *
 * @param {string[]} states one a camera, at least one
 * @returns {{text: string, tone: "good" | "bad" | "quiet"}} good while any camera streams; bad where none does and one
 *   is in trouble
 */
export function liveInWords(states) {
  const all = counted(states.length, "camera");
  const live = states.filter((state) => state === "streaming").length;
  if (live === states.length) return { text: `Live · ${all}`, tone: "good" };
  if (live > 0) return { text: `Live · ${live} of ${all}`, tone: "good" };
  return { text: `Not live · 0 of ${all}`, tone: states.some((state) => TROUBLES.includes(state)) ? "bad" : "quiet" };
}

/** `30 fps`, `2.5 fps`; empty for none. */
export function rateInWords(perSecond) {
  if (!(perSecond > 0)) return "";
  return `${perSecond < 9.95 ? Number(perSecond.toFixed(1)) : Math.round(perSecond)} fps`;
}

/** `24 ms`, `1.2 s`, `5 min`, `3 h`; empty where it is not known. */
export function ageInWords(ms) {
  if (ms === null) return "";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`;
  return `${Math.floor(ms / 3_600_000)} h`;
}

/** `12 345`, `0.5`: thousands apart, by a space that does not break. */
export function numberInWords(number) {
  const [whole, fraction] = String(number).split(".");
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

export function sizeInWords(width, height) {
  return width > 0 && height > 0 ? `${width}×${height}` : "";
}

/** Why the last connection ended, from a close code and the bridge's own reason. */
export function closeInWords(code, reason) {
  if (code === 1001) return "The bridge is going away.";
  if (code === 1008) return reason ? `The bridge said no: ${reason}.` : "The bridge does not allow it.";
  if (code === 1006 || code === 1005 || !reason) return "No connection to the bridge.";
  return `The bridge closed the connection: ${reason}.`;
}

/** `1 camera`, `3 cameras`. */
export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/** A text that came from elsewhere, as a sentence. A name such as `jpeg_quality` at its beginning stays as it is. */
export function sentence(text) {
  const begins = /^[a-z]+[_=]/.test(text) ? text : capitalised(text);
  return `${begins}${/[.!?]$/.test(begins) ? "" : "."}`;
}

function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
