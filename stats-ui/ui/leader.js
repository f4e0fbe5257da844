// Who leads, since when, and why we believe it; or, in large letters, that nobody does and how many clients wait.
import * as clock from './clock.js';
import { el, setAttribute, setChildren, setHidden, setText } from './dom.js';
import { ago, clock as clockTime, plural, span, took } from './format.js';
import { tag } from './marks.js';

const EVIDENCE_SHOWN = 5;
const REASON_SHOWN = 170; // letters that two lines surely hold; with many nodes a reason has many parts

export class Leader {
  #root;
  #actions;
  #name = el('p', { class: 'leader-name', role: 'status' });
  #facts = el('p', { class: 'leader-facts' });
  #reason = el('p', { class: 'leader-reason' });
  #more = el('button', { type: 'button', class: 'quiet more', 'aria-expanded': 'false' }, 'all of it');
  #evidence = el('ul', { class: 'evidence' });
  #whyTitle = el('h2', { class: 'small-head' });
  #past = el('p', { class: 'muted leader-past' });
  #switch;

  constructor(root, actions) {
    this.#root = root;
    this.#actions = actions;
    this.#switch = el('button', { class: 'quiet', type: 'button', onclick: () => actions.switchover() }, 'Switch over\u2026');
    root.append(
      el('div', { class: 'leader-who' }, this.#name, this.#facts, this.#reason, this.#more, this.#switch),
      el('div', { class: 'leader-why' }, this.#whyTitle, this.#evidence, this.#past));
    this.#name.append('Waiting for the router\u2026');
    setHidden(this.#switch, true);
    this.#more.addEventListener('click', () => {
      const open = this.#more.getAttribute('aria-expanded') !== 'true';
      this.#more.setAttribute('aria-expanded', open);
      this.#reason.classList.toggle('open', open);
    });
  }

  show(state) {
    const { leader } = state;
    const nobody = leader.name === null;
    setAttribute(this.#root, 'data-leader', nobody ? 'nobody' : 'known');
    setChildren(this.#name, nobody
      ? [el('strong', {}, '\u2715 Nobody leads')]
      : [el('strong', {}, leader.name), el('span', {}, ' leads')]);
    setChildren(this.#facts, nobody ? this.#nobodyFacts(leader) : this.#leaderFacts(leader));
    setText(this.#whyTitle, nobody ? 'What is known' : 'Why we believe it');
    setText(this.#reason, leader.reason);
    setHidden(this.#more, leader.reason.length < REASON_SHOWN);
    setChildren(this.#evidence, this.#evidenceItems(state));
    setChildren(this.#past, [document.createTextNode(past(leader))]);
    setHidden(this.#switch, nobody || !this.#actions.canAskPatroni);
  }

  #nobodyFacts(leader) {
    const since = leader.without_leader_since_at;
    return [
      tag(leader.waiting === 0 ? 'no client waits' : `${plural(leader.waiting, 'client')} ${leader.waiting === 1 ? 'waits' : 'wait'}`, 'loud'),
      since === null ? null : tag(`for ${span(clock.now() - since)}`, 'loud'),
      since === null ? null : el('span', {}, `since ${clockTime(since, clock.now())}`),
    ].filter(Boolean);
  }

  #leaderFacts(leader) {
    return [
      leader.since_at === null ? null : tag(`for ${span(clock.now() - leader.since_at)}`),
      leader.since_at === null ? null : el('span', {}, `since ${clockTime(leader.since_at, clock.now())}`),
      leader.timeline === null ? null : tag(`timeline ${leader.timeline}`),
      leader.waiting === 0 ? null : tag(`${plural(leader.waiting, 'client')} ${leader.waiting === 1 ? 'waits' : 'wait'}`, 'warn'),
    ].filter(Boolean);
  }

  #evidenceItems({ leader, cluster }) {
    const shown = leader.evidence.slice(0, EVIDENCE_SHOWN);
    const items = shown.map((words) => el('li', {}, words));
    if (leader.evidence.length > shown.length) {
      items.push(el('li', { class: 'muted', title: leader.evidence.slice(EVIDENCE_SHOWN).join('\n') },
        `and ${leader.evidence.length - shown.length} answers more`));
    }
    if (cluster.paused) items.push(el('li', { class: 'warn' }, '\u25b2 the cluster is paused: Patroni promotes and demotes nobody'));
    if (cluster.etcd) items.push(el('li', { class: cluster.etcd.state === 'silent' ? 'warn' : '' }, etcdWords(cluster.etcd)));
    return items;
  }
}

function etcdWords(etcd) {
  const heard = etcd.heard_at === null ? 'never heard' : `heard ${ago(clock.now() - etcd.heard_at)}`;
  if (etcd.state === 'silent') return `\u25b2 etcd is silent (${heard})${etcd.error ? `: ${etcd.error}` : ''}`;
  return `etcd: ${etcd.leader_key === null ? 'nobody holds the leader key' : `${etcd.leader_key} holds the leader key`}`;
}

function past(leader) {
  const changes = leader.changes === 0 ? 'no change of leader' : `${plural(leader.changes, 'change')} of leader`;
  return `Since the router started: ${changes}, ${leader.without_leader_ms === 0 ? 'never' : `${took(leader.without_leader_ms)} in all`} without one.`;
}
