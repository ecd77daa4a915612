// Where tiles go: pure arithmetic, in CSS pixels.

/** A row may grow by this much over the common height, where that fills the width better. */
const GROWTH = 1.7;
/** Pictures whose shapes differ less than this make a grid of equal tiles. */
const SAME_SHAPE = 1.05;

/**
 * Places with which pictures fill an area best: each has its own aspect ratio, rows have one height, and as many rows are
 * made as let the pictures be largest. So pictures of one shape make a grid; where shapes are mixed, a row that is short
 * grows into what is left. Rows stand in the middle. Below each picture there is room for its bar.
 *
 * @param {number[]} aspects width over height of each picture
 * @param {{width: number, height: number, gap: number, bar: number, lowest: number}} area a row is `bar` higher than its
 *   pictures, and not made lower than `lowest` to fit the area's height: the wall scrolls instead
 * @returns {{height: number, places: {x: number, y: number, width: number, height: number}[]}} whole pixels, a place for
 *   each picture with its bar; `height` is more than the area's where the wall scrolls
 */
export function layOut(aspects, area) {
  const fitting = highestThatFits(aspects, area);
  const row = fitting ?? fullest(aspects, area);
  const rows = grown(balanced(aspects, row, area), aspects, row, area, fitting === null);
  const used = rows.reduce((sum, { height }) => sum + height + area.gap, -area.gap);
  const places = new Array(aspects.length);
  let y = Math.max(0, Math.floor((area.height - used) / 2));
  for (const { members, height } of rows) {
    const sizes = members.map((index) => sizeOf(aspects[index], height, area));
    const width = sizes.reduce((sum, size) => sum + size.width + area.gap, -area.gap);
    let x = Math.max(0, Math.floor((area.width - width) / 2));
    members.forEach((index, at) => {
      const size = sizes[at];
      places[index] = { x, y: y + Math.floor((height - size.height) / 2), ...size };
      x += size.width + area.gap;
    });
    y += height + area.gap;
  }
  return { height: Math.max(Math.floor(area.height), used), places };
}

function highestThatFits(aspects, area) {
  const lowest = Math.max(1, Math.min(area.lowest, area.height));
  for (let row = Math.floor(area.height); row >= lowest; row -= 1) {
    const rows = flow(aspects, row, area).length;
    if (rows * (row + area.gap) - area.gap <= area.height) return row;
  }
  return null;
}

/** The row height, not much above the lowest, that leaves least of a scrolling wall's width empty. */
function fullest(aspects, area) {
  let best = { filled: 0, row: area.lowest };
  for (let row = area.lowest; row <= area.lowest * GROWTH; row += 1) {
    const rows = flow(aspects, row, area);
    const filled = rows.reduce((sum, { used }) => sum + used, 0) / rows.length;
    if (filled > best.filled) best = { filled, row };
  }
  return best.row;
}

/** Which pictures stand together at a row height, and how much width they use. */
function flow(aspects, row, area) {
  const rows = [];
  aspects.forEach((aspect, index) => {
    const size = sizeOf(aspect, row, area);
    const last = rows.at(-1);
    if (last && last.used + area.gap + size.width <= area.width) {
      last.members.push(index);
      last.used += area.gap + size.width;
    } else {
      rows.push({ members: [index], used: size.width });
    }
  });
  return rows;
}

/** The same number of rows, but none much longer than the others: sixteen make 4 by 4, not 5, 5, 5 and 1. */
function balanced(aspects, row, area) {
  let rows = flow(aspects, row, area);
  for (let width = Math.floor(area.width) - 1; width > 0; width -= 1) {
    const narrower = flow(aspects, row, { ...area, width });
    const clipped = aspects.map((aspect) => (row - area.bar) * aspect).some((wide) => wide > width && wide <= area.width);
    if (clipped || narrower.length > rows.length) break;
    rows = narrower;
  }
  return rows;
}

/** Gives each row its height: the common one, or more where shapes are mixed and both directions leave room. */
function grown(rows, aspects, row, { width, height, gap, bar }, scrolls) {
  const mixed = Math.max(...aspects) > SAME_SHAPE * Math.min(...aspects);
  const room = height - gap * (rows.length - 1);
  const filling = rows.map(({ members }) => {
    const aspect = members.reduce((sum, index) => sum + aspects[index], 0);
    return Math.floor((width - gap * (members.length - 1)) / aspect) + bar;
  });
  const heights = (cap) => filling.map((most) => Math.max(row, Math.min(most, cap)));
  let cap = mixed ? Math.floor(row * GROWTH) : row;
  while (!scrolls && cap > row && heights(cap).reduce((sum, each) => sum + each, 0) > room) cap -= 1;
  return rows.map(({ members }, index) => ({ members, height: heights(cap)[index] }));
}

function sizeOf(aspect, row, { width, bar }) {
  const picture = Math.max(1, row - bar);
  const wide = picture * aspect > width;
  return {
    width: Math.max(1, Math.floor(wide ? width : picture * aspect)),
    height: Math.max(1, Math.floor(wide ? width / aspect : picture)) + bar,
  };
}

/**
 * The tile that an arrow key leads to: of those that lie in its direction the nearest, a step aside counting more than a
 * step ahead.
 *
 * @param {{x: number, y: number}[]} centres of all tiles
 * @param {number} from index of the tile that has the focus
 * @param {"ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown"} key
 * @returns {number} index; `from` where there is none
 */
export function neighbour(centres, from, key) {
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  let best = from;
  let bestCost = Infinity;
  centres.forEach((centre, index) => {
    const x = centre.x - centres[from].x;
    const y = centre.y - centres[from].y;
    const ahead = x * dx + y * dy;
    const aside = Math.abs(x * dy) + Math.abs(y * dx);
    const cost = ahead + 3 * aside;
    if (ahead > 1 && cost < bestCost) [best, bestCost] = [index, cost];
  });
  return best;
}
