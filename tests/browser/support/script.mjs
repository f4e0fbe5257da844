// A script in the browser that a Python test conducts: it says where it has got to, and goes on when it is told.
import { createInterface } from 'node:readline';
import { Browser } from './browser.mjs';

// run({ page, url, words, at }): `words` is what the test gave; at(step, value) tells the test, and waits for its word.
export async function script(options, run) {
  const [url, words] = process.argv.slice(2);
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const at = async (step, value = null) => {
    process.stdout.write(`AT ${step} ${JSON.stringify(value)}\n`);
    await lines.next();
  };
  const browser = new Browser();
  await browser.start();
  try {
    await browser.on(url, options, (page) => run({ page, url, words: JSON.parse(words), at }));
  } catch (error) {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  }
  await browser.stop();
  process.exit();
}
