// How the page looks: sizes, light and dark, three nodes and sixty. Each leaves a screenshot.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, LAPTOP, PHONE, assertFits, screenshot, text } from '../support/browser.mjs';
import { FakeRouter } from '../support/fake_router.mjs';
import { allWell, fixture, hostileNames, nobodyLeads, sixtyNodes } from '../support/looks.mjs';

const browser = new Browser();
before(() => browser.start());
after(() => browser.stop());

async function showing(all, options, look) {
  const router = await new FakeRouter(all).start();
  try {
    await browser.on(router.url, options, (page) => look(page, router));
  } finally {
    await router.stop();
  }
}

async function bottomOf(page, selector) {
  const box = await page.locator(selector).boundingBox();
  return box.y + box.height;
}

test('who leads and three nodes are seen without scrolling on a laptop', async () => {
  for (const [name, all] of [['laptop', allWell()], ['laptop-troubles', fixture()], ['laptop-nobody', nobodyLeads()]]) {
    await showing(all, {}, async (page) => {
      const bottom = await bottomOf(page, 'table.nodes');
      await screenshot(page, name);
      // A browser's own bars take some of a laptop's 768 lines.
      assert.ok(bottom <= LAPTOP.height - 120, `${name}: the nodes end at ${bottom}`);
      await assertFits(page);
    });
  }
});

test('the whole page fits a laptop, in light and in dark', async () => {
  for (const colorScheme of ['light', 'dark']) {
    await showing(fixture(), { colorScheme }, async (page) => {
      await page.locator('#sessions tbody').first().waitFor();
      await screenshot(page, `whole-${colorScheme}`, true);
      await assertFits(page);
    });
  }
});

test('a phone shows everything without scrolling sideways', async () => {
  for (const [name, all] of [['phone', fixture()], ['phone-nobody', nobodyLeads()], ['phone-sixty-nodes', sixtyNodes()], ['phone-hostile', hostileNames()]]) {
    await showing(all, { viewport: PHONE, hasTouch: true, isMobile: true }, async (page) => {
      await page.locator('#sessions').scrollIntoViewIfNeeded();
      await page.locator('#sessions tbody').first().waitFor();
      for (const details of await page.locator('details').all()) await details.evaluate((node) => { node.open = true; });
      await page.evaluate(() => scrollTo(0, 0));
      await screenshot(page, name, name === 'phone');
      await assertFits(page);
    });
  }
});

