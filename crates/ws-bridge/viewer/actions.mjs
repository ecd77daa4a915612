// What a person can do, once for mouse, touch and keyboard.

import { followFullscreen, leaveFullscreen, toggleFullscreen } from "./fullscreen.mjs";

/**
 * @param {import("./wall.mjs").Wall} wall
 * @param {import("./settings-panel.mjs").SettingsPanel} settings
 * @param {{announce: (text: string) => void, onPause: () => void}} page
 */
export function listen(wall, settings, { announce, onPause }) {
  // A further action of a tile is a button with `data-action` in the template and a line here.
  const onTile = {
    pause(tile) {
      tile.pause(!tile.paused);
      announce(`${tile.name} ${tile.paused ? "paused" : "resumed"}`);
      onPause();
    },
    snapshot(tile) {
      announce(tile.snapshot() ? `Picture of ${tile.name} saved` : `${tile.name} has no picture yet`);
    },
    settings: (tile) => settings.toggle(tile),
    fullscreen: (tile) => toggleFullscreen(tile.box),
    hide(tile) {
      leaveFullscreen();
      wall.show(tile, false);
      announce(`${tile.name} hidden`);
      wall.shown[0]?.box.focus();
    },
    remove(tile) {
      leaveFullscreen();
      wall.remove(tile);
    },
  };
  const onPage = {
    pauseAll() {
      const paused = !wall.allPaused;
      for (const tile of wall.shown) tile.pause(paused);
      announce(paused ? "All cameras paused" : "All cameras resumed");
      onPause();
    },
    showAll() {
      for (const tile of wall.tiles) wall.show(tile, true);
    },
    help: () => document.getElementById("help").showModal(),
  };

  followFullscreen();
  document.addEventListener("click", ({ target }) => {
    const action = target.closest("[data-action]")?.dataset.action;
    if (!action) return;
    if (onPage[action]) onPage[action]();
    else onTile[action]?.(wall.tileAt(target));
  });
  document.addEventListener("dblclick", ({ target }) => {
    const tile = target.closest("button") ? undefined : wall.tileAt(target);
    if (tile) onTile.fullscreen(tile);
  });

  const tileKeys = { p: onTile.pause, s: onTile.snapshot, e: onTile.settings, f: onTile.fullscreen, h: onTile.hide };
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    if (target.closest("input, select, textarea, [popover], #settings")) return;
    // Not prevented, since the browser closes a menu by the same key.
    if (key === "Escape") {
      settings.close();
      leaveFullscreen();
      return;
    }
    if (key.startsWith("Arrow")) wall.moveFocus(key);
    else if (key === " " && !target.closest("button")) onPage.pauseAll();
    else if (key === "Enter" && target.matches(".tile")) onTile.fullscreen(wall.tileAt(target));
    else if (key === "?") onPage.help();
    else if (tileKeys[key.toLowerCase()] && wall.current && !event.repeat) tileKeys[key.toLowerCase()](wall.current);
    else return;
    event.preventDefault(); // arrows and space would scroll the wall as well
  });
}
