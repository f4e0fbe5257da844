// The top of the page, its title and its icon: which cluster, how it is in one sign, and whether the picture is live.
import * as clock from './clock.js';
import { byId, el, setAttribute, setChildren, setHidden, setText } from './dom.js';
import { ago, clock as clockTime, span } from './format.js';
import { verdict } from './state.js';

const LINK = {
  connecting: { shape: '\u25cc', words: 'connecting' },
  live: { shape: '\u25cf', words: 'live' },
  polling: { shape: '\u25d0', words: 'asking every 2 s' },
  lost: { shape: '\u2715', words: 'lost' },
  login: { shape: '\u25cc', words: 'sign in to see' },
  fixture: { shape: '\u25a1', words: 'a file' },
};

// The icon in the tab: colour, and a form of its own for each.
const ICONS = {
  ok: ['#00805f', 'M9 17l5 5 10-12'],
  warn: ['#b87400', 'M16 7v11M16 23v2'],
  bad: ['#c4320a', 'M10 10l12 12M22 10L10 22'],
  none: ['#c4320a', 'M10 10l12 12M22 10L10 22'],
  lost: ['#5b6670', 'M8 16h4M14 16h4M20 16h4'],
  unknown: ['#5b6670', 'M16 9v8M16 22v2'],
};

function icon(word) {
  const [color, path] = ICONS[word];
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${color}"/>` +
    `<path d="${path}" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(picture)}`;
}

function title(state, word) {
  const cluster = state?.cluster?.name || 'Tamada';
  const leader = state?.leader?.name;
  return {
    lost: `\u2715 router lost \u2013 ${cluster}`,
    none: `\u2715 NOBODY LEADS \u2013 ${cluster}`,
    bad: `\u2715 ${leader} leads, but look \u2013 ${cluster}`,
    warn: `\u25b2 ${leader} leads \u2013 ${cluster}`,
    ok: `\u2713 ${leader} leads \u2013 ${cluster}`,
    unknown: cluster,
  }[word];
}

export class Masthead {
  #lostWords = el('span');
  #lostAge = el('span', { 'aria-hidden': 'true' });

  constructor() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    byId('time-zone').textContent = `Times are those of ${zone}.`;
  }

  show(state, mode) {
    const { shape, words } = LINK[mode];
    const link = byId('link-state');
    setChildren(link, [el('span', { class: 'dot', 'aria-hidden': 'true' }, shape), el('span', {}, words)]);
    this.#showLost(state, mode);

    const word = verdict(state, mode === 'lost');
    setAttribute(byId('favicon'), 'href', icon(word));
    if (document.title !== title(state, word)) document.title = title(state, word);
    if (!state?.router) return;
    setText(byId('cluster-name'), state.cluster.name || 'Tamada');
    const up = span(clock.now() - state.router.started_at);
    setText(byId('router-line'), `router ${state.router.version} on ${state.router.host}, up ${up}`);
  }

  #showLost(state, mode) {
    const lost = byId('lost');
    setHidden(lost, mode !== 'lost');
    if (mode !== 'lost') return;
    const seen = clock.now();
    // The age runs on beside the sentence, so that a screen reader is told of the loss once and not every second.
    if (!lost.firstChild) lost.append(el('strong', {}, '\u2715 Lost the router. '), this.#lostWords, this.#lostAge);
    setText(this.#lostWords, seen
      ? `What you see is how it was at ${clockTime(seen, Date.now())}. Trying to reach it again. `
      : 'It cannot be reached. Trying again. ');
    setText(this.#lostAge, seen ? `The picture is ${ago(clock.age()).replace(' ago', ' old')}.` : '');
  }
}
