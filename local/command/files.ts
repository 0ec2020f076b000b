import type { TenantId } from '../../lambdas/model/ids.ts';
import { committedWindows } from './committed-windows.ts';
import { copyOut } from './copy-out.ts';
import { openLake, requireTenant } from './data-folder.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Outputs } from './output.ts';
import { textTable } from './text-table.ts';
import { amount, byteSize, counted } from './wording.ts';

/** What `files` is asked for. */
export interface FilesRequest {
  data: string;
  tenant?: TenantId;
  /** Folder that the files are copied to. */
  to?: string;
}

/** Lists the committed files, or copies them out under their S3 keys. */
export async function listFiles(request: FilesRequest, { out, err }: Outputs): Promise<ExitCode> {
  await using lake = await openLake(request.data);
  requireTenant(lake, request.tenant);
  const rows: string[][] = [];
  let windows = 0;
  const copied = { files: 0, bytes: 0 };
  for await (const window of committedWindows(lake.objects, request.tenant)) {
    windows += 1;
    for (const file of window.files) rows.push([amount(file.rows), byteSize(file.bytes), file.key]);
    if (request.to === undefined) continue;
    const { files, bytes } = await copyOut(lake.objects, window, request.to);
    copied.files += files;
    copied.bytes += bytes;
  }
  const columns = [
    { heading: 'rows', numbers: true },
    { heading: 'size', numbers: true },
    { heading: 'key' },
  ];
  if (windows === 0) err.line('No window is committed yet.');
  else for (const line of textTable(columns, rows)) out.line(line);
  if (request.to !== undefined && windows > 0)
    err.line(
      `${counted(copied.files, 'file')} (${byteSize(copied.bytes)}) of ${counted(windows, 'window')} copied to ${request.to}; ` +
        'the others were there. Generations that are no longer current are left: current/ names those that are.',
    );
  return EXIT.done;
}
