// Photos from a picker, by paste or by drop.

const LARGEST = 50; // megapixels: what a browser's tab holds three times over

// An ImageBitmap of the picture in `blob`, upright. Throws an Error in one sentence.
export async function readPhoto(blob) {
  const url = URL.createObjectURL(blob);
  const image = new Image();
  try {
    await new Promise((resolve, reject) => Object.assign(image, { onload: resolve, onerror: reject, src: url }));
    const megapixels = (image.naturalWidth * image.naturalHeight) / 1e6;
    if (megapixels > LARGEST)
      throw new RangeError(`This photo has ${Math.ceil(megapixels)} megapixels; this page takes up to ${LARGEST}.`);
    return await createImageBitmap(blob);
  } catch (error) {
    if (error instanceof RangeError) throw new Error(error.message);
    throw new Error(`${blob.name || "That"} is no picture that this browser can read; try a JPEG or PNG.`);
  } finally {
    URL.revokeObjectURL(url);
  }
}

// Likewise of the built-in photo at `url`.
export async function fetchPhoto(url) {
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok) throw new Error("This photo could not be loaded; look at your connection.");
  return readPhoto(await response.blob());
}

// Call `take(file)` for whatever the visitor picks with `input`, pastes or drops.
export function listen(input, take) {
  input.addEventListener("change", () => {
    if (input.files[0]) take(input.files[0]);
    input.value = ""; // the same file can be picked again
  });
  document.addEventListener("paste", (event) => {
    const [file] = event.clipboardData.files;
    if (file) take(file);
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (file) take(file);
  });
}
