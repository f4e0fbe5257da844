// Says what an action did: it stays for a while, and is read out without interrupting.
import { byId, el } from './dom.js';

const STAYS_MS = 12000;

export function toast(words, isError = false) {
  const close = el('button', { type: 'button', class: 'quiet', 'aria-label': 'Close this message' }, '\u2715');
  const box = el('p', { class: `toast ${isError ? 'bad' : 'ok'}` }, el('span', {}, `${isError ? '\u2715' : '\u2713'} ${words}`), close);
  close.addEventListener('click', () => box.remove());
  byId('toasts').append(box);
  setTimeout(() => box.remove(), isError ? 3 * STAYS_MS : STAYS_MS);
}
