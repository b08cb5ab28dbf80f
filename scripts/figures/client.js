// The clients of the soak: node client.js URL PER-MINUTE MINUTES [SEED]
// Opens WebSockets at an even rate, and prints a line of JSON for each one when it has ended: what its application saw.
'use strict';
const http = require('http');
const WebSocket = require('ws');
const plans = require('./plan');

const [url, perMinute, minutes, seed = 1] = process.argv.slice(2);
const total = Math.round(perMinute * minutes);

/// How many of a hundred end in which way.
const KINDS = {
  serverCloses: 40, serverClosesAndEnds: 12, burst: 9, burstWaits: 2, burstLeft: 2, clientCloses: 12, bothClose: 5,
  clientVanishes: 7, serverVanishes: 6, serverResets: 3, closeThenReset: 2,
};
const CODES = [0, 1000, 1001, 1003, 1008, 1011, 1012, 1013, 3000, 3999];

/// mulberry32: the same sessions for the same seed.
let state = Number(seed);
function random() {
  state = (state + 0x6D2B79F5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

/// Seconds of a clock that nobody can set.
const steady = () => Number(process.hrtime.bigint()) / 1e9;
const between = (least, most) => Math.floor(least + random() * (most - least + 1));

function plan(number) {
  let share = random() * 100;
  const kind = Object.keys(KINDS).find((name) => (share -= KINDS[name]) < 0);
  const isBurst = kind.startsWith('burst');
  return {
    id: `${seed}-${String(number).padStart(6, '0')}`,
    kind,
    life: isBurst ? between(200, 2000) : between(200, 20000),
    code: random() < 0.6 ? between(4000, 4999) : CODES[between(0, CODES.length - 1)],
    reason: between(0, plans.REASONS.length - 1),
    messages: between(0, 6),
    // Up to 768 KiB the gateway takes all of it; of what is larger the sidecar holds a part as well.
    size: isBurst ? between(1, 24) * 32768 * (random() < 0.15 ? 4 : 1) : 0,
    pause: isBurst ? between(200, 4000) : 0, // milliseconds from the burst on
    skew: between(-20, 20), // milliseconds between the two sides of bothClose
  };
}

function connect(plan) {
  const ws = new WebSocket(new URL(plans.write(plan), url), { perMessageDeflate: false });
  const report = {
    id: plan.id, kind: plan.kind, path: plans.write(plan), key: ws._req.getHeader('sec-websocket-key'), opened: false,
    left: false, messages: 0, bytes: 0, begin: steady(),
  };
  const timers = [];
  const after = (milliseconds, action) => timers.push(setTimeout(action, Math.max(milliseconds, 0)));
  const leave = () => {
    report.left = ws.readyState !== WebSocket.CLOSED;
    ws.terminate();
  };

  ws.on('open', () => {
    report.opened = true;
    report.port = ws._socket.localPort;
    for (let number = 1; number <= plan.messages; number++) {
      after(plan.life * number / (plan.messages + 1), () => ws.send(`and on ${number}`, () => {}));
    }
    if (plan.pause) { // reads nothing for a while: a phone in a tunnel, a busy page
      after(plan.life - 100, () => ws.pause());
      after(plan.life + plan.pause, plan.kind === 'burstLeft' ? leave : () => ws.resume());
    }
    if (plan.kind === 'clientCloses') after(plan.life, () => ws.close(...plans.closeArguments(plan)));
    if (plan.kind === 'bothClose') after(plan.life + plan.skew, () => ws.close(4999, 'client'));
    if (plan.kind === 'clientVanishes') after(plan.life, leave);
  });
  ws.on('message', (data) => {
    report.messages += 1;
    report.bytes += data.length;
  });
  ws.on('error', (error) => { report.error = error.message; });
  open.set(plan.id, report);
  ws.on('close', (code, reason) => {
    timers.forEach(clearTimeout);
    open.delete(plan.id);
    console.log(JSON.stringify({
      ...report, code, reason: reason.toString(), gotClose: ws._closeFrameReceived,
      wasClean: ws._closeFrameReceived && ws._closeFrameSent, end: steady(),
    }));
    finish();
  });
}

// Where the network fails there are some that never end.
const open = new Map();
process.on('SIGTERM', () => {
  for (const report of open.values()) console.log(JSON.stringify({ ...report, isOpen: true }));
  process.exit();
});

// Ordinary requests beside them, on a connection that is kept: none of these is a session.
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const requests = setInterval(() => {
  http.get(new URL('/page', url.replace('ws:', 'http:')), { agent }, (response) => response.resume()).on('error', () => {});
}, 1000);

let started = 0;
let finished = 0;
const begin = steady();
const starter = setInterval(() => {
  const due = Math.min(total, Math.floor((steady() - begin) * perMinute / 60));
  while (started < due) connect(plan(++started));
  if (started === total) clearInterval(starter);
}, 10);

function finish() {
  finished += 1;
  if (finished < total) return;
  clearInterval(requests);
  agent.destroy();
}
