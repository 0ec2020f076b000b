import type { CatalogueEntry } from './platform-errors.ts';

/** What operators' rollbacks and the doctor's examinations can end with. Part of the catalogue. */
export const OPERATION_ERRORS = {
  EgressMissing: {
    meaning:
      'No call reaches CXone from where the functions run: the name does not resolve, or no connection comes about.',
    acts: 'platform engineer',
    remedy:
      'Check the base URL’s host name, and the way out of the functions’ network: NAT gateway or proxy, security groups, DNS, TLS inspection.',
  },
  BaseUrlWrong: {
    meaning: 'The address answers, but it is not CXone’s token endpoint of that family.',
    acts: 'platform engineer',
    remedy: 'Correct baseUrl or tokenPath of the family in the configuration, and deploy.',
  },
  ClockOff: {
    meaning: 'Our clock and CXone’s are more than five minutes apart.',
    acts: 'platform engineer',
    remedy:
      'On AWS, tell NICE support: Lambda’s clock is right. On a machine of your own, set its clock by NTP.',
  },
  CustomFieldMissing: {
    meaning:
      'The custom field archival_status does not exist or cannot be written: archives stand, marks are pending.',
    acts: 'CXone administrator',
    remedy:
      'Make the custom field archival_status (text) for interactions and let the service account write it; the next run marks what is pending.',
  },
  RollbackImpossible: {
    meaning: 'There is no such generation of the window to go back to. Nothing was changed.',
    acts: 'operator',
    remedy: 'Choose one of the generations that the message lists, or refresh the window instead.',
  },
  GiveUpImpossible: {
    meaning:
      'Interactions that were to be given up, or to be taken up again, are archived already or not known to the archive, or their day would have too many. Nothing was changed.',
    acts: 'operator',
    remedy:
      'Leave out the interactions that the message names. `archive ls --interaction` says what is known of one; one that no run has looked up yet is looked up by `{"ids":["…"]}`.',
  },
  WindowBusy: {
    meaning:
      'A run that is still under way holds the window that was to be rolled back. Nothing was changed.',
    acts: 'operator',
    remedy: 'Wait until that run has ended, or stop it, then redrive.',
  },
} as const satisfies Record<string, CatalogueEntry>;
