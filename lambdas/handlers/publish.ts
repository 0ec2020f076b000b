import { glueCatalog } from '../aws/glue-catalog.ts';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { publishWindow } from '../lake/publish.ts';
import { PublishPayload, PublishResult } from '../model/payloads.ts';
import { lambdaHandler } from './handler.ts';

/** Shows the ledger's generation in the catalog, in `current.json` and in the marks: the later steps of a commit. */
export const handler = lambdaHandler(
  { name: 'publish', payload: PublishPayload, result: PublishResult },
  async (payload, invocation) => {
    const { LAKE_BUCKET: bucket, GLUE_DATABASE: database } = invocation.environment;
    const ports = {
      ledger: invocation,
      bucket,
      objects: s3ObjectStore(invocation.clients.s3, bucket),
      catalog: glueCatalog(invocation.clients.glue, database),
    };
    const { generation, marks } = await publishWindow(ports, payload, payload.startDates[payload.dataset]);
    return { generation, loadedThrough: marks.loadedThrough };
  },
);