test('sixty nodes are a dense table with a filter', async () => {
  await showing(sixtyNodes(), {}, async (page) => {
    assert.equal(await page.locator('table.nodes tbody').count(), 60);
    assert.match(await text(page, '#nodes .section-head'), /60 nodes: 57 ok, 1 bad, 2 to look at/);
    await assertFits(page);
    await screenshot(page, 'sixty-nodes');
    const top = (await page.locator('table.nodes').boundingBox()).y;
    assert.ok(top < LAPTOP.height / 2, `the nodes begin at ${top}, though the leader's reason is long`);
    await page.getByRole('button', { name: 'all of it' }).click();
    assert.ok((await page.locator('table.nodes').boundingBox()).y > top, 'the whole reason is one click away');
    await page.getByRole('button', { name: 'all of it' }).click();
    const scrolls = await page.locator('#nodes .wide').evaluate((box) => box.scrollWidth - box.clientWidth);
    assert.ok(scrolls <= 0, `the table is ${scrolls} px too wide`);
    const row = await page.locator('table.nodes tbody').nth(5).boundingBox();
    assert.ok(row.height <= 30, `a row is ${row.height} px high`);

    await page.getByRole('searchbox', { name: 'Filter nodes' }).fill('pg34');
    assert.equal(await page.locator('table.nodes tbody').count(), 1);
    assert.match(await text(page, 'table.nodes tbody'), /pg34 does not answer \(GET .master/);
    await page.getByRole('searchbox', { name: 'Filter nodes' }).fill('');
    await page.getByLabel('only what wants a look').check();
    assert.equal(await page.locator('table.nodes tbody').count(), 3);
    await screenshot(page, 'sixty-nodes-odd');
    await page.getByRole('searchbox', { name: 'Filter nodes' }).fill('no such node');
    assert.match(await text(page, '#nodes'), /No node matches/);
  });
});

test('while nobody leads it says so in large letters, and how many clients wait', async () => {
  await showing(nobodyLeads(), {}, async (page) => {
    assert.match(await text(page, '#leader'), /Nobody leads 42 clients wait for \d+ s since/);
    assert.match(await text(page, '#leader'), /pg1 does not answer \(no answer in time\)/);
    const size = await page.locator('.leader-name').evaluate((node) => parseFloat(getComputedStyle(node).fontSize));
    assert.ok(size >= 40, `letters of ${size} px`);
    assert.match(await page.title(), /NOBODY LEADS/);
  });
});

// Red as the disagreements are: the hue of vermillion, whatever its lightness.
function isRed(color) {
  const [r, g, b] = color.match(/[\d.]+/g).map(Number);
  return r > 150 && r > g * 1.6 && r > b * 1.6;
}

test('a healthy replica is never red, on the write listener either; a disagreement is', async () => {
  for (const colorScheme of ['light', 'dark']) {
    await showing(fixture(), { colorScheme }, async (page) => {
      const colors = (i) => page.locator('table.nodes tbody').nth(i).evaluate((body) =>
        [body, ...body.querySelectorAll('*')].flatMap((node) => {
          const style = getComputedStyle(node);
          return [style.color, style.backgroundColor, style.boxShadow].filter((value) => value !== 'none');
        }));
      assert.match(await text(page, 'table.nodes tbody >> nth=1'), /is a replica/); // its cell of the write listener
      assert.deepEqual((await colors(1)).filter(isRed), [], `${colorScheme}: red in the row of a healthy replica`);
      assert.ok((await colors(2)).some(isRed), `${colorScheme}: the disputed node is red`);
      assert.ok(isRed(await page.locator('.alert.bad').first().evaluate((node) => getComputedStyle(node).color)));
    });
  }
});

test('nothing is told by colour alone: every mark has a shape and a word', async () => {
  await showing(fixture(), {}, async (page) => {
    const marks = await page.locator('.mark').evaluateAll((all) => all.map((mark) => [mark.className, mark.textContent, mark.getAttribute('aria-label')]));
    const kinds = new Map(marks.map(([kind, shape, word]) => [kind, `${shape} ${word}`]));
    assert.ok(kinds.size >= 3, 'ok, warn and bad are on the page');
    assert.equal(new Set(kinds.values()).size, kinds.size, 'each has its own');
  });
});

test('text is readable: contrast of at least 4.5 in light and dark', async () => {
  for (const [colorScheme, all] of [['light', fixture()], ['dark', fixture()], ['light', nobodyLeads()], ['dark', nobodyLeads()]]) {
    await showing(all, { colorScheme, reducedMotion: 'reduce' }, async (page) => {
      await page.locator('#sessions tbody').first().waitFor();
      assert.deepEqual(await page.evaluate(lowContrasts), [], colorScheme);
    });
  }
});

// Runs in the page: every text with less contrast to what lies below it than 4.5 (3 where it is large).
function lowContrasts() {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const below = (node) => {
    for (let it = node; it; it = it.parentElement) {
      const color = rgba(getComputedStyle(it).backgroundColor);
      if (color[3] > 250) return color;
    }
    return [255, 255, 255, 255];
  };
  const low = new Set();
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    const box = node.getBoundingClientRect();
    if (!own || box.width < 2 || node.closest('dialog, .skip, noscript, option, [hidden], :disabled')) continue;
    const style = getComputedStyle(node);
    const [a, b] = [luminance(rgba(style.color)), luminance(below(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) low.add(`${node.tagName}.${node.className} ${ratio.toFixed(2)}: ${node.textContent.slice(0, 30)}`);
  }
  return [...low];
}

test('hostile names are shown as text, and run nothing', async () => {
  await showing(hostileNames(), {}, async (page) => {
    await page.locator('#sessions tbody').first().waitFor();
    for (const details of await page.locator('details').all()) await details.evaluate((node) => { node.open = true; });
    assert.match(await text(page, '#leader'), /<img src=x onerror=/);
    assert.match(await text(page, '#sessions tbody >> nth=0'), /<script>/);
    assert.equal(await page.locator('main img, main script').count(), 0);
    assert.equal(await page.evaluate(() => window.broken), undefined);
    await assertFits(page);
  });
});

test('opened with ?fixture=, the page shows a file without any router', async () => {
  await showing(fixture(), {}, async (page, router) => {
    await page.goto(`${router.url}?fixture=fixture.json`);
    await page.locator('#sessions tbody').first().waitFor();
    assert.match(await text(page, '#leader'), /pg1 leads for 6 min 55 s/);
    assert.match(await text(page, '#link-state'), /a file/);
    await page.getByRole('searchbox', { name: 'Search sessions' }).fill('Reports');
    await page.locator('#sessions').filter({ hasText: '1 that match, of 5' }).waitFor();
    await page.getByRole('button', { name: 'Received' }).click();
    await page.locator('th[aria-sort="descending"]').filter({ hasText: 'Received' }).waitFor();
  });
});
