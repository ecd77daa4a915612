// A browser does not tell why a WebSocket did not open. Whether the bridge answers other requests tells it apart.

import { apiUrl } from "./address.mjs";

const LONGEST_MS = 3000;

/**
 * @param {Location | URL} location the page's
 * @param {typeof fetch} request
 * @returns {Promise<?string>} a sentence; null where the bridge is simply not there
 */
export async function whyNotOpened(location, request = (...asked) => fetch(...asked)) {
  const ask = (path) => request(apiUrl(location, path), { cache: "no-store", signal: AbortSignal.timeout(LONGEST_MS) });
  try {
    if (!(await ask("healthz")).ok) return null;
    const { status } = await ask("api/status");
    if (status === 401) return "The bridge asks for a token: open its page with ?token= and the token behind its address.";
    if (status === 429) return "Too many wrong tokens came from this address: the bridge takes none for a while.";
  } catch {
    return null;
  }
  return "The bridge is there but opens no WebSocket: all places are taken, or a proxy on the way does not pass it on.";
}
