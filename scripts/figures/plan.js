// What a WebSocket of the soak is to do, told by its path: both of its sides act on it, and wsclose's report shows it.
'use strict';

const FIELDS = ['life', 'code', 'reason', 'messages', 'size', 'pause', 'skew'];
const REASONS = ['', 'test', 'session expired', 'x'.repeat(123), 'ungültig ☃', '\u001b[31mred', '<b>"bye"</b>\\'];

/// Code 0 is a Close frame without one.
function closeArguments({ code, reason }) {
  return code ? [code, REASONS[reason]] : [];
}

function write(plan) {
  return ['/soak', plan.id, plan.kind, ...FIELDS.map((field) => plan[field])].join('/');
}

function read(path) {
  const [, , id, kind, ...values] = path.split('/');
  return { id, kind, ...Object.fromEntries(FIELDS.map((field, index) => [field, Number(values[index])])) };
}

module.exports = { REASONS, closeArguments, read, write };
