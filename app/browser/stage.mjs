// What all tests share: one demo, one browser, and visitors of its pages.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium as playwright } from 'playwright-core';
import { chromium, SHOTS, startDemo } from './demo.mjs';
import { installWallet } from './wallet.mjs';

export const DIST = join(import.meta.dirname, '../dist');
export const DESK = { width: 1200, height: 900 };

/** The running demo and browser, while tests run. */
export const stage = {};

export async function begin() {
  mkdirSync(SHOTS, { recursive: true });
  const executablePath = chromium();
  stage.demo = await startDemo(DIST);
  stage.browser = await playwright.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}

export async function end() {
  await stage.browser?.close();
  await stage.demo?.stop();
}

/** One visitor's page for many paths. Errors on it, and what its security policy refuses, are collected. */
export async function visitor(options) {
  const context = await stage.browser.newContext({ viewport: DESK, serviceWorkers: 'block', ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(`${page.url()}: ${error}`));
  page.on('console', (message) => isError(message) && wrong.push(`${page.url()}: ${message.text()}`));
  return { page, context, wrong };
}

/** A fresh visitor's page. Errors on it, and what its security policy refuses, fail the test. */
export async function visit(path, { wallet, chains, quiet = false } = {}) {
  const { page, context, wrong } = await visitor({});
  if (wallet) await installWallet(context, stage.demo.wallet(wallet), { chains });
  await page.goto(stage.demo.url + path);
  return {
    page,
    context,
    async end() {
      await context.close();
      if (!quiet) assert.deepEqual(wrong, [], `errors on ${path}`);
    },
  };
}

const isError = (message) => message.type() === 'error';
export const settled = (page) => page.waitForFunction(() => !document.querySelector('.waiting') && document.querySelector('h1'));
export const shot = (page, name) => page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
export const says = (page, words) => page.getByText(words).first().waitFor({ timeout: 20_000 });

/** Looks until it is so. */
export async function until(probe) {
  const deadline = Date.now() + 20_000;
  while (!(await probe())) {
    assert.ok(Date.now() < deadline, `not within 20 s: ${probe}`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

/** Connects the test wallet. */
export async function connect(page) {
  await page.getByRole('button', { name: 'Connect wallet' }).click();
  await page.getByRole('button', { name: 'Test wallet', exact: true }).click();
}

export async function deviceKey() {
  const { devices } = await (await fetch(`${stage.demo.url}/v1/devices`)).json();
  return devices[0].device;
}
