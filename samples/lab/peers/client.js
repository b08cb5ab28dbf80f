// A client that is a program: node client.js URL [OPTIONS as JSON] [http2]
// Prints one line of JSON when its WebSocket has ended: what its application was told.
// With `connections`, a list of options with paths, it opens them all, each after `start` milliseconds, and
// prints a line for each.
'use strict';
const http = require('http');
const WebSocket = require('ws');
const overHttp2 = require('./over-http2');

const [url, optionsText, protocol] = process.argv.slice(2);
const options = JSON.parse(optionsText || '{}');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

/// One ordinary request; resolves when its connection is free again.
function get(path) {
  return new Promise((resolve, reject) => {
    http.get(new URL(path, url.replace('ws:', 'http:')), { agent }, (response) => {
      response.resume().on('end', () => setImmediate(resolve));
    }).on('error', reject);
  });
}

let ticket; // of the last TLS connection: another can resume its session

function overHttp1(url, headers, options) {
  const ws = new WebSocket(url, {
    agent: options.getFirst ? agent : undefined,
    headers,
    rejectUnauthorized: false, // the lab's authority is nobody's
    ciphers: options.ciphers,
    session: options.resume && ticket,
  });
  ws._req.on('socket', (socket) => socket.on('session', (session) => { ticket = session; }));
  return ws;
}

function connect(options) {
  const session = options.path && { path: options.path, port: null }; // what tells it apart on the wire
  const report = { ...session, code: null, reason: null, wasClean: null, messages: 0, bytes: 0 };
  const open = protocol === 'http2' ? overHttp2 : overHttp1;
  const ws = open(new URL(options.path || '', url), { 'User-Agent': `node/${process.versions.node} ws` }, options);
  let timer;

  ws.on('open', () => {
    const socket = ws._socket;
    if (session) report.port = socket.localPort;
    if (options.resume) report.resumed = socket.isSessionReused();
    if (options.pause) { // reads nothing for so many milliseconds: a phone in a tunnel, a busy page
      ws.pause();
      setTimeout(() => ws.resume(), options.pause);
    }
    if (options.patient) { // the first end of TCP is the server's: drops the one call that would not wait for it
      socket.end = () => delete socket.end;
    }
    for (const text of options.send || []) ws.send(text);
    if (options.every) timer = setInterval(() => ws.send('and on'), options.every);
    // Gives up when the server has said nothing for so many milliseconds, as the README of ws advises.
    if (options.watchdog) ws.on('message', () => setTimeout(() => ws.terminate(), options.watchdog));
    if (options.close) setTimeout(() => ws.close(...options.close), options.after || 300);
    if (options.terminate) setTimeout(() => ws.terminate(), options.after || 300);
  });
  ws.on('message', (data) => {
    report.messages += 1;
    report.bytes += data.length;
  });
  ws.on('error', (error) => { report.error = error.message; });
  ws.on('close', (code, reason) => {
    clearInterval(timer);
    console.log(JSON.stringify({ ...report, code, reason: reason.toString() }));
  });
}

(async () => {
  for (const path of options.getFirst || []) await get(path);
  for (const one of options.connections || [options]) setTimeout(connect, one.start || 0, one);
})();
