// Whether somebody is at the page: over a picture that fills the screen nothing else stays when nobody moves.

const IDLE_AFTER_MS = 3000;

/** Marks the document as `data-idle` while no pointer moves and no key is pressed. */
export function watchIdle() {
  const { dataset } = document.documentElement;
  let timer = 0;
  const seen = () => {
    delete dataset.idle;
    clearTimeout(timer);
    timer = setTimeout(() => (dataset.idle = ""), IDLE_AFTER_MS);
  };
  for (const event of ["pointermove", "pointerdown", "keydown", "fullscreenchange"]) document.addEventListener(event, seen);
  seen();
}
