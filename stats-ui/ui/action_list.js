// What can be done to a node: the question, what follows from it, and the request. Pure.

const path = (name) => encodeURIComponent(name);

// `listener` '' means all. Names of nodes go into the path as configured.
export function nodeActions(node, listener, { canAskPatroni }) {
  const where = listener ? ` on ${listener}` : '';
  const body = (state) => (listener ? { state, listener } : { state });
  const base = `nodes/${path(node.configured_name)}`;
  const state = (word) => ({ method: 'PUT', path: `${base}/state`, body: body(word) });
  const all = [
    {
      key: 'drain', label: 'Drain', question: `Drain ${node.name}${where}?`,
      effect: 'It gets no new sessions. Those that run stay.', request: state('drain'),
    },
    {
      key: 'maintenance', label: 'Maintenance', question: `Put ${node.name} into maintenance${where}?`, danger: true,
      effect: 'It gets no new sessions, and those that run are ended now.', request: state('maintenance'),
    },
    {
      key: 'ready', label: 'Ready', question: `Make ${node.name} ready${where} again?`,
      effect: 'It gets sessions as its role allows.', request: state('ready'),
    },
    {
      key: 'end', label: 'End its sessions', question: `End all sessions on ${node.name}${where}?`, danger: true,
      effect: 'Clients may connect again at once, to this node too.',
      request: { method: 'DELETE', path: `${base}/sessions${listener ? `?listener=${path(listener)}` : ''}` },
    },
  ];
  if (!canAskPatroni || listener) return all;
  return [
    ...all,
    ...(node.role === 'leader' ? [] : [{
      key: 'switchover', label: 'Make it the leader', question: `Switch over to ${node.name}?`, danger: true,
      effect: 'Patroni stops the leader and promotes this node. Writers wait meanwhile; open write sessions end.',
      request: { method: 'POST', path: 'switchover', body: { candidate: node.name } },
    }]),
    {
      key: 'restart', label: 'Restart PostgreSQL', question: `Restart PostgreSQL on ${node.name}?`, danger: true,
      effect: 'All sessions on it end.', request: { method: 'POST', path: `${base}/restart`, body: {} },
    },
    ...(node.role === 'leader' ? [] : [{
      key: 'reinitialize', label: 'Build it anew', question: `Build ${node.name} anew from the leader?`, danger: true,
      effect: 'Patroni deletes its data and copies them from the leader. All sessions on it end.',
      request: { method: 'POST', path: `${base}/reinitialize`, body: {} },
    }]),
  ];
}

export function switchover(candidate) {
  return {
    question: candidate ? `Switch over to ${candidate}?` : 'Switch over to the node that Patroni chooses?', danger: true, label: 'Switch over',
    effect: 'Patroni stops the leader and promotes another node. Writers wait meanwhile; open write sessions end.',
    request: { method: 'POST', path: 'switchover', body: candidate ? { candidate } : {} },
  };
}

export function endSession(session) {
  const who = session.user ? `${session.user} from ${session.client}` : session.client;
  return {
    question: `End the session of ${who}?`, danger: true, label: 'End it',
    effect: session.node ? `It runs on ${session.node}. What its transaction has done is rolled back.` : 'It waits for a node.',
    request: { method: 'DELETE', path: `sessions/${path(session.id)}` },
  };
}
