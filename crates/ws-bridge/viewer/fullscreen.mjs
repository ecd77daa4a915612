// One tile over the whole screen.

/** @param {HTMLElement} box */
export async function toggleFullscreen(box) {
  if (document.fullscreenElement === box) {
    await document.exitFullscreen();
  } else if (box.requestFullscreen) {
    // Refused where the page is framed without permission: then it fills the window.
    await box.requestFullscreen().catch(() => maximise(box));
  } else {
    maximise(box); // Safari on a telephone has full screen for <video> alone
  }
}

/** Back to the wall. */
export function leaveFullscreen() {
  document.querySelector(".maximised")?.classList.remove("maximised");
  if (document.fullscreenElement) document.exitFullscreen();
}

function maximise(box) {
  const was = box.classList.contains("maximised");
  leaveFullscreen();
  box.classList.toggle("maximised", !was);
}
