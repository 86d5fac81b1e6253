// The picture on the page: the photo below, the painting above it, as far as the slider says.

const SHOWN = 2048; // pixels a side at most of the photo below, which is only looked at; the painting is whole

export class Stage {
  constructor(stage, photo, painted, bar) {
    Object.assign(this, { stage, photo, painted, bar });
  }

  // How much of what is going on is done, 0 to 1.
  progress(share) {
    this.bar.value = share;
    this.bar.hidden = share >= 1;
  }

  // `count` more things, or fewer, are going on.
  busy(count) {
    this.tasks = (this.tasks ?? 0) + count;
    this.stage.setAttribute("aria-busy", String(this.tasks > 0));
  }

  // Show the photo alone, and make room for its painting. Throws an Error in one sentence if the browser has none.
  take(bitmap) {
    const { width, height } = bitmap;
    this.resize(width, height);
    this.painted.getContext("2d").clearRect(0, 0, width, height);
    if (!holds(this.painted)) throw new Error("This photo is too large for this browser; try a smaller one.");
    const factor = Math.min(1, SHOWN / Math.max(width, height));
    this.draw(bitmap, Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor)));
    this.progress(0);
  }

  // Painted rows of the photo that was taken; see js/paint.js.
  addBand(band, share) {
    put(this.painted, band);
    this.progress(share);
  }

  // A frame of the camera and its painting, at the same moment; see paintFrame in js/paint.js.
  showFrame({ seen, painted, width, height }) {
    this.resize(width, height);
    setSides(this.photo, width, height);
    put(this.photo, { top: 0, rgba: seen, width, height });
    put(this.painted, { top: 0, rgba: painted, width, height });
  }

  resize(width, height) {
    const ratio = Math.min(4, Math.max(0.25, width / height));
    if (ratio !== this.ratio) this.stage.parentElement.style.setProperty("--ratio", ratio);
    this.ratio = ratio;
    setSides(this.painted, width, height);
    this.stage.classList.remove("waiting");
  }

  // What is transparent lies on white, as in js/look.js.
  draw(bitmap, width, height) {
    setSides(this.photo, width, height);
    const context = this.photo.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height);
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, width, height);
  }
}

function setSides(canvas, width, height) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
}

function put(canvas, { top, rgba, width, height }) {
  canvas.getContext("2d").putImageData(new ImageData(rgba, width, height), 0, top);
}

// Browsers give a canvas that is too large for them no pixels, and no error.
function holds(canvas) {
  const context = canvas.getContext("2d");
  if (!context) return false;
  context.fillRect(canvas.width - 1, canvas.height - 1, 1, 1);
  const there = context.getImageData(canvas.width - 1, canvas.height - 1, 1, 1).data[3] === 255;
  context.clearRect(canvas.width - 1, canvas.height - 1, 1, 1);
  return there;
}
