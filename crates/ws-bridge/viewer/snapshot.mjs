// A picture as a file: the very JPEG that the camera's grabber sent.

/** Long enough for a browser that asks its user where to save. */
const REVOKE_AFTER_MS = 60_000;

/**
 * @param {string} camera its name, in any script
 * @param {Date} time when the picture was taken
 * @returns {string} such as `Front-gate_2026-01-31_18-05-09.120.jpg`, in the viewer's time zone, fit for any file system
 */
export function snapshotName(camera, time) {
  const two = (number) => String(number).padStart(2, "0");
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  const clock = [two(time.getHours()), two(time.getMinutes()), two(time.getSeconds())].join("-");
  const safe = camera.replace(/[\s/\\:*?"<>|\p{Cc}]+/gu, "-").replace(/^[.-]+|[.-]+$/g, "");
  const short = [...safe].slice(0, 50).join(""); // a file's name may take 255 bytes, a character up to 4 of them
  return `${short || "camera"}_${date}_${clock}.${String(time.getMilliseconds()).padStart(3, "0")}.jpg`;
}

/**
 * Hands a picture to the browser's downloads.
 *
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Revoked at once, the download would find nothing in some browsers.
  setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_AFTER_MS);
}
