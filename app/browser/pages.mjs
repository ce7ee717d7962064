// Every page: how it looks, for whom it works, how fast it is.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { deviceKey, DIST, says, settled, shot, stage, visit, visitor } from './stage.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PHONE = { width: 390, height: 844 };
const KINDS = { desk: {}, phone: { viewport: PHONE }, dark: { colorScheme: 'dark' } };

async function pages() {
  return [
    ['network', '/', 'Work over time'],
    ['epochs', '/epochs', 'Reports counted'],
    ['epoch', '/epochs/6', 'Check it yourself'],
    ['epoch-running', '/epochs/7', 'This epoch'],
    ['operators', '/operators', 'Earned in all'],
    ['operator', '/operators/1', 'To claim'],
    ['devices', '/devices', 'All devices'],
    ['device', `/devices/${await deviceKey()}`, 'Reports'],
    ['staking', '/staking', 'Staked in all'],
    ['register', '/register', 'Scan with the camera'],
    ['nowhere', '/no-such-page', 'There is no such page'],
  ];
}
test('every page shows on a desk, on a phone and in the dark, without errors and without scrolling sideways', async () => {
  for (const [kind, options] of Object.entries(KINDS)) {
    const { page, context, wrong } = await visitor(options);
    for (const [name, path, words] of await pages()) {
      await page.goto(stage.demo.url + path);
      await says(page, words);
      await settled(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${name} on a ${kind} is ${wide} pixels too wide`);
      await shot(page, `${name}-${kind}`);
    }
    await context.close();
    assert.deepEqual(wrong, []);
  }
});

// All that axe knows of WCAG 2.2 AA and of good practice. The pages' policy forbids inline code, so axe runs without it.
test('axe finds nothing wrong on any page, in light and in the dark', async () => {
  for (const options of [{}, { colorScheme: 'dark', viewport: PHONE }]) {
    const { page, context } = await visitor({ ...options, bypassCSP: true });
    for (const [name, path] of await pages()) {
      await page.goto(stage.demo.url + path);
      await settled(page);
      await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      const found = violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} at ${target}: ${failureSummary}`));
      assert.deepEqual(found, [], name);
    }
    await context.close();
  }
});

test('first page shows the network within a second, with at most 250 kB of JavaScript', async () => {
  const visits = [];
  // The machine may do something else at the same time: the best of ten counts.
  while (visits.length < 10 && !visits.some(({ ms }) => ms <= 1000)) {
    const { page, end } = await visit('/');
    await page.locator('.tiles').waitFor();
    await page.locator('.map').waitFor();
    visits.push(
      await page.evaluate(() => {
        const scripts = performance.getEntriesByType('resource').filter(({ name }) => /\.js$/.test(new URL(name).pathname));
        const answers = performance.getEntriesByType('resource').filter(({ name }) => new URL(name).pathname.startsWith('/v1/'));
        const [navigation] = performance.getEntriesByType('navigation');
        return {
          ms: Math.max(navigation.domContentLoadedEventEnd, ...answers.map(({ responseEnd }) => responseEnd)),
          bytes: scripts.reduce((sum, script) => sum + script.encodedBodySize, 0),
        };
      }),
    );
    await end();
  }
  const ms = Math.min(...visits.map(({ ms }) => ms));
  const bytes = Math.max(...visits.map(({ bytes }) => bytes));
  console.log(`first page: all numbers there after ${Math.round(ms)} ms, ${bytes} bytes of JavaScript (gzip), map and all`);
  assert.ok(bytes > 0 && bytes <= 250_000, `${bytes} bytes of JavaScript`);
  assert.ok(ms <= 1000, `${ms} ms`);
});

test('emission is read from the chain when it is asked for', async () => {
  const { page, end } = await visit('/');
  await page.getByText('How the token is minted').click();
  await says(page, '6,562,375 tokens, of at most 100,000,000 tokens ever');
  await says(page, '5 % less every 2 epochs');
  await end();
});

test('pages are reached and used by keyboard alone', async () => {
  const { page, end } = await visit('/');
  await settled(page);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Skip to the page');
  for (let presses = 0; presses < 12; presses += 1) {
    if ((await page.evaluate(() => document.activeElement.textContent.trim())) === 'Epochs') break;
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Epochs' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main', 'reading begins at the new page');
  await end();
});

test('every file that the oracle serves is the built one, compressed where that is smaller', async () => {
  for (const name of readdirSync(DIST, { recursive: true })) {
    if (name.endsWith('.gz') || !statSync(join(DIST, name)).isFile()) continue;
    const response = await fetch(`${stage.demo.url}/${name}`, { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(response.status, 200, name);
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(readFileSync(join(DIST, name))), name);
  }
});
