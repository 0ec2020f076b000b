import type { CatalogueEntry } from './platform-errors.ts';

/** What making, sealing, opening and proving an archive can end with. Part of the catalogue. */
export const ARCHIVE_ERRORS = {
  InteractionsFailed: {
    meaning:
      'Some interactions of a run could not be looked up or sealed, or days of it were not marked or owe an audit record; the others are archived. What is left is noted, and later runs take it up.',
    acts: 'operator',
    remedy:
      'Look at the counts by reason and the days in the message, at the completion report, and at the child executions that failed. Redrive this execution: only what is unfinished is done; or leave it to the next run.',
  },
  ArchiveTruncated: {
    meaning: 'An archive object ends before its package does: some of its end is missing.',
    acts: 'platform engineer',
    remedy:
      'Restore an earlier version of the object (the bucket keeps versions), then run archive verify over its day.',
  },
  ArchiveDamaged: {
    meaning:
      'An archive object is not as it was sealed: bytes were changed, or it is not a package. Nothing of it was released.',
    acts: 'platform engineer',
    remedy:
      'Restore an earlier version of the object and find out who wrote to the archive prefix, then run archive verify over its day.',
  },
  ArchiveMoved: {
    meaning: 'An archive object lies under another key than it was sealed for, or belongs to another tenant.',
    acts: 'platform engineer',
    remedy: 'Copy it back to the key that the message names, or open it there.',
  },
  ArchiveKeyWrong: {
    meaning:
      'An archive object does not open with the passphrase or the data key that it names. Its bytes are as they were sealed.',
    acts: 'platform engineer',
    remedy:
      'Somebody has replaced a passphrase under its old version. Put the earlier one back: Secrets Manager keeps the secret’s previous value as AWSPREVIOUS.',
  },
  ArchiveKeyMissing: {
    meaning:
      'The passphrases of the archive cannot be read, or lack the version that an object names, or its KMS key cannot be used.',
    acts: 'platform engineer',
    remedy:
      'Write {"current": "<version>", "passphrases": {"<version>": "…"}} to the secret that the message names, with every version that archives were sealed with; or enable the KMS key. Then redrive.',
  },
  ArchiveVersionUnknown: {
    meaning:
      'An archive object was sealed by a later release, in a version of the package that this one does not know.',
    acts: 'platform engineer',
    remedy: 'Open it with the release that sealed it, or a later one.',
  },
} as const satisfies Record<string, CatalogueEntry>;
