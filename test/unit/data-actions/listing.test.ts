import { describe, expect, it } from 'vitest';
import type { DataActions } from '../../../lambdas/cxone/data-actions.ts';
import { listActions, readActionIds } from '../../../lambdas/data-actions/listing.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import { ActionId, RunArn, TenantId } from '../../../lambdas/model/ids.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { thrownBy } from '../../support/thrown.ts';

const OWNER = {
  tenant: TenantId.parse('acme'),
  run: RunArn.parse('arn:aws:states:eu-west-1:000000000000:execution:m:run'),
};
const MINUTES = 10 * 60_000;

/** A list of so many actions, of which `pages` may change something before a page is answered. */
function listOf(count: number, before: (page: number, names: string[]) => void = () => undefined) {
  const names = Array.from({ length: count }, (_, index) => `action-${index}`);
  const asked: { page: number; name: string | undefined }[] = [];
  const list: DataActions['list'] = async (page, size, name) => {
    asked.push({ page, name });
    before(asked.length, names);
    const shown = names.slice((page - 1) * size, page * size);
    return {
      actions: shown.map((of) => ({ id: ActionId.parse(`id of ${of}`), name: of })),
      total: names.length,
    };
  };
  return { asked, names, list };
}

function prepare(list: DataActions['list'], remaining: number[] = []) {
  const objects = memoryObjectStore();
  const unused = () => Promise.reject(new Error('unused'));
  const dataActions = { list, read: unused, replace: unused };
  const request = (more: { round?: number; nameHint?: string } = {}) =>
    listActions(
      { objects, dataActions, remainingMilliseconds: () => remaining.shift() ?? MINUTES },
      { owner: OWNER, round: 0, pageSize: 10, nameHint: '', ...more },
    );
  const names = async () => [...(await readActionIds(objects, OWNER, 0)).keys()];
  return { request, names };
}

describe('ACT-04 the list of data actions', () => {
  it.each([0, 1, 9, 10, 11, 35, 100])('of %i is read to its end', async (count) => {
    const { list, names, asked } = listOf(count);
    const { request, names: read } = prepare(list);

    const listed = await request();

    expect(listed).toEqual({ outcome: 'listed', actions: count });
    expect(await read()).toEqual(names);
    expect(asked).toHaveLength(Math.max(1, Math.ceil(count / 10)));
  });

  it('is read once: a second call asks nothing', async () => {
    const { list, asked } = listOf(35);
    const { request } = prepare(list);
    await request();

    const again = await request();

    expect([again.outcome, asked.length]).toEqual(['listed', 4]);
  });

  it('goes on behind the last page when the time was over, or a call failed', async () => {
    const { list, asked } = listOf(35, (calls) => {
      if (calls === 3) throw catalogued('Throttled', 'Wait.');
    });
    const { request, names } = prepare(list, [MINUTES, 1_000]);

    const first = await request();
    const error = await thrownBy(request());
    const last = await request();

    expect([first.outcome, error.name, last.outcome]).toEqual(['more', 'Throttled', 'listed']);
    expect(asked.map(({ page }) => page)).toEqual([1, 2, 3, 3, 4]);
    expect(await names()).toHaveLength(35);
  });

  it.each([
    ['created', (calls: number, names: string[]) => calls === 2 && names.unshift('new')],
    ['removed', (calls: number, names: string[]) => calls === 2 && names.shift()],
  ])('is begun anew when an action is %s while it is read', async (_, before) => {
    const { list, names } = listOf(35, before);
    const { request, names: read } = prepare(list);

    await request();

    expect((await read()).toSorted()).toEqual(names.toSorted());
  });

  it('ends by name when it keeps changing, and can be asked for again', async () => {
    const { list } = listOf(35, (calls, names) => names.unshift(`new ${calls}`));
    const { request } = prepare(list);

    const errors = [await thrownBy(request()), await thrownBy(request())];

    expect(errors.map(({ name }) => name)).toEqual(['ActionsUnsettled', 'ActionsUnsettled']);
  });

  it('ends by name when it holds fewer than it announces', async () => {
    const list: DataActions['list'] = async () => ({ actions: [], total: 40 });

    const error = await thrownBy(prepare(list).request());

    expect(error.name).toBe('ActionsUnsettled');
  });

  it('does not run round and round where the server knows no pages', async () => {
    const list: DataActions['list'] = async () => ({
      actions: [{ id: ActionId.parse('1'), name: 'a' }],
      total: 40,
    });

    const error = await thrownBy(prepare(list).request());

    expect(error.name).toBe('ActionsUnsettled');
  });

  it('is read without the hint where a server announces all actions and lists those of the name', async () => {
    const all = listOf(35);
    const list: DataActions['list'] = async (page, size, name) => {
      const { actions, total } = await all.list(page, size, name);
      return { actions: actions.filter((action) => name === undefined || action.name === name), total };
    };

    const listed = await prepare(list).request({ nameHint: 'action-3' });

    expect(listed).toEqual({ outcome: 'listed', actions: 35 });
  });

  it('hints at the one name that is looked for', async () => {
    const { list, asked } = listOf(5);

    await prepare(list).request({ nameHint: 'action-3' });

    expect(asked).toEqual([{ page: 1, name: 'action-3' }]);
  });
});
