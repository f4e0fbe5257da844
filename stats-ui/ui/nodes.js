// The nodes: a table, two lines a node; many nodes get one line each, a filter, and "only what wants a look".
import { el, keyed, setAttribute, setChildren, setHidden, setText } from './dom.js';
import { plural } from './format.js';
import { COLUMNS, noteOf, routeCell } from './node_cells.js';
import { MANY } from './state.js';

export class Nodes {
  #actions;
  #state = null;
  #summary = el('p', { class: 'muted', role: 'status' });
  #filter = el('input', { type: 'search', placeholder: 'Filter nodes', 'aria-label': 'Filter nodes' });
  #onlyOdd = el('input', { type: 'checkbox' });
  #full = el('input', { type: 'checkbox' });
  #tools;
  #head = el('tr');
  #table;
  #none = el('p', { class: 'muted empty' }, 'No node matches.');

  constructor(root, actions) {
    this.#actions = actions;
    const draw = () => this.#draw();
    this.#filter.addEventListener('input', draw);
    this.#onlyOdd.addEventListener('change', draw);
    this.#full.addEventListener('change', draw);
    this.#tools = el('div', { class: 'tools' }, this.#filter,
      el('label', {}, this.#onlyOdd, ' only what wants a look'), el('label', {}, this.#full, ' all details'));
    this.#table = el('table', { class: 'nodes' }, el('thead', {}, this.#head));
    root.querySelector('.section-head').append(this.#summary, this.#tools);
    root.append(el('div', { class: 'wide', tabindex: '-1' }, this.#table), this.#none);
  }

  show(state) {
    this.#state = state;
    this.#draw();
  }

  // The ages in the cells go on.
  tick(state) {
    this.show(state);
  }

  #draw() {
    const state = this.#state;
    if (!state) return;
    const names = state.listeners.map((listener) => listener.name);
    const many = state.nodes.length > MANY;
    setHidden(this.#tools, !many);
    setAttribute(this.#table, 'data-dense', many && !this.#full.checked ? 'yes' : 'no');
    setText(this.#summary, summary(state.nodes));
    setChildren(this.#head, this.#headings(state.listeners));
    const shown = state.nodes.filter((node) => this.#wanted(node));
    setHidden(this.#none, shown.length > 0 || state.nodes.length === 0);
    const rows = shown.map((node) => ({ node, names, disagreements: state.disagreements }));
    keyed(this.#table, rows, ({ node }) => `${node.configured_name}|${node.api}`, () => makeNode(this.#actions));
  }

  #wanted(node) {
    if (this.#tools.hidden) return true;
    if (this.#onlyOdd.checked && node.health === 'ok') return false;
    const text = [node.name, node.configured_name, node.role, node.state, node.address, node.api, node.reason].join(' ').toLowerCase();
    return this.#filter.value.toLowerCase().split(/\s+/).every((word) => text.includes(word));
  }

  #headings(listeners) {
    const cells = COLUMNS.map(({ label, number }) => el('th', { scope: 'col', class: number ? 'num' : null }, label));
    const routes = listeners.map((listener) => el('th', { scope: 'col' }, listener.name));
    const last = this.#actions.allowed ? [el('th', { scope: 'col' }, el('span', { class: 'unseen' }, 'Actions'))] : [];
    return [...cells, ...routes, ...last];
  }
}

function summary(nodes) {
  const of = (health) => nodes.filter((node) => node.health === health).length;
  const odd = [[of('bad'), 'bad'], [of('warn'), 'to look at'], [of('unknown'), 'not heard yet']]
    .filter(([n]) => n > 0).map(([n, words]) => `${n} ${words}`);
  return `${plural(nodes.length, 'node')}: ${odd.length === 0 ? 'all well' : [`${of('ok')} ok`, ...odd].join(', ')}`;
}

// A <tbody> for each node: its row, and a line of notes where there is something to say.
function makeNode(actions) {
  const row = el('tr');
  const note = el('td', { class: 'notes' });
  const notes = el('tr', { class: 'note' }, note);
  const root = el('tbody', {}, row, notes);
  let current = null;
  const button = el('button', { type: 'button', class: 'quiet', onclick: () => actions.node(current) }, 'Act\u2026');
  const actionCell = el('td', { class: 'act' }, button);
  const update = ({ node, names, disagreements }) => {
    current = node;
    setAttribute(root, 'data-health', node.health);
    setAttribute(button, 'aria-label', `Act on ${node.name}`);
    const cells = COLUMNS.map(({ label, cell, number }, i) => el(i === 0 ? 'th' : 'td',
      { scope: i === 0 ? 'row' : null, class: number ? 'num' : null, data: { label } }, cell(node)));
    const routes = names.map((name) => el('td', { data: { label: name } }, routeCell(node.listeners[name])));
    setChildren(row, [...cells, ...routes, ...(actions.allowed ? [actionCell] : [])]);
    const words = noteOf(node, disagreements);
    setHidden(notes, words.length === 0);
    setAttribute(note, 'colspan', row.children.length);
    setChildren(note, words);
  };
  return { root, update };
}
