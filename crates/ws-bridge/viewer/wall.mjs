// All tiles: which there are, which are shown, where they go, and which one has the focus.

import { layOut, neighbour } from "./layout.mjs";
import { Tile } from "./tile.mjs";

const GAP = 6;
/** Height of a tile's bar, as in viewer.css. */
const BAR = 28;
const LOWEST_ROW = 140;
const HIDDEN_KEY = `cameracast.hidden ${location.pathname}`;

export class Wall {
  #list;
  #area;
  #clock;
  #onChange;
  #tiles = new Map();
  #hidden = new Set(remembered());
  #layoutDue = false;

  /**
   * @param {HTMLElement} list takes the tiles; its parent is the area that they fill
   * @param {import("./clock.mjs").BridgeClock} clock
   * @param {{onTiles: () => void, onState: (tile: Tile, state: string, previous: string) => void}} onChange
   */
  constructor(list, clock, onChange) {
    this.#list = list;
    this.#area = list.parentElement;
    this.#clock = clock;
    this.#onChange = onChange;
    new ResizeObserver(() => this.#layoutSoon()).observe(this.#area);
    list.addEventListener("focusin", ({ target }) => this.#activate(this.tileAt(target)));
  }

  /** @returns {Tile[]} by camera id */
  get tiles() {
    return [...this.#tiles.values()].sort((a, b) => a.id - b.id);
  }

  get shown() {
    return this.tiles.filter((tile) => !tile.hidden);
  }

  get allPaused() {
    return this.shown.length > 0 && this.shown.every((tile) => tile.paused);
  }

  /** The tile of a camera, made if there was none. */
  tile(id) {
    return this.#tiles.get(id) ?? this.#add(id);
  }

  /** Takes the bridge's list of cameras. One that is no longer in it keeps its tile and its last picture. */
  describe(cameras) {
    const offered = new Set(cameras.map((camera) => camera.camera_id));
    for (const camera of cameras) this.tile(camera.camera_id).describe(camera);
    for (const tile of this.tiles) {
      if (!offered.has(tile.id)) tile.describe({ name: tile.name, state: "gone" });
      tile.setOnline(true);
    }
    this.#onChange.onTiles();
  }

  show(tile, shown) {
    tile.hide(!shown);
    if (shown) this.#hidden.delete(tile.id);
    else this.#hidden.add(tile.id);
    remember(this.#hidden);
    this.#changed();
  }

  remove(tile) {
    this.#tiles.delete(tile.id);
    tile.slot.remove();
    this.#changed();
  }

  /** The tile that holds an element. */
  tileAt(element) {
    const box = element?.closest?.(".tile");
    return box ? this.#tiles.get(Number(box.dataset.camera)) : undefined;
  }

  /** The tile that a key is meant for: the one in full screen, with the focus, under the pointer, or the only one. */
  get current() {
    const found = this.tileAt(document.querySelector(".maximised")) ?? this.tileAt(document.activeElement)
      ?? this.tileAt(this.#list.querySelector(".tile:hover"));
    return found ?? (this.shown.length === 1 ? this.shown[0] : undefined);
  }

  /** Moves the focus to the tile in the direction of an arrow key. */
  moveFocus(key) {
    const tiles = this.shown;
    if (tiles.length === 0) return;
    const from = tiles.indexOf(this.tileAt(document.activeElement));
    const centres = tiles.map(({ box }) => {
      const { x, y, width, height } = box.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    });
    tiles[from < 0 ? 0 : neighbour(centres, from, key)].box.focus();
  }

  #add(id) {
    const tile = new Tile(id, this.#clock, {
      onShape: () => this.#layoutSoon(),
      onState: (...news) => this.#onChange.onState(...news),
    });
    this.#tiles.set(id, tile);
    tile.hide(this.#hidden.has(id));
    const next = this.tiles.find((other) => other.id > id);
    this.#list.insertBefore(tile.slot, next?.slot ?? null);
    this.#changed();
    return tile;
  }

  #changed() {
    if (!this.#list.querySelector('.tile[tabindex="0"]:not([hidden] *)')) this.#activate(this.shown[0]);
    this.#layoutSoon();
    this.#onChange.onTiles();
  }

  // Of all tiles only one is in the order of the Tab key, with its buttons; the arrow keys lead to the others.
  #activate(active) {
    if (!active) return;
    for (const tile of this.#tiles.values()) {
      const tabIndex = tile === active ? 0 : -1;
      tile.box.tabIndex = tabIndex;
      for (const button of tile.box.querySelectorAll("button")) button.tabIndex = tabIndex;
    }
  }

  // In the next animation frame: to change sizes within a ResizeObserver's call would make the browser report a loop.
  #layoutSoon() {
    if (this.#layoutDue) return;
    this.#layoutDue = true;
    requestAnimationFrame(() => {
      this.#layoutDue = false;
      this.#layout();
    });
  }

  #layout() {
    const tiles = this.shown;
    const style = getComputedStyle(this.#area);
    const area = {
      width: this.#area.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight),
      height: this.#area.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom),
    };
    const { height, places } = layOut(tiles.map((tile) => tile.aspect), { ...area, gap: GAP, bar: BAR, lowest: LOWEST_ROW });
    this.#list.hidden = tiles.length === 0; // what is said instead stands in its place
    this.#list.style.height = `${height}px`;
    tiles.forEach(({ slot }, index) => {
      const place = places[index];
      Object.assign(slot.style, {
        left: `${place.x}px`, top: `${place.y}px`, width: `${place.width}px`, height: `${place.height}px`,
      });
    });
  }
}

// Storage throws where a browser forbids it (private windows, frames of another site): then nothing is remembered.
function remembered() {
  try {
    const ids = JSON.parse(localStorage.getItem(HIDDEN_KEY));
    return Array.isArray(ids) ? ids : [];
  } catch {
    return [];
  }
}

function remember(ids) {
  try {
    localStorage.setItem(HIDDEN_KEY, JSON.stringify([...ids]));
  } catch {
    // Hidden until the page is left.
  }
}
