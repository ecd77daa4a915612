// One tile over the whole window, and the window over the whole screen where the browser lets it. The page is what fills
// the screen, not the tile: so the settings can stand before the picture like everything else.

export async function toggleFullscreen(box) {
  const before = document.querySelector(".maximised");
  if (before === box) return leaveFullscreen();
  before?.classList.remove("maximised");
  box.classList.add("maximised");
  if (document.fullscreenElement) return;
  // Refused where the page is framed without permission, and not there on some telephones: then it fills the window.
  await document.documentElement.requestFullscreen?.().catch(() => {});
  if (!document.querySelector(".maximised")) leaveFullscreen(); // left again meanwhile
}

/** Back to the wall. */
export function leaveFullscreen() {
  document.querySelector(".maximised")?.classList.remove("maximised");
  if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
}

/** The browser has its own ways out, such as the Escape key. */
export function followFullscreen() {
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement) leaveFullscreen();
  });
}
