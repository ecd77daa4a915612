// Where the bundles come from: the page's own address, so that it works on any host, port and sub-path.

/** What of the page's query is meant for the WebSocket. */
const HANDED_ON = ["cameras", "fps", "token"];

/**
 * The WebSocket beside the page.
 *
 * @param {Location | URL} location the page's
 * @returns {string} `ws:` or `wss:` with the page's host, folder, and its `cameras`, `fps` and `token`
 */
export function socketUrl(location) {
  const folder = location.pathname.slice(0, location.pathname.lastIndexOf("/") + 1);
  const page = new URLSearchParams(location.search);
  const query = new URLSearchParams(HANDED_ON.filter((key) => page.has(key)).map((key) => [key, page.get(key)]));
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  // "0,2" is as legal in a query as "0%2C2", and the one that people read in a log.
  const search = query.toString().replaceAll("%2C", ",");
  return `${scheme}//${location.host}${folder}${search && `?${search}`}`;
}

/**
 * An address of the bridge's HTTP face, relative to the page.
 *
 * @param {Location | URL} location the page's
 * @param {string} path such as `api/status`
 * @returns {string} with the page's `token`, where it has one
 */
export function apiUrl(location, path) {
  const token = new URLSearchParams(location.search).get("token");
  return token === null ? path : `${path}?${new URLSearchParams({ token })}`;
}

/**
 * The cameras that the page was asked to show.
 *
 * @param {string} search the page's query
 * @returns {?Set<number>} null: all of them
 */
export function wantedCameras(search) {
  const ids = (new URLSearchParams(search).get("cameras") ?? "").split(",").filter((part) => /^\s*\d+\s*$/.test(part));
  return ids.length > 0 ? new Set(ids.map(Number)) : null;
}
