import { catalogued } from '../model/errors.ts';
import type { Family } from '../model/families.ts';
import { type FileCalls, openFile } from './open-file.ts';
import type { OpenAnswer } from './transport.ts';

/** Recordings and transcripts where their playback addresses lead. */
export interface Playback {
  /**
   * Opens a medium. Whoever does not read the body to its end must destroy it.
   *
   * @throws NotFound with the `status` 401, 403, 404 or 410 where the address opens nothing
   * @throws ScopeMissing where the family's own host refuses this medium
   * @throws CallbackRefused where the address leads to a host that may not be called
   */
  open(address: string): Promise<OpenAnswer>;
}

/** Makes the client of playback addresses. They lead to hosts of the family's `downloadHosts`, which never get our token, or to its own. */
export function createPlayback(family: Family, ports: FileCalls): Playback {
  return {
    async open(address) {
      const headers = { accept: '*/*', 'accept-encoding': 'identity' };
      const answer = await openFile(family, ports, {
        call: 'playback',
        what: 'a medium',
        address,
        headers,
        aboutOne: true,
      });
      if (!/html/i.test(answer.header('content-type') ?? '')) return answer;
      answer.body.destroy();
      throw catalogued('ServerFault', 'A page came in place of a medium.', {
        call: 'playback',
        status: answer.status,
        requestId: answer.requestId,
        html: true,
      });
    },
  };
}
