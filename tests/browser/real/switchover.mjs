// Watches a switchover: who leads, and the fail-over in the time line, appear without anybody touching the page.
import assert from 'node:assert/strict';
import { assertFits, screenshot, text, waitForText } from '../support/browser.mjs';
import { script } from '../support/script.mjs';

await script({}, async ({ page, words, at }) => {
  await waitForText(page, '#link-state', 'live');
  await waitForText(page, '#leader', `${words.from} leads`);
  const before = await page.locator('.failover').count();
  await page.evaluate(() => {
    window.seen = [];
    new MutationObserver(() => {
      const name = document.querySelector('.leader-name').textContent;
      if (window.seen.at(-1) !== name) window.seen.push(name);
    }).observe(document.getElementById('leader'), { subtree: true, childList: true, characterData: true });
  });
  await at('watching', before);
  await waitForText(page, '#leader', `${words.to} leads`);
  await page.waitForFunction((count) => document.querySelectorAll('.failover').length === count && document.querySelector('.failover').dataset.over === 'yes', before + 1);
  const newest = page.locator('.failover').first();
  await newest.filter({ hasText: `${words.from} \u2192 ${words.to}` }).waitFor();
  assert.match(await text(page, '.failover >> nth=0'), /Leader gone.*Confirmed/);
  assert.equal(await newest.evaluate((node) => node.open), true, 'it opened by itself');
  await assertFits(page);
  await screenshot(page, 'real-switchover');
  await page.locator('#failovers').scrollIntoViewIfNeeded();
  await screenshot(page, 'real-waterfall');
  await page.evaluate(() => scrollTo(0, 0));
  await screenshot(page, 'real-whole', true);
  await at('seen', { leaders: await page.evaluate(() => window.seen), failover: await newest.locator('summary').innerText() });
});
