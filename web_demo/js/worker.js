// The network's own thread. A classic worker, since LiteRT.js loads its WebAssembly by importScripts.
importScripts("../files.js");

const modules = Promise.all([import("./runtime.js"), import("./paint.js"), import("./turns.js")]);
let opened;

// {open: url, wanted} loads a model; {paint: bitmap} paints a photo; {frame, mirror, spare, light} paints a frame of the
// camera, by the lighter model if `light` and there is one; {load} and {turn}, see js/turns.js. Answers: {progress}, {opened}; {band, share}, {painted, bitmap}: the photo comes
// back with its painting; {answer}, of a frame as in js/paint.js; {error}. `spare` are buffers of an earlier answer, to
// be written to again: the system takes longer to find new ones than a frame takes to be copied.
self.onmessage = async ({ data }) => {
  try {
    const [{ open }, { paintPhoto, paintFrame }, { load, turn }] = await modules;
    if (data.open) {
      opened = await open(data.open, self.FILES, (progress) => self.postMessage({ progress }), data.wanted);
      self.postMessage({ opened: { ...opened.model, light: opened.light?.model } });
      await keep(opened.model.files).catch(() => {}); // a browser without room for it still paints
      return;
    }
    if (data.load) return self.postMessage({ answer: await load(opened.network, opened.model.facts, data.load) });
    if (data.turn) return self.postMessage({ answer: await turn(opened.network) });
    const { network, model } = (data.light && opened.light) || opened;
    if (data.frame) {
      const made = await paintFrame(network, model.facts, data.frame, data.mirror, room(data.spare));
      return self.postMessage({ answer: made }, [made.seen.buffer, made.painted.buffer]);
    }
    const bitmap = data.paint;
    const { width } = bitmap;
    const band = (top, rgba, height, share) => self.postMessage({ band: { top, rgba, width, height }, share }, [rgba.buffer]);
    const times = await paintPhoto(network, model.facts, bitmap, band);
    self.postMessage({ painted: times, bitmap }, [bitmap]);
  } catch (error) {
    (data.paint ?? data.frame)?.close();
    self.postMessage({ error: sentence(error) });
  }
};

function room(spare) {
  return (length) => {
    const found = spare.findIndex(({ byteLength }) => byteLength === length);
    return new Uint8ClampedArray(found < 0 ? length : spare.splice(found, 1)[0]);
  };
}

// The service worker was not there yet when the first visit loaded these.
async function keep(files) {
  const cache = await self.caches?.open(self.VERSION);
  for (const file of files) if (cache && !(await cache.match(file))) await cache.add(file);
}

function sentence(error) {
  const text = (error?.message || String(error)).split("\n")[0];
  return /[.!]$/.test(text) ? text : `The model could not be run here: ${text}.`;
}
