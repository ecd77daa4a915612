// The list of cameras behind the toolbar's button: a tick shows a camera, no tick hides it.

export class CameraMenu {
  #list;
  #wall;
  #rows = new Map();

  /**
   * @param {HTMLElement} list
   * @param {import("./wall.mjs").Wall} wall
   */
  constructor(list, wall) {
    this.#list = list;
    this.#wall = wall;
  }

  /** Brings the rows up to date in place: made anew, they would lose the focus of whoever is in the list. */
  update() {
    const tiles = this.#wall.tiles;
    for (const [tile, row] of this.#rows) {
      if (tiles.includes(tile)) continue;
      row.label.remove();
      this.#rows.delete(tile);
    }
    tiles.forEach((tile, index) => {
      const row = this.#rows.get(tile) ?? this.#add(tile, index);
      row.box.checked = !tile.hidden;
      row.label.dataset.state = tile.state;
      if (row.name.textContent !== tile.name) row.name.textContent = tile.name;
    });
  }

  #add(tile, index) {
    const label = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox" });
    const name = document.createElement("span");
    box.addEventListener("change", () => this.#wall.show(tile, box.checked));
    label.append(box, name);
    this.#list.insertBefore(label, this.#list.children[index] ?? null);
    const row = { label, box, name };
    this.#rows.set(tile, row);
    return row;
  }
}
