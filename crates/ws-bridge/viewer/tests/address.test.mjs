import assert from "node:assert/strict";
import { test } from "node:test";

import { apiUrl, socketUrl, wantedCameras } from "../address.mjs";

const from = (page) => socketUrl(new URL(page));

test("the WebSocket is beside the page, on its host, port and sub-path", () => {
  assert.equal(from("http://cam.example:8765/"), "ws://cam.example:8765/");
  assert.equal(from("https://example.org/cams/"), "wss://example.org/cams/");
  assert.equal(from("http://[::1]:8765/a/b/index.html"), "ws://[::1]:8765/a/b/");
});

test("cameras, fps and token are handed on, and nothing else", () => {
  assert.equal(from("http://h/?cameras=0,2&fps=10&delivery=every&x=1#f"), "ws://h/?cameras=0,2&fps=10");
  assert.equal(from("https://h/cams/?token=a%26b%20c"), "wss://h/cams/?token=a%26b+c");
});

test("the HTTP face is addressed relative to the page, with its token", () => {
  assert.equal(apiUrl(new URL("http://h/cams/"), "api/status"), "api/status");
  assert.equal(apiUrl(new URL("http://h/cams/?token=a%26b&cameras=0"), "api/camera/0/stop"), "api/camera/0/stop?token=a%26b");
});

test("the cameras asked for are known to the page", () => {
  assert.deepEqual(wantedCameras("?cameras=0, 2"), new Set([0, 2]));
  assert.equal(wantedCameras("?fps=3"), null);
  assert.equal(wantedCameras("?cameras="), null);
});
