import { z } from 'zod';
import { isoInstant } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import type { Family } from '../model/families.ts';
import { InteractionId } from '../model/interactions.ts';
import { readText } from './answer.ts';
import type { AuthorizedCalls } from './authorized-calls.ts';

/** An interaction as a query lists it. */
export interface QueriedInteraction {
  id: InteractionId;
  /** Epoch milliseconds. */
  updatedAt: number;
}

/** One page of a query. */
export interface InteractionPage {
  interactions: QueriedInteraction[];
  /** Undefined after the last page. */
  nextPage?: string;
}

/** The interactions API (section 5 of the API notes). */
export interface Interactions {
  /** Closed interactions that were updated in the range (epoch milliseconds, half-open), the latest first, one page of up to 100. Throws `ServerFault` where the page is not so, or does not say whether another one follows. */
  query(range: { from: number; to: number }, pageToken?: string): Promise<InteractionPage>;
  /** The JSON text of an interaction's details. Throws `NotFound`, and `ScopeMissing` where this one is restricted too. */
  details(id: InteractionId): Promise<string>;
  /** Sets a custom field. Throws `RequestRefused` and `NotFound` where there is no such field, `ScopeMissing` where it may not be written. */
  setField(id: InteractionId, field: string, value: string): Promise<void>;
}

const PAGE_SIZE = 100;

/** Longest details that are read. */
const DETAILS_BYTES = 16 * 1_048_576;
/** Longest answer to a write that is read, to keep its connection. */
const ACCEPTED_BYTES = 65_536;

const Page = z.object({
  data: z.array(
    z.object({
      id: InteractionId,
      status: z.string().optional(),
      updatedTime: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
    }),
  ),
  // Null alone says that a page is the last: what lacks it was made up on the way, and the mark would pass over what it lacks.
  pagination: z.object({ next_page: z.string().min(1).nullable() }),
});

/** Makes the client of the interactions API. */
export function createInteractions(family: Family, calls: AuthorizedCalls): Interactions {
  return {
    async query({ from, to }, pageToken) {
      const body = {
        type: 'interaction',
        filter: `status:closed AND updatedTime>=${isoInstant(from)} AND updatedTime<${isoInstant(to)}`,
        orderBy: 'updatedTime desc',
        pageSize: PAGE_SIZE,
        pageToken: pageToken ?? null,
      };
      const { data, pagination } = await calls.json(
        {
          name: 'query',
          method: 'POST',
          url: endpoint(family, 'query'),
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify(body),
        },
        Page,
      );
      const closed = data.filter(({ status = 'closed' }) => status.toLowerCase() === 'closed');
      if (data.some(({ updatedTime }) => updatedTime < from || updatedTime >= to))
        throw catalogued(
          'ServerFault',
          'CXone listed interactions outside the range that it was asked for.',
          {
            call: 'query',
          },
        );
      // What follows is asked for by time: in another order it would be passed over.
      if (data.some(({ updatedTime }, index) => updatedTime > (data[index - 1]?.updatedTime ?? to)))
        throw catalogued('ServerFault', 'CXone did not list interactions from the latest to the oldest.', {
          call: 'query',
        });
      const { next_page: nextPage } = pagination;
      return {
        interactions: closed.map(({ id, updatedTime }) => ({ id, updatedAt: updatedTime })),
        ...(nextPage === null ? {} : { nextPage }),
      };
    },

    async details(id) {
      const answer = await calls.open({
        name: 'detail',
        method: 'GET',
        url: endpoint(family, 'detail', { id }),
        headers: { accept: 'application/json' },
        aboutOne: true,
      });
      const text = await readText(answer.body, DETAILS_BYTES);
      if (text !== undefined) return text;
      throw catalogued('ServerFault', `CXone answered with details of more than ${DETAILS_BYTES} bytes.`, {
        call: 'detail',
        requestId: answer.requestId,
      });
    },

    async setField(id, field, value) {
      const answer = await calls.open({
        name: 'customField',
        method: 'PUT',
        url: endpoint(family, 'customField', { id, field }),
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({ value }),
        aboutOne: true,
      });
      await readText(answer.body, ACCEPTED_BYTES);
    },
  };
}

function endpoint(family: Family, name: string, parameters: Readonly<Record<string, string>> = {}): URL {
  const path = family.endpoints[name];
  if (path === undefined)
    throw catalogued('SettingsRefused', `The family ${family.name} has no endpoint called ${name}.`);
  const filled = Object.entries(parameters).reduce(
    (rest, [parameter, value]) => rest.replaceAll(`{${parameter}}`, encodeURIComponent(value)),
    path,
  );
  return new URL(`${family.baseUrl}${filled}`);
}
