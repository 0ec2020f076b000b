import { z } from 'zod';
import { type DataActions, ListedAction } from '../cxone/data-actions.ts';
import { catalogued } from '../model/errors.ts';
import type { ActionId } from '../model/ids.ts';
import type { ObjectStore } from '../model/ports.ts';
import { objectKey, type RunOwner } from './run-objects.ts';

/** Times that the list is begun anew because actions came or went while it was read. */
const LISTINGS = 3;

/** A page is not begun with less time than this left: its call, its slot and the writing of what is known. */
const PAGE_MILLISECONDS = 150_000;

/** The list of a tenant's data actions as far as it has been read. */
const Listing = z.object({
  /** The next page, from 1. */
  page: z.int().min(1),
  /** What the first page of this reading announced. */
  total: z.int().min(0).optional(),
  /** How often it was begun anew. */
  restarts: z.int().min(0),
  complete: z.boolean(),
  actions: z.array(ListedAction),
});
type Listing = z.infer<typeof Listing>;

/** What listing needs of the world. */
export interface ListingPorts {
  dataActions: DataActions;
  objects: ObjectStore;
  remainingMilliseconds: () => number;
}

/** Which list, and how it is asked for. */
export interface ListingRequest {
  owner: RunOwner;
  round: number;
  pageSize: number;
  /** Empty, or the one name that is looked for: a hint to CXone. */
  nameHint: string;
}

/**
 * Reads the list of data actions, all pages, into an object of the run. What was read is kept when a call fails or the time is
 * over: the next invocation goes on behind it.
 *
 * @throws ActionsUnsettled where the list never came to its announced end
 */
export async function listActions(
  ports: ListingPorts,
  request: ListingRequest,
): Promise<{ outcome: 'listed' | 'more'; actions: number }> {
  const key = listingKey(request.owner, request.round);
  let listing = await readListing(ports.objects, key);
  const keep = () => ports.objects.writeText(key, JSON.stringify(listing), 'application/json');
  try {
    while (!listing.complete && ports.remainingMilliseconds() > PAGE_MILLISECONDS) {
      // A total of all actions above a filtered list would never be reached: the next reading asks for all.
      const hinted = request.nameHint !== '' && listing.restarts === 0;
      const hint = hinted ? request.nameHint : undefined;
      const page = await ports.dataActions.list(listing.page, request.pageSize, hint);
      listing = withPage(listing, page.actions, page.total);
      if (listing.restarts < LISTINGS) continue;
      listing = begunAnew(0);
      throw catalogued(
        'ActionsUnsettled',
        `The list of data actions was begun ${LISTINGS} times and never held as many as it announced.`,
      );
    }
  } finally {
    await keep();
  }
  return { outcome: listing.complete ? 'listed' : 'more', actions: listing.actions.length };
}

/** Ids of data actions by their exact names. */
export async function readActionIds(
  objects: ObjectStore,
  owner: RunOwner,
  round: number,
): Promise<Map<string, ActionId[]>> {
  const { actions } = await readListing(objects, listingKey(owner, round));
  const ids = new Map<string, ActionId[]>();
  for (const { id, name } of actions) ids.set(name, [...(ids.get(name) ?? []), id]);
  return ids;
}

/** The listing with one more page in it; begun anew where the pages do not fit together. */
function withPage(listing: Listing, found: readonly ListedAction[], total: number): Listing {
  const known = new Set(listing.actions.map(({ id }) => id));
  const added = found.filter(({ id }) => !known.has(id));
  const actions = [...listing.actions, ...added];
  const steady = total === (listing.total ?? total);
  if (steady && actions.length === total) return { ...listing, total, actions, complete: true };
  // An action that is created or removed moves others over the border between two pages: one would be missed.
  const fits = steady && actions.length < total && added.length === found.length && found.length > 0;
  return fits ? { ...listing, page: listing.page + 1, total, actions } : begunAnew(listing.restarts + 1);
}

function begunAnew(restarts: number): Listing {
  return { page: 1, restarts, complete: false, actions: [] };
}

async function readListing(objects: ObjectStore, key: string): Promise<Listing> {
  if ((await objects.find(key)) === undefined) return begunAnew(0);
  return Listing.parse(JSON.parse(await objects.readText(key)));
}

function listingKey(owner: RunOwner, round: number): string {
  return objectKey(owner, `actions-${round}.json`);
}
