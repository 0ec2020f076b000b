import type { MapState } from './definition.ts';
import { StateFault } from './errors.ts';
import { asString } from './evaluate.ts';
import type { Json, JsonObject } from './json.ts';
import type { MapRun } from './store.ts';
import { evaluateField, type Visit } from './visit.ts';

/** The results of a Map Run as its files have them, by how the children ended. */
export interface ChildResults {
  SUCCEEDED: JsonObject[];
  FAILED: JsonObject[];
  PENDING: JsonObject[];
}

/**
 * Writes the result files and then `manifest.json`, under `<Prefix>/<id of the Map Run>/` as AWS does, and gives the
 * Map's result. Throws `StateFault` `States.ResultWriterFailed` where an object cannot be written.
 */
export async function writeResults(
  writer: NonNullable<MapState['ResultWriter']>,
  visit: Visit,
  mapRun: MapRun,
  results: ChildResults,
): Promise<Json> {
  const { clock, objects } = visit.run.services;
  const bucket = await evaluateField(
    visit,
    'ResultWriter/Arguments/Bucket',
    writer.Arguments.Bucket,
    asString,
  );
  const prefix = await evaluateField(
    visit,
    'ResultWriter/Arguments/Prefix',
    writer.Arguments.Prefix ?? '',
    asString,
  );
  const folder = [prefix.replace(/\/$/, ''), mapRun.mapRunArn.split(':').at(-1)]
    .filter((part) => part !== '')
    .join('/');
  const files: Record<string, { Key: string; Size: number }[]> = {};
  try {
    await clock.busy(async () => {
      for (const [status, entries] of Object.entries(results)) {
        files[status] = [];
        if (entries.length === 0) continue;
        const body = JSON.stringify(entries);
        const key = `${folder}/${status}_0.json`;
        await objects.write(bucket, key, body);
        files[status].push({ Key: key, Size: new TextEncoder().encode(body).length });
      }
      const manifest = { DestinationBucket: bucket, MapRunArn: mapRun.mapRunArn, ResultFiles: files };
      await objects.write(bucket, `${folder}/manifest.json`, JSON.stringify(manifest));
    });
  } catch (error) {
    throw new StateFault(
      'States.ResultWriterFailed',
      `s3://${bucket}/${folder} cannot be written: ${String(error)}`,
    );
  }
  return {
    MapRunArn: mapRun.mapRunArn,
    ResultWriterDetails: { Bucket: bucket, Key: `${folder}/manifest.json` },
  };
}
