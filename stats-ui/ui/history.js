// The facts that the router keeps, newest first: what the log says, without the log.
import * as clock from './clock.js';
import { el, setChildren } from './dom.js';
import { clock as clockTime, count } from './format.js';

export class History {
  #rows = el('tbody');
  #count = el('span', { class: 'muted' });
  #details;
  #facts = [];

  constructor(root) {
    this.#details = el('details', { class: 'card history' },
      el('summary', {}, el('h2', { id: 'history-title', class: 'small-head' }, 'Everything that was seen'), ' ', this.#count),
      el('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-labelledby': 'history-title' },
        el('table', { class: 'facts' }, el('thead', {}, el('tr', {}, ['When', 'Event', 'Node', 'What'].map((label) => el('th', { scope: 'col' }, label)))), this.#rows)));
    this.#details.addEventListener('toggle', () => this.#draw());
    root.append(this.#details);
  }

  show({ history }) {
    this.#facts = history;
    setChildren(this.#count, [document.createTextNode(`the last ${count(history.length)} facts`)]);
    this.#draw();
  }

  #draw() {
    if (!this.#details.open) return;
    setChildren(this.#rows, this.#facts.toReversed().map((fact) => el('tr', { class: fact.warning ? 'warned' : null },
      el('td', { class: 'precise' }, clockTime(fact.at, clock.now())),
      el('td', {}, fact.warning ? '\u25b2 ' : '', el('code', {}, fact.event)),
      el('td', {}, fact.node), el('td', {}, fact.words))));
  }
}
