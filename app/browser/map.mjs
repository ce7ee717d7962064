// Where devices are: a few cells, a great many, and cells on both sides of the date line.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { gridDisk, latLngToCell } from 'h3-js';
import { says, settled, shot, stage, visit, visitor } from './stage.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

test('map shows the turbines where they stand, and a cell leads to its devices', async () => {
  const { page, end } = await visit('/');
  await page.locator('.map a').first().waitFor();
  assert.equal(await page.locator('.map a').count(), 4);
  await page.locator('.map a').first().click();
  await says(page, 'Devices in cell');
  await settled(page);
  assert.equal(await page.locator('tbody tr').count(), 1);
  await end();
});

test('cell on the page of all devices narrows its list, and back', async () => {
  const { page, end } = await visit('/devices');
  await page.locator('tbody tr').nth(3).waitFor();
  await page.locator('.map a').first().click();
  await says(page, 'Devices in cell');
  await page.locator('tbody tr').nth(1).waitFor({ state: 'detached' });
  assert.equal(await page.locator('tbody tr').count(), 1);
  await page.getByRole('link', { name: 'Show all devices' }).click();
  await page.locator('tbody tr').nth(3).waitFor();
  await end();
});

// No oracle here has so many devices: the bench `dashboard` has one.
test('map of many cells at the date line is in one piece, and its cells lead to their devices', async () => {
  const cells = gridDisk(latLngToCell(-18, 180, 5), 17).map((cell, index) => ({ cell, devices: 1 + (index % 90) }));
  const { page, context, wrong } = await visitor({ bypassCSP: true });
  await page.route('**/v1/cells', (route) => route.fulfill({ json: { resolution: 5, cells, without_place: 0 } }));
  await page.goto(stage.demo.url);
  const drawn = page.locator('.map polygon');
  await drawn.nth(cells.length - 1).waitFor();
  assert.equal(await page.locator('.map a').count(), 0, 'nobody has to tab through them');
  const [widest, everything] = await page.evaluate(() => {
    const boxes = [...document.querySelectorAll('.map polygon')].map((cell) => cell.getBoundingClientRect());
    return [Math.max(...boxes.map(({ width }) => width)), Math.max(...boxes.map(({ right }) => right)) - Math.min(...boxes.map(({ left }) => left))];
  });
  assert.ok(widest < 40 && everything > 300, `a cell is ${widest} pixels wide, all of them ${everything}`);
  await shot(page, 'map-many');
  await page.evaluate(AXE);
  assert.deepEqual((await page.evaluate(() => globalThis.axe.run())).violations, []);
  await page.getByText('The cells with most devices').click();
  assert.match(await page.locator('.card details li').first().innerText(), /^[0-9a-f]{15}: 90 devices$/);
  await drawn.nth(500).click();
  await says(page, `Devices in cell ${cells[500].cell}`);
  await context.close();
  assert.deepEqual(wrong, []);
});

test('cells too small for the map are drawn so that they are seen', async () => {
  // Three on three continents, a few metres each.
  const cells = [[48, 5], [-33, 151], [40, -100]].map(([lat, lng]) => ({ cell: latLngToCell(lat, lng, 12), devices: 1 }));
  const { page, context } = await visitor({});
  await page.route('**/v1/cells', (route) => route.fulfill({ json: { resolution: 12, cells, without_place: 0 } }));
  await page.goto(stage.demo.url);
  await page.locator('.map polygon').nth(2).waitFor();
  const widths = await page.locator('.map polygon').evaluateAll((drawn) => drawn.map((cell) => cell.getBoundingClientRect().width));
  assert.ok(widths.every((width) => width >= 5), `${widths}`);
  await context.close();
});
