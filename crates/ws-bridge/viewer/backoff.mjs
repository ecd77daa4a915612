// How long to wait before the next attempt to connect.

const FIRST_MS = 500;
const LONGEST_MS = 5000;
/** A share taken off at random, so that many pages do not return at the same instant to a bridge that came back. */
const JITTER = 0.25;

/**
 * @param {number} failures attempts that failed in a row, 1 or more
 * @param {number} random from 0 to 1
 * @returns {number} milliseconds: 0.5 s, doubled with each failure up to 5 s, and up to a quarter less
 */
export function delayAfter(failures, random) {
  const full = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
  return Math.round(full * (1 - JITTER * random));
}
