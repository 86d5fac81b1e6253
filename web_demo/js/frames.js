// The camera: its newest frame is painted as soon as the painter is free, and an older one is dropped, never queued.

const LONG = { ideal: 640 };
const SHORT = { ideal: 480 };
const REFUSALS = {
  NotAllowedError: "The camera was not allowed; allow it in the browser's settings, or open a photo.",
  NotFoundError: "There is no camera here; open a photo instead.",
  NotReadableError: "The camera is in use by another program; close that, or open a photo.",
};
const GONE = "The camera went away; plug it in again, or open a photo.";

export class Camera {
  // `paint(frame, mirror)` promises what was made of a VideoFrame or an ImageBitmap, which it closes; `show(made, began)`
  // puts that on the page, for a frame that was taken at `began`; `lost(error)` hears why the camera ended by itself.
  constructor(paint, show, lost) {
    Object.assign(this, { paint, show, lost, facing: "user" });
    this.video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
  }

  get live() {
    return Boolean(this.stream);
  }

  // Whether it is live now: not if it was stopped, or started again, in the meantime. Throws an Error in one sentence.
  start() {
    return this.open({ facingMode: this.facing });
  }

  // The camera that looks the other way; where cameras do not say where they look, the next one.
  async turn() {
    const { facingMode, deviceId } = this.settings;
    if (facingMode) {
      this.facing = facingMode === "user" ? "environment" : "user";
      return this.start();
    }
    const ids = (await cameras()).map((camera) => camera.deviceId);
    return this.open({ deviceId: { exact: ids[(ids.indexOf(deviceId) + 1) % ids.length] } });
  }

  stop() {
    this.wish = undefined;
    halt(this.stream);
    this.stream = undefined;
    this.fresh = false;
    this.video.srcObject = null;
  }

  async open(wanted) {
    this.stop();
    const wish = (this.wish = {});
    let stream;
    try {
      stream = await ask(wanted);
      if (this.wish === wish) await play(this.video, stream);
    } catch (error) {
      halt(stream);
      if (this.wish !== wish) return false;
      throw new Error(REFUSALS[error.name] ?? "The camera could not be started; open a photo instead.");
    }
    if (this.wish === wish) this.watch(stream);
    else halt(stream);
    return this.wish === wish;
  }

  end(error) {
    this.stop();
    this.lost(error);
  }

  // Frame after frame of `stream` until it is stopped.
  async watch(stream) {
    const [track] = stream.getVideoTracks();
    track.onended = () => this.stream === stream && this.end(new Error(GONE));
    this.settings = track.getSettings();
    this.mirror = this.settings.facingMode !== "environment";
    this.stream = stream;
    while (this.stream === stream) {
      await new Promise((resolve) => nextFrame(this.video, resolve));
      this.fresh = true;
      this.pump();
    }
  }

  // The painter gets its next frame before the page draws this one: they work at the same time.
  async pump() {
    const { stream } = this;
    if (!stream || this.painting || !this.fresh) return;
    this.fresh = false;
    this.painting = true;
    const began = performance.now();
    let made;
    try {
      const frame = await grab(this.video).catch(() => undefined); // none yet, of a camera that has just been turned
      made = frame && (await this.paint(frame, this.mirror));
    } catch (error) {
      if (this.stream === stream) this.end(error);
    }
    this.painting = false;
    this.pump();
    if (made && this.stream === stream) this.show(made, began);
  }
}

// Whether there is another camera to turn to.
export async function hasTwoCameras() {
  return (await cameras()).length > 1;
}

async function cameras() {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices.filter(({ kind }) => kind === "videoinput");
}

// A camera that stands upright by itself would be cut to a landscape.
async function ask(wanted) {
  if (!navigator.mediaDevices) throw new DOMException("", "NotFoundError");
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: LONG, height: SHORT, ...wanted }, audio: false });
  const [track] = stream.getVideoTracks();
  const { width, height } = track.getCapabilities?.() ?? {};
  if (height?.max > width?.max) await track.applyConstraints({ width: SHORT, height: LONG }).catch(() => {});
  return stream;
}

function halt(stream) {
  stream?.getTracks().forEach((track) => track.stop());
}

async function play(video, stream) {
  video.srcObject = stream;
  await video.play();
}

// A VideoFrame is no copy: only the painter's thread turns it into RGBA.
async function grab(video) {
  return self.VideoFrame ? new VideoFrame(video) : createImageBitmap(video);
}

function nextFrame(video, then) {
  if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(then);
  else requestAnimationFrame(then);
}
