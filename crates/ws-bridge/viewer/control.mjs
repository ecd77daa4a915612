// Asks the bridge how cameras are set, and has them changed. What it answers comes out as a value, never as an exception.

import { apiUrl } from "./address.mjs";
import { sentence } from "./words.mjs";

/** A camera that has to be opened anew takes seconds. */
const LONGEST_MS = 15_000;
/** A longer text is a page of some proxy, not a sentence. */
const LONGEST_SENTENCE = 300;

/**
 * @typedef {{ok: true, applied: object} | {ok: false, error: string}} Answer `error` is a sentence for whoever asked
 * @typedef {{allowed: boolean, reason: string, cameras: object[]}} Status who may change cameras, and how they are
 */
export class Control {
  #location;
  #request;

  /**
   * @param {Location | URL} location the page's
   * @param {typeof fetch} request
   */
  constructor(location, request = (...asked) => fetch(...asked)) {
    this.#location = location;
    this.#request = request;
  }

  /** @returns {Promise<Status | {error: string}>} */
  async status() {
    const answer = await this.#ask("api/status", {});
    if (answer.error) return answer;
    if (!answer.response.ok || !answer.json) return { error: sentenceOf(answer) };
    const { control, cameras } = answer.json;
    return {
      allowed: control?.allowed === true,
      reason: sentence(control?.reason || "this bridge does not let cameras be changed"),
      cameras: Array.isArray(cameras) ? cameras : [],
    };
  }

  /** @returns {Promise<Answer>} */
  configure(camera, set) {
    return this.#post(`api/camera/${camera}/config`, set);
  }

  /** @returns {Promise<Answer>} */
  start(camera) {
    return this.#post(`api/camera/${camera}/start`, {});
  }

  /** @returns {Promise<Answer>} */
  stop(camera) {
    return this.#post(`api/camera/${camera}/stop`, {});
  }

  async #post(path, body) {
    const headers = { "Content-Type": "application/json" };
    const answer = await this.#ask(path, { method: "POST", headers, body: JSON.stringify(body) });
    if (answer.error) return { ok: false, error: answer.error };
    if (answer.response.ok && answer.json?.ok === true) return { ok: true, applied: answer.json.applied ?? {} };
    return { ok: false, error: sentenceOf(answer) };
  }

  async #ask(path, options) {
    try {
      const signal = AbortSignal.timeout(LONGEST_MS);
      const response = await this.#request(apiUrl(this.#location, path), { ...options, signal, cache: "no-store" });
      const text = await response.text();
      return { response, text, json: readObject(text) };
    } catch (error) {
      const late = error.name === "TimeoutError";
      return { error: late ? `The bridge did not answer within ${LONGEST_MS / 1000} s.` : "The bridge cannot be reached." };
    }
  }
}

function sentenceOf({ response, text, json }) {
  if (typeof json?.error === "string" && json.error) return sentence(json.error);
  const plain = (response.headers.get("Content-Type") ?? "").startsWith("text/plain");
  if (plain && text.trim() && text.length <= LONGEST_SENTENCE) return sentence(text.trim());
  return `The bridge, or a proxy before it, answered with status ${response.status}.`;
}

function readObject(text) {
  try {
    const value = JSON.parse(text);
    return value && typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
