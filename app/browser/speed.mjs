// How fast pages are there: `node speed.mjs ORACLE VISITS LABEL`. Every visit is a new visitor's, with nothing cached.
// Prints figures as JSON, and leaves pictures of the pages in the target folder.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium as playwright } from 'playwright-core';
import { chromium, SHOTS } from './demo.mjs';

const [oracle, visits, label] = process.argv.slice(2);
const DESK = { width: 1200, height: 900 };

/** A cell that the map shows, in its middle. */
async function cell() {
  const { cells } = await (await fetch(`${oracle}/v1/cells`)).json();
  return cells[Math.floor(cells.length / 2)].cell;
}

/** Pages, and what is clicked on each. */
const PAGES = {
  first: { path: '/', click: 'nav a[href="/epochs"]' },
  devices: { path: '/devices', click: 'button.plain:text("More")' },
  operators: { path: '/operators', click: 'button.plain:text("More")' },
  cell: { path: `/devices?within=${await cell()}`, click: 'tbody a' },
};

// Runs in the page: says when it shows all that it has to, and how long after a click it shows something else.
function watch() {
  const shown = () => document.querySelector('h1') && !document.querySelector('.waiting, .map-space');
  const heading = () => document.querySelector('h1')?.textContent + document.querySelector('tbody td')?.textContent;
  const speed = (globalThis.speed = {});
  const when = (probe, then) => requestAnimationFrame(() => (probe() ? then(performance.now()) : when(probe, then)));
  when(shown, (now) => (speed.there_ms = now));
  addEventListener(
    'click',
    () => {
      const [clicked, before] = [performance.now(), heading()];
      when(() => shown() && heading() !== before, (now) => (speed.click_ms = now - clicked));
    },
    { capture: true },
  );
}

// Runs in the page.
function fetched() {
  const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  const sum = (wanted) => all.filter(({ name }) => wanted(new URL(name).pathname)).reduce((bytes, { encodedBodySize }) => bytes + encodedBodySize, 0);
  return { bytes: sum(() => true), script_bytes: sum((path) => path.endsWith('.js')), answer_bytes: sum((path) => path.startsWith('/v1/')) };
}

/** A new visitor's page, when it shows all that it has to. */
async function open(browser, path, options) {
  const context = await browser.newContext({ viewport: DESK, ...options });
  const page = await context.newPage();
  await page.addInitScript(watch);
  await page.goto(oracle + path);
  await page.waitForFunction(() => globalThis.speed.there_ms);
  return page;
}

/** What the page fetches for itself: a service worker, which fetches all other pages after it, would be counted along. */
async function weigh(browser, { path }, picture) {
  const page = await open(browser, path, { serviceWorkers: 'block' });
  const bytes = await page.evaluate(fetched);
  await page.screenshot({ path: picture, fullPage: true });
  await page.context().close();
  return bytes;
}

async function time(browser, { path, click }) {
  const page = await open(browser, path, {});
  await page.locator(click).first().click();
  await page.waitForFunction(() => globalThis.speed.click_ms);
  const times = await page.evaluate(() => globalThis.speed);
  await page.context().close();
  return times;
}

mkdirSync(SHOTS, { recursive: true });
const browser = await playwright.launch({ executablePath: chromium(), args: ['--no-sandbox', '--disable-gpu'] });
const figures = {};
for (const [name, page] of Object.entries(PAGES)) {
  // The network of the demo has one page of everything.
  if (label === 'demo' && name !== 'first') continue;
  const bytes = await weigh(browser, page, join(SHOTS, `speed-${label}-${name}.png`));
  const seen = [];
  for (let turn = 0; turn < Number(visits); turn += 1) seen.push(await time(browser, page));
  figures[name] = { ...bytes, there_ms: seen.map(({ there_ms }) => there_ms), click_ms: seen.map(({ click_ms }) => click_ms) };
}
await browser.close();
console.log(JSON.stringify(figures));
