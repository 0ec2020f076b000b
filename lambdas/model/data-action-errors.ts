import type { CatalogueEntry } from './platform-errors.ts';

/** What can go wrong with data actions and their updates. Part of the catalogue. */
export const DATA_ACTION_ERRORS = {
  ActionNotFound: {
    meaning:
      'CXone has no data action of exactly that name, or it went away or was given another name during the run.',
    acts: 'operator',
    remedy:
      'Compare the name in the input with CXone’s, letter for letter. Once the action is there, redrive; else start again with the right name.',
  },
  ActionAmbiguous: {
    meaning: 'CXone has two or more data actions of exactly that name: which one is meant would be a guess.',
    acts: 'CXone administrator',
    remedy: 'Rename or remove all but one of them, then redrive.',
  },
  ActionUnreadable: {
    meaning: 'The data action is not one whose dateProcessing alone can be changed.',
    acts: 'CXone administrator',
    remedy:
      'Look at its configuration in CXone: a field may be there twice, or dateProcessing be longer than 64 KiB. Mend it, then redrive.',
  },
  ActionChanged: {
    meaning:
      'CXone answered 409: somebody else wrote the data action in between. It is read again and tried again.',
    acts: 'nobody',
    remedy: 'Nothing, unless a run ends with it: then redrive.',
  },
  ActionContended: {
    meaning: 'Somebody else kept changing the data action while it was to be written, three times.',
    acts: 'operator',
    remedy: 'Find out who else writes the action that the message names, then redrive.',
  },
  ActionSuperseded: {
    meaning:
      'A run that was started later has put another value into the data action: that one stays, and nothing was written.',
    acts: 'operator',
    remedy:
      'Nothing where the later value is the right one; a redrive will not replace it. Else start a new run with the update.',
  },
  ActionNotAsWritten: {
    meaning: 'CXone accepted the data action and stored something else than was sent.',
    acts: 'CXone administrator',
    remedy:
      'Compare the action in CXone with the before and after in the run’s results; mend the field that the message names by hand.',
  },
  ActionsUnsettled: {
    meaning: 'The list of data actions kept changing, or did not come to its end, while it was read.',
    acts: 'operator',
    remedy: 'Redrive when nobody creates or removes data actions.',
  },
  ResultInaccurate: {
    meaning:
      'A computed date is not what its recomputation from epoch milliseconds gives. It was not written.',
    acts: 'platform engineer',
    remedy: 'This is a defect of ours: report it with the update’s timestamp, zone and offset.',
  },
  CircuitOpen: {
    meaning:
      'The data action was not tried, because five updates in a row had failed within the last minute.',
    acts: 'operator',
    remedy: 'Mend what the failures before it name; a minute after the last of them, redrive.',
  },
  UpdatesFailed: {
    meaning:
      'One or more updates of the run are not made, not recorded or, where each is told, not told; the others are.',
    acts: 'operator',
    remedy:
      'Look at the error of each data action in the list. Then redrive this execution: only what is left is tried again.',
  },
} as const satisfies Record<string, CatalogueEntry>;
