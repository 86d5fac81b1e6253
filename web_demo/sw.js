// The page without a network: everything but the WebAssembly variants at once, the one that is used by js/worker.js.
importScripts("files.js");

const NAMES = ["./", "files.js", ...Object.keys(self.FILES).filter((name) => !name.startsWith("vendor/wasm/"))];
const SHELL = NAMES.map((name) => new Request(name, { cache: "no-cache" })); // of this version, whatever the browser kept

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(self.VERSION).then((cache) => cache.addAll(SHELL)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOlder().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && event.request.url.startsWith(self.registration.scope))
    event.respondWith(answer(event.request));
});

async function forgetOlder() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== self.VERSION).map((name) => caches.delete(name)));
}

// Another model may have been put there by copying one file, which changes nothing else.
async function renew(cache, request) {
  const response = await fetch(request, { cache: "no-cache" }).catch(() => undefined);
  if (response?.ok) await cache.put(request, response).catch(() => {}); // cut off, or no room: the kept one stays
}

// Hosts of static files send no headers of ours, so they are added here: from the second visit on the page is isolated,
// which threads need, and the worker too is held to the page's content security policy.
async function answer(request) {
  const cache = await caches.open(self.VERSION);
  if (/\/(model|light)\.tflite$/.test(request.url)) await renew(cache, request);
  const response = (await cache.match(request, { ignoreSearch: true })) ?? (await fetch(request));
  if (response.type === "opaque" || response.status !== 200) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(self.HEADERS)) headers.set(name, value);
  return new Response(response.body, { status: response.status, headers });
}
