import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';

/** An egress proxy that makes tunnels, and keeps what it was asked for. */
export interface TunnelProxy {
  readonly url: string;
  /** What tunnels were asked for, `host:port`. */
  readonly tunnels: readonly string[];
  /** How tunnels are answered: default 200. */
  answer(status: number): void;
  close(): Promise<void>;
}

/** Starts a proxy on 127.0.0.1. Every tunnel leads to this machine, whatever it was asked for: the port alone counts. */
export async function openTunnelProxy(): Promise<TunnelProxy> {
  const tunnels: string[] = [];
  let status = 200;
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on('connect', (asked, socket) => {
    const target = asked.url ?? '';
    tunnels.push(target);
    socket.on('error', () => socket.destroy());
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} Refused\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const onward = connect(Number(target.split(':').at(-1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no TCP address.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    tunnels,
    answer(now) {
      status = now;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
