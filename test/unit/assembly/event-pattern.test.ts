import { Stack } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { describe, expect, it } from 'vitest';
import { deliveriesOf, matchesEventPattern } from '../../../local/assembly/event-pattern.ts';
import { assemblyOf } from './synthesised.ts';

const event = {
  source: 'aws.states',
  'detail-type': 'Step Functions Execution Status Change',
  detail: { status: 'FAILED', redriveCount: 1, error: null, tags: ['a', 'b'] },
};

describe('ALL-10 event patterns', () => {
  it.each<[string, Record<string, unknown>, boolean]>([
    ['an exact value', { source: ['aws.states'] }, true],
    ['one of several values', { detail: { status: ['TIMED_OUT', 'FAILED'] } }, true],
    ['a number', { detail: { redriveCount: [1] } }, true],
    ['a null', { detail: { error: [null] } }, true],
    ['a prefix', { detail: { status: [{ prefix: 'FAIL' }] } }, true],
    ['any element of a list', { detail: { tags: ['b'] } }, true],
    ['the empty pattern', {}, true],
    ['another value', { source: ['aws.ec2'] }, false],
    ['a number that is text', { detail: { redriveCount: ['1'] } }, false],
    ['another prefix', { detail: { status: [{ prefix: 'A' }] } }, false],
    ['a field that is missing', { detail: { cause: ['x'] } }, false],
    ['an object that is missing', { other: { field: ['x'] } }, false],
    ['one field of two', { source: ['aws.states'], detail: { status: ['ABORTED'] } }, false],
  ])('%s', (_case, pattern, expected) => {
    const matches = matchesEventPattern(pattern, event);

    expect(matches).toBe(expected);
  });

  it.each<[string, Record<string, unknown>]>([
    ['anything-but', { source: ['nobody', { 'anything-but': ['x'] }] }],
    ['exists', { source: ['nobody'], detail: { status: [{ exists: false }] } }],
    ['$or', { source: ['nobody'], $or: [{ source: ['x'] }] }],
    ['a bare value', { source: 'aws.states' }],
  ])('refuses %s, also where another field does not match', (_case, pattern) => {
    const match = () => matchesEventPattern(pattern, event);

    expect(match).toThrow(/pattern\./);
  });
});

describe('ALL-10 deliveries', () => {
  const rule = (stack: Stack, id: string, properties: Partial<ConstructorParameters<typeof CfnRule>[2]>) =>
    new CfnRule(stack, id, {
      eventPattern: { source: ['aws.states'] },
      targets: [{ id: 'Target', arn: `arn:aws:lambda:eu-west-1:000000000000:function:${id}` }],
      ...properties,
    });

  it('gives the targets of the enabled rules that match, with the event or their own input', () => {
    const assembly = assemblyOf((app) => {
      const stack = new Stack(app, 'S');
      rule(stack, 'Event', {});
      rule(stack, 'Fixed', { targets: [{ id: 'T', arn: 'arn:fixed', input: '{"a":1}' }] });
      rule(stack, 'Disabled', { state: 'DISABLED' });
      rule(stack, 'Other', { eventPattern: { source: ['aws.ec2'] } });
      rule(stack, 'Bus', { eventBusName: 'another' });
    });

    const deliveries = deliveriesOf(assembly, event);

    expect(deliveries.map(({ target, input }) => [target.arn, input])).toEqual([
      ['arn:aws:lambda:eu-west-1:000000000000:function:Event', event],
      ['arn:fixed', { a: 1 }],
    ]);
  });

  it('refuses a target that wants a part of the event', () => {
    const assembly = assemblyOf((app) => {
      const stack = new Stack(app, 'S');
      rule(stack, 'Part', { targets: [{ id: 'T', arn: 'arn:part', inputPath: '$.detail' }] });
    });

    const deliver = () => deliveriesOf(assembly, event);

    expect(deliver).toThrow(/not embedded/);
  });
});
