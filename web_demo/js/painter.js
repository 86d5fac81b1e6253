// The worker as the page sees it: one picture at a time.

export class Painter {
  constructor(progress) {
    this.progress = progress;
    this.spare = [];
    this.worker = new Worker(new URL("./worker.js", import.meta.url));
    this.worker.onmessage = ({ data }) => this.answer(data);
    this.worker.onerror = () => this.answer({ error: "This browser is too old for the network, or out of memory." });
  }

  get busy() {
    return Boolean(this.waiting);
  }

  // Load the model at `url`: what the file says of itself, and `light`, what the lighter one beside it says, if there is
  // one. `wanted`: see js/runtime.js.
  open(url, wanted) {
    return this.ask({ open: url, wanted });
  }

  // Paint an ImageBitmap, which goes to the worker and comes back: {times, bitmap}. `band` gets the painted rows.
  paint(bitmap, band) {
    this.band = band;
    return this.ask({ paint: bitmap }, [bitmap]);
  }

  // Paint a frame of the camera, which goes to the worker for good: see paintFrame in js/paint.js. `light`: by the lighter
  // model, if there is one.
  paintFrame(frame, mirror, light) {
    const spare = this.spare.splice(0);
    return this.ask({ frame, mirror, spare, light }, [frame, ...spare]);
  }

  // What was made of a frame is on the page, and the bytes are free for a later one.
  reuse({ seen, painted }) {
    this.spare = [seen.buffer, painted.buffer];
  }

  ask(message, transfer = []) {
    if (this.waiting) return Promise.reject(new Error("One picture at a time."));
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.worker.postMessage(message, transfer);
    });
  }

  answer({ progress, band, share, opened, painted, bitmap, answer, error }) {
    if (progress !== undefined) return this.progress(progress);
    if (band) return this.band(band, share);
    const { resolve, reject } = this.waiting ?? {};
    this.waiting = undefined;
    if (error) reject?.(new Error(error));
    else resolve?.(opened ?? answer ?? { times: painted, bitmap });
  }
}
