// The marks that say how something is: a shape and a word, never a colour alone.
import { el } from './dom.js';

const MARKS = {
  ok: { shape: '\u2713', word: 'ok' },
  warn: { shape: '\u25b2', word: 'look' },
  bad: { shape: '\u2715', word: 'bad' },
  unknown: { shape: '?', word: 'unknown' },
};

// The shape, with the word for those who do not see it.
export function mark(health) {
  const { shape, word } = MARKS[health] ?? MARKS.unknown;
  return el('span', { class: `mark ${health}`, role: 'img', 'aria-label': word, title: word }, shape);
}

// A word in a frame.
export function tag(words, kind = 'plain') {
  return el('span', { class: `tag ${kind}` }, words);
}

export function shapeOf(health) {
  return (MARKS[health] ?? MARKS.unknown).shape;
}
