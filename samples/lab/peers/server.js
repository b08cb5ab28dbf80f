// The app behind the sidecar: node server.js PORT BEHAVIOUR [OPTIONS as JSON]
// Prints, for every connection that ends, one line of JSON: what the server saw.
'use strict';
const http = require('http');
const { WebSocketServer } = require('ws');

const [port, behaviour, optionsText] = process.argv.slice(2);

/// What the server does with a client that has connected: functions of the WebSocket, its request and the options.
const behaviours = {
  // The documented scenario: close as soon as the client is there.
  close(ws) {
    ws.close(4321, 'test');
  },

  // Much data, Close, and unless it waits for the client's reply, the end of TCP at once.
  burstCloseEnd(ws, { socket }, { messages = 0, size = 0, waits }) {
    for (let number = 1; number <= messages; number++) {
      ws.send(`message ${number} of ${messages}. `.repeat(size / 10).slice(0, size));
    }
    ws.close(4321, 'test');
    if (!waits) socket.end();
  },

  terminate(ws) {
    ws.send('hello');
    setTimeout(() => ws.terminate(), 300);
  },

  echo(ws) {
    ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  },

  // A message now and every so many milliseconds, each with the path, so that it tells its session; then the end,
  // and for a client that does not answer the Close, `patience` later, the end of TCP.
  feed(ws, { url }, { every, pings, after, close, patience, terminate }) {
    let number = 0;
    const tell = () => {
      ws.send(`${url} message ${++number}`);
      if (pings) ws.ping(`${number}`);
    };
    tell();
    const timer = every && setInterval(tell, every);
    const end = (how, time) => setTimeout(() => {
      clearInterval(timer);
      how();
    }, time);
    if (close) end(() => ws.close(...close), after);
    if (patience) end(() => ws.terminate(), after + patience);
    if (terminate) end(() => ws.terminate(), after);
    ws.on('close', () => clearInterval(timer));
  },

  // Close, and RST at once: the process is gone with the connection's linger time set to 0.
  closeThenReset(ws, { socket }) {
    ws.send('hello');
    setTimeout(() => {
      ws.close(4321, 'test');
      socket._handle.reset(); // resetAndDestroy() would first wait for the write to be done
      socket._handle = null;
      socket.destroy();
    }, 300);
  },

  // One message in fragments of the given sizes, with a Ping behind every fifth.
  fragments(ws, request, { sizes }) {
    const send = (number) => {
      const fin = number === sizes.length;
      ws.send(String.fromCharCode(97 + number % 26).repeat(sizes[number - 1]), { fin });
      if (number % 5 === 0 && !fin) ws.ping(`behind ${number}`);
      if (fin) ws.close(1000, 'done');
      else setTimeout(send, 5, number + 1);
    };
    send(1);
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

  // Each connection its own behaviour: the options are path → [behaviour, its options].
  byPath(ws, request, byPath) {
    const [name, options] = byPath[request.url];
    behaviours[name](ws, request, options);
  },
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
  ws.on('close', (code, reason) => {
    console.log(JSON.stringify({ path: request.url, code, reason: reason.toString(), messages }));
  });
  behaviours[behaviour](ws, request, JSON.parse(optionsText || '{}'));
});
server.listen(Number(port));
