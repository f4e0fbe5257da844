// States of the router for the page to show, made from the fixture that a unit test keeps true.
import { readFileSync } from 'node:fs';

const FIXTURE = new URL('../../../stats-ui/fixture.json', import.meta.url);

export function fixture() {
  return JSON.parse(readFileSync(FIXTURE, 'utf8'));
}

// Three nodes, nothing to complain about.
export function allWell() {
  const all = fixture();
  const { state } = all;
  state.disagreements = [];
  state.config.errors = [];
  state.config.refused_at = null;
  Object.assign(state.nodes[2], { health: 'ok', admin: 'ready', admin_by: '', pending_restart: false, lag_bytes: 0, lag_ms: 0 });
  Object.assign(state.nodes[2].listeners.read, { eligible: true, drains: false, why_not: '', admin: 'ready' });
  return all;
}

export function nobodyLeads() {
  const all = allWell();
  const { state } = all;
  Object.assign(state.leader, {
    name: null, configured_name: null, since_at: null, timeline: null, waiting: 42,
    without_leader_since_at: state.now_at - 7000,
    reason: 'no leader: pg1 does not answer (no answer in time), pg2 is a replica, pg3 is a replica',
    evidence: ['pg1 does not answer (no answer in time)', 'pg2 is a replica on timeline 7', 'pg3 is a replica on timeline 7'],
  });
  Object.assign(state.nodes[0], { health: 'bad', role: 'primary', state: 'failed', reason: 'pg1 has failed: no answer in time; its PostgreSQL does not answer either' });
  Object.assign(state.nodes[0].check, { status: 'L7TOUT', code: null, silences: 4, words: 'no answer in time' });
  Object.assign(state.listeners[0], { held: 42, queued: 0, sessions: 0, oldest_wait_ms: 6800, why_none: state.leader.reason });
  state.cluster.etcd.leader_key = null;
  state.failovers.unshift({
    ...state.failovers[1], number: 3, from: 'pg1', to: '', over: false, stood_still_ms: null, waited: 42, cut: 48, failed: 0,
    first_sign_at: state.now_at - 8200, leader_gone_at: state.now_at - 7000, claimed_at: null, confirmed_at: null, first_session_at: null,
    why_gone: state.nodes[0].reason, why_confirmed: '',
    steps: [{ at: state.now_at - 8200, event: 'node.silent', node: 'pg1', words: 'pg1 does not answer: no answer in time' },
      { at: state.now_at - 7000, event: 'leader.lost', node: 'pg1', words: state.nodes[0].reason }],
  });
  return all;
}

// 60 nodes: one leads, two are drained, one does not answer.
export function sixtyNodes() {
  const all = allWell();
  const { state } = all;
  const [leader, replica] = state.nodes;
  state.nodes = Array.from({ length: 60 }, (_, i) => {
    const node = structuredClone(i === 0 ? leader : replica);
    const number = i + 1;
    Object.assign(node, {
      name: `pg${number}`, configured_name: `db${number}.prod.example`, api: `https://db${number}.prod.example:8008`,
      address: `10.1.${Math.floor(number / 30)}.${number}:5432`, address_before: '',
    });
    if (i > 0) node.role = i < 3 ? 'sync standby' : 'replica';
    node.listeners.read.sessions = i === 0 ? 0 : (i * 7) % 23;
    return node;
  });
  for (const i of [16, 40]) {
    Object.assign(state.nodes[i], { health: 'warn', admin: 'drain', admin_by: 'dba from 10.0.0.7', admin_since_at: state.now_at - 600000 });
    Object.assign(state.nodes[i].listeners.read, { eligible: false, drains: true, why_not: 'is drained by hand', admin: 'drain' });
  }
  Object.assign(state.nodes[33], { health: 'bad', state: 'silent' });
  // Words are as long as the router makes them.
  const refused = 'connect to 10.1.1.34:8008: connection refused (ECONNREFUSED)';
  state.nodes[33].reason = `pg34 does not answer (GET /master from https://db34.prod.example:8008: ${refused}); its PostgreSQL answers`;
  for (const route of Object.values(state.nodes[33].listeners)) Object.assign(route, { eligible: false, why_not: `does not answer (${refused})`, sessions: 0, up_bytes: 0, down_bytes: 0 });
  state.leader.reason = `pg1 says primary, running, timeline 7; ${state.nodes.slice(1).map(({ name }) => `${name} said no`).join('; ')}`;
  Object.assign(state.nodes[33].check, { status: 'L4CON', code: null, silences: 7, words: 'connection refused' });
  state.leader.evidence = state.nodes.map(({ name }, i) => (i === 0 ? `${name} says primary, running, timeline 7` : `${name} is a replica on timeline 7`));
  return all;
}

// Names as hostile as the network can make them, and long ones.
export function hostileNames() {
  const all = fixture();
  const { state } = all;
  const script = '<img src=x onerror="window.broken=1"><script>window.broken=1</script>';
  Object.assign(state.nodes[1], { name: script, configured_name: `"'&${script}`, role: script, state: script, reason: script });
  state.nodes[2].name = 'a-very-long-name-of-a-node-that-somebody-has-generated-0123456789'.repeat(2);
  state.leader.name = script;
  state.leader.reason = script;
  state.leader.evidence = [script];
  state.disagreements = [{ kind: script, node: script, words: script }];
  state.cluster.name = script;
  state.config.errors = [script];
  state.config.in_force = script;
  state.listeners[0].why_none = script;
  state.failovers[0].steps[0] = { ...state.failovers[0].steps[0], words: script, event: script };
  Object.assign(all.sessions.sessions[0], { user: script, database: script, application: script });
  return all;
}
