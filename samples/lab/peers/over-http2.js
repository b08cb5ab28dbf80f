// WebSockets as streams of one HTTP/2 connection (RFC 8441), as a browser has them, for a client that is a program:
// ws itself knows only HTTP/1.1.
'use strict';
const http2 = require('http2');
const WebSocket = require('ws');

let connection; // for all WebSockets

/// Like `new WebSocket(url)`.
module.exports = (url, headers) => {
  const ws = new WebSocket(null); // has no connection yet, and takes itself for a server
  ws._isServer = false;
  connection ||= http2.connect(url.origin.replace('wss:', 'https:'), { rejectUnauthorized: false });
  const ask = () => {
    const stream = connection.request({
      ':method': 'CONNECT', ':protocol': 'websocket', ':path': url.pathname, ':scheme': 'https', ':authority': url.host,
      'sec-websocket-version': '13', ...headers,
    });
    stream.setNoDelay = () => {}; // what ws asks of a socket
    stream.localPort = connection.socket.localPort;
    stream.on('response', () => ws.setSocket(stream, Buffer.alloc(0), { maxPayload: 1 << 20 }));
  };
  // Whether the other side takes a CONNECT to a WebSocket is said in its settings.
  if (connection.remoteSettings.enableConnectProtocol) ask();
  else connection.once('remoteSettings', ask);
  return ws;
};
