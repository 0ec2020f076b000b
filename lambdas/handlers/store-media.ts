import { storeMediaOfDay } from '../archive/media-day.ts';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { connectInteractions, connectPlayback } from '../cxone/connection.ts';
import { ArchiveMediaPayload, ArchiveMediaResult } from '../model/archive-payloads.ts';
import { connectionOf } from './connection.ts';
import { lambdaHandler } from './handler.ts';

/** Media that are under way, with their retries, are done within this time. */
const LAST_MEDIA_MILLISECONDS = 480_000;

const MEGABYTE = 1024 * 1024;

/** Stores the recordings and transcripts of an archive day. */
export const handler = lambdaHandler(
  { name: 'store-media', payload: ArchiveMediaPayload, result: ArchiveMediaResult },
  (payload, invocation) => {
    const ports = {
      ledger: invocation,
      objects: s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET),
      playback: connectPlayback(connectionOf(invocation), payload),
      interactions: connectInteractions(connectionOf(invocation), payload),
      random: invocation.random,
      maxBytes: payload.maxMegabytes * MEGABYTE,
      goesOn: () => invocation.remainingMilliseconds() > LAST_MEDIA_MILLISECONDS,
    };
    return storeMediaOfDay(ports, payload, payload);
  },
);
