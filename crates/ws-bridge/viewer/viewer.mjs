// The viewer page. A bundle's way: connection → frame-bundle → wall → tile → picture → canvas.

import { listen } from "./actions.mjs";
import { socketUrl, wantedCameras } from "./address.mjs";
import { announcer } from "./announce.mjs";
import { CameraMenu } from "./camera-menu.mjs";
import { BridgeClock } from "./clock.mjs";
import { Connection } from "./connection.mjs";
import { Control } from "./control.mjs";
import { JPEG, MalformedBundle, parse } from "./frame-bundle.mjs";
import { watchIdle } from "./idle.mjs";
import { whyNotOpened } from "./not-opened.mjs";
import { PageStatus } from "./page-status.mjs";
import { SettingsPanel } from "./settings-panel.mjs";
import { TimeExchange } from "./time-exchange.mjs";
import { Wall } from "./wall.mjs";
import { stateInWords } from "./words.mjs";

const REFRESH_MS = 1000;

const announce = announcer(document.getElementById("announcements"));
const wanted = wantedCameras(location.search);
const clock = new BridgeClock();
const wall = new Wall(document.getElementById("wall"), clock, { onTiles: tilesChanged, onState: cameraChanged });
const menu = new CameraMenu(document.getElementById("camera-list"), wall);
const status = new PageStatus(wall, announce);
const settings = new SettingsPanel(new Control(location), { announce, onClose: (tile) => tile.box.focus() });
const connection = new Connection(socketUrl(location), {
  onState: connectionChanged,
  onText: takeText,
  onBinary: takeBundle,
  whyNotOpened: () => whyNotOpened(location),
});
const exchange = new TimeExchange(clock, (message) => connection.send(message));

listen(wall, settings, { announce, onPause: () => status.showPause() });
document.getElementById("retry").addEventListener("click", () => connection.retryNow());
watchIdle();
setInterval(() => {
  if (document.hidden) return;
  const now = performance.now();
  for (const tile of wall.tiles) tile.refresh(now);
  status.refresh(now);
}, REFRESH_MS);
connection.start();

function connectionChanged(news) {
  if (news.state === "open") {
    exchange.start();
  } else {
    exchange.stop();
    if (news.state !== "connecting") for (const tile of wall.tiles) tile.setOnline(false);
  }
  status.connection(news, performance.now());
}

function takeText(text) {
  const message = readJson(text);
  if (message.type === "meta") {
    wall.describe((message.cameras ?? []).filter((camera) => isWanted(camera.camera_id)));
    status.meta(message);
  } else if (message.type === "time") {
    exchange.answered(message);
  } else if (message.type === "drop") {
    status.dropped(message.bundles, performance.now());
  } // what a later bridge may say is not for this page
}

function readJson(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

function takeBundle(payload) {
  const receivedMs = performance.now();
  let bundle;
  try {
    bundle = parse(payload);
  } catch (error) {
    if (!(error instanceof MalformedBundle)) throw error;
    status.malformed(error.kind, receivedMs);
    return;
  }
  const captured = new Map(bundle.captureInfos.map((info) => [info.cameraId, Number(info.captureTimeUs) / 1000]));
  for (const { cameraId, pixelFormat, data } of bundle.frames) {
    if (!isWanted(cameraId)) continue;
    const tile = wall.tile(cameraId);
    if (pixelFormat !== JPEG) tile.receiveUnreadable(pixelFormat, receivedMs);
    else if (data.length > 0) tile.receive({ data, capturedMs: captured.get(cameraId) ?? null, receivedMs });
  }
}

function isWanted(cameraId) {
  return !wanted || wanted.has(cameraId);
}

function tilesChanged() {
  menu.update();
  status.show();
  settings.follow();
}

function cameraChanged(tile, state, previous) {
  tilesChanged();
  // What a new tile begins with, and what follows from the connection, is said once by the page, not by every camera.
  if (!previous || [previous, state].includes("disconnected") || previous === "waiting") return;
  const { title, reason } = stateInWords(state, tile.cause);
  announce(state === "streaming" ? `${tile.name} is streaming again` : `${tile.name}: ${title}. ${reason}`.replace(/\.$/, ""));
}
