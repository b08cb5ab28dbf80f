// The app of the soak: node server.js PORT
// Does what each path says (plan.js), and prints a line of JSON for each WebSocket that has ended: whether a Close frame
// was handed to the kernel, and what came from the client.
'use strict';
const http = require('http');
const { WebSocketServer } = require('ws');
const plans = require('./plan');

/// How a WebSocket ends: functions of it, its socket and its plan.
const ends = {
  serverCloses: (ws, socket, plan) => ws.close(...plans.closeArguments(plan)),
  // Close and FIN at once, as many servers do: what a proxy holds back then is at the mercy of its timers.
  serverClosesAndEnds(ws, socket, plan) {
    ws.close(...plans.closeArguments(plan));
    socket.end();
  },
  serverVanishes: (ws, socket) => socket.destroy(),
  serverResets: (ws, socket) => socket.resetAndDestroy(),
  closeThenReset(ws, socket, plan) {
    ws.close(...plans.closeArguments(plan));
    socket._handle.reset(); // resetAndDestroy() would first wait for the write to be done
    socket._handle = null;
    socket.destroy();
  },
  // Much data that a client does not read for a while, and a Close behind it.
  burst(ws, socket, plan) {
    sendBurst(ws, plan);
    ends.serverClosesAndEnds(ws, socket, plan);
  },
  burstWaits(ws, socket, plan) {
    sendBurst(ws, plan);
    ends.serverCloses(ws, socket, plan);
  },
  // The client vanishes while the burst is on its way.
  burstLeft: (ws, socket, plan) => ends.burst(ws, socket, plan),
  bothClose: (ws, socket, plan) => ends.serverCloses(ws, socket, plan),
};

function sendBurst(ws, { size }) {
  for (let left = size; left > 0; left -= 16384) ws.send('b'.repeat(Math.min(left, 16384)));
}

function serve(ws, request) {
  const { socket } = request;
  const plan = plans.read(request.url);
  const port = socket.remotePort;
  const timers = [];
  for (let number = 1; number <= plan.messages; number++) {
    timers.push(setTimeout(() => ws.send(`${plan.id} message ${number}. `.repeat(number)),
      plan.life * number / (plan.messages + 1)));
  }
  const end = ends[plan.kind]; // the others end by their clients
  if (end) {
    timers.push(setTimeout(() => {
      if (ws.readyState === ws.OPEN) end(ws, socket, plan);
    }, plan.life));
  }
  ws.on('message', () => {});
  ws.on('error', () => {}); // its code arrives in the close event
  ws.on('close', (code) => {
    timers.forEach(clearTimeout);
    console.log(JSON.stringify({ id: plan.id, port, sent: ws._closeFrameSent, received: code }));
  });
}

const server = http.createServer((request, response) => response.end(`you asked for ${request.url}\n`));
new WebSocketServer({ server }).on('connection', serve);
server.listen(Number(process.argv[2]));
