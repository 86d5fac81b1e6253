// The painted picture as a file, at the photo's own size.

// The name under which a painting of `name` is saved.
export function paintedName(name) {
  return `${name.replace(/\.[^.]*$/, "") || "photo"}-painted.jpg`;
}

// Hand what is on `canvas` to the browser as a download. Throws an Error in one sentence.
export async function save(canvas, name) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
  if (!blob) throw new Error("The picture is too large to be saved in this browser; try a smaller photo.");
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: paintedName(name) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
