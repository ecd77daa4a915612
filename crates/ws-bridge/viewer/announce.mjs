// Tells a screen reader what changed: states and what a person did, never numbers.

/** News that come together are read together. */
const GATHER_MS = 250;

/**
 * @param {HTMLElement} region a live region
 * @returns {(text: string) => void}
 */
export function announcer(region) {
  let news = [];
  return (text) => {
    if (news.push(text) > 1) return;
    setTimeout(() => {
      region.textContent = `${news.join(". ")}.`;
      news = [];
    }, GATHER_MS);
  };
}
