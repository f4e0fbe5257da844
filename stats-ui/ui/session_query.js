// What the table of sessions asks for. Pure.

export const PAGE = 100;

// Columns in their order: which of the router's sort words each has, and which way a first click sorts.
export const COLUMNS = [
  { key: 'client', label: 'Client', sort: 'client' },
  { key: 'user', label: 'User', sort: 'user' },
  { key: 'database', label: 'Database', sort: 'database' },
  { key: 'application', label: 'Application', sort: 'application' },
  { key: 'listener', label: 'Listener', sort: 'listener' },
  { key: 'node', label: 'Node', sort: 'node' },
  { key: 'age_ms', label: 'Age', sort: 'began', number: true },
  { key: 'wait_ms', label: 'Waited', sort: 'wait', number: true, firstDown: true },
  { key: 'up_bytes', label: 'Sent', sort: 'up_bytes', number: true, firstDown: true },
  { key: 'down_bytes', label: 'Received', sort: 'down_bytes', number: true, firstDown: true },
  { key: 'backend_pid', label: 'Backend', sort: 'backend_pid', number: true },
  { key: 'phase', label: 'Phase', sort: 'phase' },
];

export const START = { search: '', listener: '', node: '', sort: 'began', order: 'asc', offset: 0 };

// The query after a click on a column's heading: the other way round, or that column.
export function sortedBy(query, column) {
  const same = query.sort === column.sort;
  const first = column.firstDown ? 'desc' : 'asc';
  return { ...query, sort: column.sort, order: same ? opposite(query.order) : first, offset: 0 };
}

// What aria-sort says. Age counts the other way round from `began`.
export function direction(query, column) {
  if (query.sort !== column.sort) return 'none';
  const order = column.sort === 'began' ? opposite(query.order) : query.order;
  return order === 'asc' ? 'ascending' : 'descending';
}

function opposite(order) {
  return order === 'asc' ? 'desc' : 'asc';
}

// Only what differs from the router's own defaults.
export function parameters(query) {
  const all = { ...query, limit: PAGE };
  return Object.fromEntries(Object.entries(all).filter(([name, value]) => value !== '' && !(name === 'offset' && value === 0)));
}
