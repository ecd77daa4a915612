import assert from "node:assert/strict";
import { test } from "node:test";

import { Control } from "../control.mjs";
import { whyNotOpened } from "../not-opened.mjs";

/** A control face whose bridge gives one answer; `asked` is what it was asked. */
function answering(status, body, type = "application/json") {
  const asked = [];
  const request = async (url, options) => {
    asked.push({ url, ...options });
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers: { "Content-Type": type } });
  };
  return { asked, request, control: new Control(new URL("http://h/cams/"), request) };
}

const failing = (name) => new Control(new URL("http://h/"), async () => {
  throw Object.assign(new Error("no"), { name });
});

test("a change goes to its camera as JSON, below the page's own folder", async () => {
  const { asked, control } = answering(200, { type: "result", ok: true, applied: { jpeg_quality: 50 } });
  assert.deepEqual(await control.configure(3, { jpeg_quality: 50 }), { ok: true, applied: { jpeg_quality: 50 } });
  const [{ url, method, headers, body }] = asked;
  assert.deepEqual([url, method, headers["Content-Type"], body], ["api/camera/3/config", "POST", "application/json", '{"jpeg_quality":50}']);
});

test("start and stop are asked for with an empty object, and the page's token goes along", async () => {
  const { asked, request } = answering(200, { type: "result", ok: true });
  const control = new Control(new URL("http://h/?token=a b&cameras=1"), request);
  assert.deepEqual([await control.start(0), await control.stop(0)], [{ ok: true, applied: {} }, { ok: true, applied: {} }]);
  assert.deepEqual(asked.map(({ url, body }) => [url, body]), [["api/camera/0/start?token=a+b", "{}"], ["api/camera/0/stop?token=a+b", "{}"]]);
});

test("what was refused comes with the bridge's own sentence", async () => {
  const { control } = answering(400, { type: "result", ok: false, error: "jpeg_quality is 0; from 1 to 100 is allowed" });
  assert.deepEqual(await control.configure(0, {}), { ok: false, error: "jpeg_quality is 0; from 1 to 100 is allowed." });
  assert.deepEqual(await answering(403, "control is for this machine alone\n", "text/plain; charset=utf-8").control.stop(0), {
    ok: false, error: "Control is for this machine alone.",
  });
});

test("a proxy's error page is not shown as the bridge's sentence", async () => {
  const { control } = answering(502, "<html><h1>502 Bad Gateway</h1></html>", "text/html");
  assert.match((await control.stop(0)).error, /status 502/);
  assert.match((await control.status()).error, /status 502/);
});

test("no answer is a sentence, too", async () => {
  assert.match((await failing("TypeError").stop(0)).error, /cannot be reached/);
  assert.match((await failing("TimeoutError").configure(0, {})).error, /did not answer/);
  assert.match((await failing("TypeError").status()).error, /cannot be reached/);
});

test("whether this page may change cameras is asked, not assumed", async () => {
  const status = async (answer) => answering(200, answer).control.status();
  const cameras = [{ camera_id: 0 }];
  assert.deepEqual(await status({ control: { allowed: true }, cameras }), { allowed: true, reason: "This bridge does not let cameras be changed.", cameras });
  const refused = await status({ control: { allowed: false, reason: "only from this machine" }, cameras });
  assert.deepEqual([refused.allowed, refused.reason], [false, "Only from this machine."]);
  assert.equal((await status({})).allowed, false);
});

test("a bridge that answers and opens no WebSocket is told apart from one that is not there", async () => {
  const page = new URL("http://h/cams/?token=x");
  const { asked, request } = answering(200, "ok", "text/plain");
  assert.match(await whyNotOpened(page, request), /opens no WebSocket/);
  assert.equal(asked[0].url, "healthz?token=x");
  assert.equal(await whyNotOpened(page, answering(502, "").request), null);
  assert.equal(await whyNotOpened(page, () => Promise.reject(new Error("refused"))), null);
});

test("a bridge that wants another token says so", async () => {
  const page = new URL("http://h/cams/");
  const guarded = (status) => async (url) => new Response("", { status: url === "healthz" ? 200 : status });
  assert.match(await whyNotOpened(page, guarded(401)), /asks for a token/);
  assert.match(await whyNotOpened(page, guarded(429)), /too many wrong tokens/i);
});
