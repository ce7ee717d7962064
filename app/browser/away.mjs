// The chain server away, then the oracle. The last tests: they end the stage.demo.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DESK, says, shot, stage, visit } from './stage.mjs';

test('chain server that is away is said, and what the oracle tells is still shown', async () => {
  const { page, end } = await visit('/', { quiet: true });
  await page.route(`${stage.demo.rpc}/**`, (route) => route.abort());
  await page.goto(`${stage.demo.url}/operators/2`);
  await says(page, 'The chain server does not answer');
  await says(page, 'Earned, epoch by epoch');
  await shot(page, 'chain-away');
  await end();
});

// The last one: it ends the stage.demo.
test('oracle that is down is said, by a page that was opened before and opens again without it', async () => {
  const context = await stage.browser.newContext({ viewport: DESK });
  const page = await context.newPage();
  await page.goto(stage.demo.url);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await stage.demo.stop();
  await page.reload();
  await says(page, 'The oracle does not answer');
  const brand = page.locator('.brand');
  assert.equal(await brand.evaluate((element) => getComputedStyle(element).display), 'flex', 'the page has its styles');
  assert.ok(await brand.locator('img').evaluate((image) => image.complete && image.naturalWidth > 0), 'and its pictures');
  await shot(page, 'oracle-away');
  await context.close();
});
