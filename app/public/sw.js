// Keeps the dashboard's own files, so that it opens without a network and says then what is away. Answers of the oracle are
// never kept: old numbers would be taken for new ones.
const FILES = [/* files */];
const CACHE = `trellis-${FILES.join('|').split('').reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7)}`;

// Whatever else the browser said it takes when it asked: these files never change under their names.
const kept = (request) => caches.match(request, { ignoreVary: true });

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(['/', ...FILES]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  const drop = (names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(drop).then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin || url.pathname.startsWith('/v1/')) return;
  if (request.mode === 'navigate') {
    event.respondWith(fetch(request).catch(() => kept('/')));
  } else if (FILES.includes(url.pathname)) {
    event.respondWith(kept(request).then((found) => found ?? fetch(request)));
  }
});
