// The fail-overs: a time line of marks, and for each a row that opens into its waterfall.
import * as clock from './clock.js';
import { el, keyed, setAttribute, setChildren, setHidden, setText } from './dom.js';
import { ago, clock as clockTime, count, plural, preciseClock, span, took } from './format.js';
import { tag } from './marks.js';
import { began, timeline, waterfall } from './waterfall.js';

export class Failovers {
  #summary = el('p', { class: 'muted' });
  #line = el('div', { class: 'timeline', role: 'group', 'aria-label': 'Fail-overs in time' });
  #list = el('div', { class: 'failovers' });
  #none = el('p', { class: 'muted empty' }, 'None since the router started to keep records. When one happens it appears here by itself.');

  constructor(root) {
    root.querySelector('.section-head').append(this.#summary);
    root.append(this.#line, this.#list, this.#none);
  }

  show({ failovers }) {
    setHidden(this.#none, failovers.length > 0);
    setHidden(this.#line, failovers.length === 0);
    setText(this.#summary, failovers.length === 0 ? '' : summary(failovers));
    keyed(this.#list, failovers, ({ number }) => String(number), () => makeFailover());
    this.#showLine(failovers);
  }

  // One that goes on grows.
  tick({ failovers }) {
    if (failovers.some((failover) => !failover.over)) this.show({ failovers });
    else this.#showLine(failovers);
  }

  #showLine(failovers) {
    const { from, to, marks } = timeline(failovers, clock.now());
    const buttons = marks.map(({ failover, left, at }) => {
      const words = `${clockTime(at, to)}: ${title(failover)}, ${stoodStill(failover)}`;
      const mark = el('a', {
        class: `timeline-mark ${failover.planned ? 'planned' : 'unplanned'}`, href: `#failover-${failover.number}`,
        title: words, 'aria-label': words,
        onclick: () => { document.getElementById(`failover-${failover.number}`).open = true; },
      });
      mark.style.left = `${left.toFixed(1)}%`;
      return mark;
    });
    setChildren(this.#line, [el('span', { class: 'timeline-from' }, clockTime(from, to)), ...buttons, el('span', { class: 'timeline-to' }, 'now')]);
  }
}

function summary(failovers) {
  const longest = Math.max(0, ...failovers.map((failover) => failover.stood_still_ms ?? 0));
  const unplanned = failovers.filter((failover) => !failover.planned).length;
  return `${count(failovers.length)}, of which ${unplanned === 0 ? 'none' : count(unplanned)} unplanned; writes stood still for at most ${took(longest)}`;
}

function title({ from, to, over }) {
  if (!over && !to) return `${from || 'nobody'} \u2192 \u2026`;
  return from === to ? `${to} again` : `${from || 'nobody'} \u2192 ${to || 'nobody'}`;
}

function stoodStill(failover) {
  if (failover.stood_still_ms !== null) return `writes stood still for ${took(failover.stood_still_ms)}`;
  if (failover.over) return 'writes did not stand still';
  if (failover.leader_gone_at === null) return 'goes on, writes still pass';
  return `goes on, writes have stood still for ${span(clock.now() - failover.leader_gone_at)}`;
}

function makeFailover() {
  const summaryLine = el('summary');
  const body = el('div', { class: 'waterfall' });
  const root = el('details', { class: 'card failover' }, summaryLine, body);
  let drawn = false;
  let current = null;
  const draw = () => {
    if (root.open) setChildren(body, waterfallRows(current));
  };
  root.addEventListener('toggle', draw);
  return {
    root,
    update(failover) {
      current = failover;
      root.id = `failover-${failover.number}`;
      setAttribute(root, 'data-over', failover.over ? 'yes' : 'no');
      // The newest is open from the start, and one that begins while somebody looks.
      if (!drawn && root === root.parentNode.firstElementChild) root.open = true;
      drawn = true;
      setChildren(summaryLine, summaryCells(failover));
      draw();
    },
  };
}

function summaryCells(failover) {
  const at = began(failover);
  const facts = [plural(failover.waited, 'client') + ' waited', `${plural(failover.cut, 'session')} cut`, `${count(failover.failed)} failed`];
  return [
    el('span', { class: 'fo-when' }, el('b', {}, clockTime(at, clock.now())), el('span', { class: 'muted' }, ` ${at === null ? '' : ago(clock.now() - at)}`)),
    el('span', { class: 'fo-what' }, el('b', {}, title(failover)), ' ', tag(failover.planned ? 'planned' : 'unplanned', failover.planned ? 'plain' : 'warn'),
      failover.over ? null : tag('\u25b2 goes on', 'bad')),
    el('span', { class: 'fo-still' }, stoodStill(failover)),
    el('span', { class: `fo-cost ${failover.failed > 0 ? 'warn' : 'muted'}` }, facts.join(', ')),
    bar(failover),
  ];
}

// The phases as one bar; the legend stands below it where it is open.
function bar(failover) {
  const { phases } = waterfall(failover, clock.now());
  const pieces = phases.map(({ kind, words, ms, left, width }) => {
    const piece = el('span', { class: `phase ${kind}`, title: `${words}: ${took(ms)}` });
    piece.style.left = `${left}%`;
    piece.style.width = `${width}%`;
    return piece;
  });
  return el('span', { class: 'phases', role: 'img', 'aria-label': phases.map(({ words, ms }) => `${words} ${took(ms)}`).join(', ') }, pieces);
}

function waterfallRows(failover) {
  const { phases, rows, span_ms: length } = waterfall(failover, clock.now());
  const legend = el('ul', { class: 'legend' }, phases.map(({ kind, words, ms }) =>
    el('li', {}, el('span', { class: `phase ${kind}` }), `${words} ${took(ms)}`)));
  const heads = [['After', 'num'], ['At', null], [el('span', { class: 'unseen' }, 'Where in time'), null], ['What was seen', null]];
  const table = el('table', { class: 'steps' },
    el('caption', { class: 'unseen' }, `What was seen in these ${took(length)}`),
    el('thead', {}, el('tr', {}, heads.map(([label, kind]) => el('th', { scope: 'col', class: kind }, label)))),
    el('tbody', {}, rows.map(stepRow)));
  return [legend, table];
}

function stepRow(row) {
  // A milestone's bar reaches to the next one; a step is a tick.
  const bar = el('span', { class: row.phase ? `phase ${row.phase.kind}` : `point ${row.kind}` });
  bar.style.left = `${row.left.toFixed(2)}%`;
  if (row.phase) bar.style.width = `${row.phase.width.toFixed(2)}%`;
  return el('tr', { class: row.kind },
    el('td', { class: 'num' }, `+${took(row.offset_ms)}`),
    el('td', { class: 'precise' }, preciseClock(row.at)),
    el('td', { class: 'track' }, el('span', { class: 'rail' }, bar)),
    el('td', {}, row.title ? el('b', {}, `${row.title} `) : null, row.words, row.event ? el('code', { class: 'muted' }, ` ${row.event}`) : null));
}
