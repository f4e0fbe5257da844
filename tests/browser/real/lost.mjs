// The router stops answering, comes back, is restarted: the page says so each time and needs nobody to reload it.
import { waitForText } from '../support/browser.mjs';
import { script } from '../support/script.mjs';

await script({ expectErrors: true }, async ({ page, words, at }) => {
  const live = async () => {
    await page.locator('#lost').waitFor({ state: 'hidden', timeout: 60000 });
    await waitForText(page, '#link-state', 'live');
    await waitForText(page, '#leader', `${words.leader} leads`);
  };
  await live();
  for (const step of ['paused', 'stopped']) {
    await at(`watching ${step}`);
    await waitForText(page, '#lost', 'Lost the router. What you see is how it was at');
    await waitForText(page, '#leader', `${words.leader} leads`);
    await at(step);
    await live();
  }
});
