// The sample server: closes every WebSocket with 4321 "test" as soon as it is connected.
// ws://…/?after=60 keeps one open for 60 s first: time to start a capture, or to delete the pod.
// Prints one line of JSON for every connection and for its end, as the server sees them.
'use strict';
const http = require('http');
const { WebSocketServer } = require('ws');

const port = Number(process.env.PORT || 9900);
/// How long a shutdown waits for the clients' replies. Istio's agent ends Envoy 5 s after SIGTERM.
const patience = 4000;
let isShuttingDown = false;

const server = http.createServer((request, response) => {
  if (request.url === '/healthz') {
    response.writeHead(isShuttingDown ? 503 : 200).end(isShuttingDown ? 'shutting down\n' : 'ok\n');
  } else {
    response.writeHead(426, { Connection: 'Upgrade', Upgrade: 'websocket' }).end('a WebSocket server\n');
  }
});
const webSockets = new WebSocketServer({ server });

webSockets.on('connection', (ws, request) => {
  const connected = Date.now();
  const peer = `${request.socket.remoteAddress}:${request.socket.remotePort}`;
  log('connected', { peer });
  const timer = setTimeout(close, secondsToWait(request) * 1000, ws);
  ws.on('error', () => {}); // its code arrives in the close event
  ws.on('close', (code, reason) => {
    clearTimeout(timer);
    log('closed', { peer, code, reason: reason.toString(), seconds: (Date.now() - connected) / 1000 });
  });
});

function secondsToWait(request) {
  const after = /[?&]after=(\d{1,5})\b/.exec(request.url);
  return after && !isShuttingDown ? Number(after[1]) : 0;
}

function close(ws) {
  if (isShuttingDown) ws.close(1001, 'shutting down');
  else ws.close(4321, 'test');
}

/// Tells every client, waits for the replies, and ends with the last connection.
function shutDown(signal) {
  if (isShuttingDown) return;
  isShuttingDown = true;
  log('shutting down', { signal, webSockets: webSockets.clients.size });
  server.close();
  webSockets.clients.forEach(close);
  setTimeout(() => {
    webSockets.clients.forEach((ws) => ws.terminate());
    server.closeAllConnections();
  }, patience).unref();
}

function log(event, details) {
  console.log(JSON.stringify({ at: new Date().toISOString(), event, ...details }));
}

process.on('SIGTERM', shutDown);
process.on('SIGINT', shutDown);
server.listen(port, () => log('listening', { port }));
