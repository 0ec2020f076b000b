import { createReadStream, statSync } from 'node:fs';
import { createServer, request as forwardTo } from 'node:http';
import { z } from 'zod';

/*
 * A process of its own in front of the simulator: it serves the parts from files, so that making them is not what is
 * measured, and passes on every other call.
 */

const Order = z.object({ simulator: z.url(), files: z.array(z.string()) });
const CHUNK_BYTES = 1024 * 1024;

const { simulator, files } = Order.parse(JSON.parse(process.argv[2] ?? '{}'));

const server = createServer((request, response) => {
  const part = /\/file\?part=(\d+)$/.exec(request.url ?? '')?.[1];
  const file = files[Number(part) - 1];
  if (file !== undefined) {
    response.writeHead(200, { 'content-type': 'text/csv', 'content-length': statSync(file).size });
    createReadStream(file, { highWaterMark: CHUNK_BYTES }).pipe(response);
    return;
  }
  const passed = forwardTo(`${simulator}${request.url}`, {
    method: request.method,
    headers: request.headers,
  });
  passed.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  passed.on('error', (error) => response.destroy(error));
  request.pipe(passed);
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' ? address?.port : undefined);
});
process.on('disconnect', () => process.exit(0));
