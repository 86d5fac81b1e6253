// What a picture shows, as RGBA bytes.

const RGBA = { format: "RGBA" };
let canvas;

// The sides of an ImageBitmap or a VideoFrame as it is shown: {width, height}.
export function sidesOf(picture) {
  return { width: picture.displayWidth ?? picture.width, height: picture.displayHeight ?? picture.height };
}

// One piece of `picture`, an ImageBitmap; what is transparent lies on white.
export function look(picture, { x, y, wide, high }) {
  return drawn(picture, x, y, wide, high, false);
}

// All of `frame`, a VideoFrame or an ImageBitmap; `mirror` turns left and right, as in a mirror. `room(length)` gives
// bytes to write to. A frame of the camera is copied by itself, in a fifth of the time that a canvas takes.
export async function lookAtFrame(frame, mirror, room) {
  const { width, height } = sidesOf(frame);
  if (!copies(frame, width, height)) return drawn(frame, 0, 0, width, height, mirror);
  const rgba = room(width * height * 4);
  await frame.copyTo(rgba, RGBA);
  if (mirror) {
    const pixels = new Uint32Array(rgba.buffer);
    for (let row = 0; row < pixels.length; row += width) pixels.subarray(row, row + width).reverse();
  }
  return rgba;
}

// Older browsers take no format, and some frames lie turned or stretched in memory: those are drawn.
function copies(frame, width, height) {
  const { visibleRect, rotation, flip } = frame;
  if (visibleRect?.width !== width || visibleRect.height !== height || rotation || flip) return false;
  try {
    return frame.allocationSize(RGBA) === width * height * 4;
  } catch {
    return false;
  }
}

function drawn(picture, x, y, wide, high, mirror) {
  if (canvas?.width !== wide || canvas.height !== high) canvas = new OffscreenCanvas(wide, high);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, wide, high);
  context.setTransform(mirror ? -1 : 1, 0, 0, 1, mirror ? wide : 0, 0);
  context.drawImage(picture, -x, -y);
  context.resetTransform();
  return context.getImageData(0, 0, wide, high).data;
}
