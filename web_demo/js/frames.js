// The camera: its newest frame waits for the painter, and an older one that was not painted in time is dropped.

const WISH = { width: { ideal: 640 }, height: { ideal: 480 } };
const REFUSALS = {
  NotAllowedError: "The camera was not allowed; allow it in the browser's settings, or open a photo.",
  NotFoundError: "There is no camera here; open a photo instead.",
  NotReadableError: "The camera is in use by another program; close that, or open a photo.",
};

export class Camera {
  // `paint(bitmap, mirror)` returns a promise; the next frame is taken when it is settled.
  constructor(paint) {
    this.paint = paint;
    this.video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
  }

  get live() {
    return Boolean(this.stream);
  }

  // `facing`: "user" or "environment". Throws an Error in one sentence.
  async start(facing) {
    this.stop();
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "NotFoundError");
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { ...WISH, facingMode: facing }, audio: false });
      this.video.srcObject = this.stream;
      await this.video.play();
    } catch (error) {
      this.stop();
      throw new Error(REFUSALS[error.name] ?? "The camera could not be started; open a photo instead.");
    }
    this.mirror = facing === "user";
    this.watch(this.stream);
  }

  stop() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = undefined;
    this.latest?.close();
    this.latest = undefined;
  }

  // Frame after frame of `stream` until it is stopped.
  async watch(stream) {
    while (this.stream === stream) {
      await new Promise((resolve) => nextFrame(this.video, resolve));
      const bitmap = await createImageBitmap(this.video).catch(() => undefined);
      if (this.stream !== stream || !bitmap) {
        bitmap?.close();
        continue;
      }
      this.latest?.close();
      this.latest = bitmap;
      this.pump();
    }
  }

  async pump() {
    if (this.painting || !this.latest) return;
    const bitmap = this.latest;
    this.latest = undefined;
    this.painting = true;
    try {
      await this.paint(bitmap, this.mirror);
    } finally {
      this.painting = false;
    }
    this.pump();
  }
}

// Whether there is another camera to turn to.
export async function hasTwoCameras() {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices.filter(({ kind }) => kind === "videoinput").length > 1;
}

function nextFrame(video, then) {
  if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(then);
  else requestAnimationFrame(then);
}
