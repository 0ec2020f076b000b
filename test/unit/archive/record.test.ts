import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../lambdas/archive/exact-json.ts';
import {
  type ArchivalRecord,
  archivalRecord,
  fieldValue,
  recordDigest,
} from '../../../lambdas/archive/record.ts';

const FIELD = 'archival_status';

function details(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    id: 'i-1',
    type: 'voice',
    status: 'closed',
    created_time: '2024-05-15T09:00:00.000Z',
    updated_time: '2024-05-15T10:00:00.000Z',
    participants: [{ id: 'p-1', type: 'agent', address: '1000', state: 'left' }],
    media: [
      {
        id: 'm-1',
        type: 'call-recording',
        duration_ms: 61_000,
        format: 'audio/mpeg',
        playback_url: 'https://media.example.com/m-1?signature=abc',
        created_time: '2024-05-15T10:00:01.000Z',
      },
    ],
    ...changes,
  });
}

function record(text: string): ArchivalRecord {
  const made = archivalRecord(text);
  if (made === undefined) throw new Error('There is no record.');
  return made;
}

const digest = (changes: Record<string, unknown>) => recordDigest(record(details(changes)), FIELD);

describe('an archival record', () => {
  it('ARC-03 has the fields of interaction, participants and media', () => {
    const made = record(details());

    expect(made).toEqual({
      interaction_id: 'i-1',
      type: 'voice',
      status: 'closed',
      created_time: '2024-05-15T09:00:00.000Z',
      updated_time: '2024-05-15T10:00:00.000Z',
      participants: [{ id: 'p-1', type: 'agent', address: '1000', state: 'left' }],
      media: [
        {
          media_id: 'm-1',
          type: 'call-recording',
          duration_ms: 61_000,
          format: 'audio/mpeg',
          playback_url: 'https://media.example.com/m-1?signature=abc',
          created_time: '2024-05-15T10:00:01.000Z',
        },
      ],
    });
  });

  it('ARC-03 keeps unknown fields under extra, at every level', () => {
    const participants = [{ id: 'p-1', muted: false }];
    const media = [{ id: 'm-1', channels: ['agent'] }];

    const made = record(details({ participants, media, wrapUp: { code: 7 } }));

    expect(made.extra).toEqual({ wrapUp: { code: 7 } });
    expect(made.participants[0]?.extra).toEqual({ muted: false });
    expect(made.media[0]?.extra).toEqual({ channels: ['agent'] });
  });

  it('ARC-03 keeps a field of another form under extra, as it was given', () => {
    const made = record(details({ type: 7, participants: 'none', created_time: 'yesterday' }));

    expect(made).toMatchObject({ type: null, participants: [], created_time: null });
    expect(made.extra).toEqual({ type: 7, participants: 'none', created_time: 'yesterday' });
  });

  it('ARC-03 leaves every number as it was written', () => {
    const text = details()
      .replace('61000', '61000.50')
      .replace('"status"', '"big":12345678901234567890,"e":1E400,"status"');

    const written = canonicalJson(record(text));

    expect(written).toContain('"duration_ms":61000.50');
    expect(written).toContain('"big":12345678901234567890');
    expect(written).toContain('"e":1E400');
  });

  it('ARC-03 keeps names that objects have by themselves', () => {
    const text = details().replace('"status"', '"__proto__":{"a":1},"constructor":2,"status"');

    const written = canonicalJson(record(text));

    expect(written).toContain('"extra":{"__proto__":{"a":1},"constructor":2}');
  });

  it('ARC-03 writes times with an offset in UTC', () => {
    const made = record(details({ updated_time: '2024-05-15T23:30:00-02:00' }));

    expect(made.updated_time).toBe('2024-05-16T01:30:00.000Z');
  });

  it.each([
    '',
    '[]',
    'null',
    '"text"',
    '{"id":"i-1"}',
    details().slice(0, -2),
    details({ updated_time: '2024-05-15' }),
  ])('ARC-03 is not made of %j', (text) => {
    expect(archivalRecord(text)).toBeUndefined();
  });
});

describe('whether an interaction has changed', () => {
  it('ARC-01 says nothing of its updated time', () => {
    expect(digest({ updated_time: '2024-05-17T00:00:00.000Z' })).toBe(digest({}));
  });

  it.each([
    ['a list', { custom_fields: [{ id: FIELD, value: 'archived' }] }],
    ['a list by names', { custom_fields: [{ name: FIELD, value: 'archived' }] }],
    ['an object', { customFields: { [FIELD]: 'archived' } }],
    ['a field of its own', { [FIELD]: 'archived' }],
  ])(
    'ARC-01 says nothing of our mark, given as %s, nor of the first custom field being ours',
    (_form, marked) => {
      const made = record(details(marked));

      expect(recordDigest(made, FIELD)).toBe(digest({}));
      expect(fieldValue(made, FIELD)).toBe('archived');
    },
  );

  it('ARC-01 follows from other custom fields beside our mark', () => {
    const outcome = { id: 'outcome', value: 'sold' };
    const marked = { id: FIELD, value: 'archived' };

    expect(digest({ custom_fields: [outcome, marked] })).toBe(digest({ custom_fields: [outcome] }));
    expect(digest({ custom_fields: [outcome] })).not.toBe(digest({}));
  });

  it('ARC-01 says nothing of the signature of a playback address', () => {
    const media = (url: string) => ({ media: [{ id: 'm-1', playback_url: url }] });

    expect(digest(media('https://a.example.com/m?s=1'))).toBe(digest(media('https://a.example.com/m?s=2')));
    expect(digest(media('https://a.example.com/m?s=1'))).not.toBe(
      digest(media('https://a.example.com/n?s=1')),
    );
  });

  it('ARC-01 says nothing of the order of keys', () => {
    expect(
      recordDigest(record('{"updated_time":"2024-05-15T10:00:00Z","status":"closed","id":"i"}'), FIELD),
    ).toBe(recordDigest(record('{"id":"i","status":"closed","updated_time":"2024-05-15T11:00:00Z"}'), FIELD));
  });
});
