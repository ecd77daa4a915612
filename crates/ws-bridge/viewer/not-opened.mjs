// A browser does not tell why a WebSocket did not open. Whether the bridge answers other requests tells it apart.

import { apiUrl } from "./address.mjs";

const LONGEST_MS = 3000;

/**
 * @param {Location | URL} location the page's
 * @param {typeof fetch} request
 * @returns {Promise<?string>} a sentence; null where the bridge is simply not there
 */
export async function whyNotOpened(location, request = (...asked) => fetch(...asked)) {
  try {
    const answer = await request(apiUrl(location, "healthz"), { cache: "no-store", signal: AbortSignal.timeout(LONGEST_MS) });
    if (!answer.ok) return null;
  } catch {
    return null;
  }
  return "The bridge is there but opens no WebSocket: all places are taken, or a proxy on the way does not pass it on.";
}
