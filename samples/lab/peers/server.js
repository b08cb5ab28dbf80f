// The app behind the sidecar: node server.js PORT BEHAVIOUR [OPTIONS as JSON]
// Prints, for every connection that ends, one line of JSON: what the server saw.
'use strict';
const http = require('http');
const { WebSocketServer } = require('ws');

const [port, behaviour, optionsText] = process.argv.slice(2);
const options = JSON.parse(optionsText || '{}');

/// What the server does with a client that has connected.
const behaviours = {
  // The documented scenario: close as soon as the client is there.
  close(ws) {
    ws.close(4321, 'test');
  },

  // Much data, Close, and the end of TCP at once: nobody waits for the client's reply.
  burstCloseEnd(ws, socket) {
    const { messages = 0, size = 0 } = options;
    for (let number = 1; number <= messages; number++) {
      ws.send(`message ${number} of ${messages}. `.repeat(size / 10).slice(0, size));
    }
    ws.close(4321, 'test');
    socket.end();
  },

  terminate(ws) {
    ws.send('hello');
    setTimeout(() => ws.terminate(), 300);
  },

  echo(ws) {
    ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  },

  // Compressed messages both ways, then one message in three fragments with a Ping between them.
  deflate(ws) {
    ws.on('message', (data) => {
      ws.send(`echo: ${data}`);
      if (!data.toString().endsWith('last')) return;
      ws.send('first fragment, '.repeat(20), { fin: false });
      ws.ping('between');
      ws.send('second fragment, '.repeat(20), { fin: false });
      ws.send('third fragment.');
    });
    ws.on('pong', () => ws.close(1000, 'done'));
  },

  // Refused before it is a WebSocket: see `verifyClient`.
  refuse() {},
};

const server = http.createServer((request, response) => response.end(`you asked for ${request.url}\n`));
new WebSocketServer({
  server,
  perMessageDeflate: behaviour === 'deflate' && { threshold: 0 },
  verifyClient: behaviour === 'refuse' ? (info, done) => done(false, 403, 'not you') : undefined,
}).on('connection', (ws, request) => {
  let messages = 0;
  ws.on('message', () => messages++);
  ws.on('error', () => {}); // its code arrives in the close event
  ws.on('close', (code, reason) => console.log(JSON.stringify({ code, reason: reason.toString(), messages })));
  behaviours[behaviour](ws, request.socket);
});
server.listen(Number(port));
