import type { FamilyName } from '../model/families.ts';

/*
 * What a service account needs for a call, in the words of the CXone console: the table of section 1 of the API notes.
 */

const OF_FAMILY: Record<FamilyName, string> = {
  reporting:
    'scope data:reporting:read (Reporting > View, Reporting > Export; long history may need Advanced Reporting)',
  analytics: 'scopes analytics:export:read, analytics:export:write and reports:read',
  dataDownload:
    'scopes data:download:read, data:download:write and offline (Data > Download > Create and Read)',
  interactions:
    'scopes interactions:read, recordings:read and customfields:write (the custom field archival_status must exist)',
  dataActions: 'scopes dataactions:read and dataactions:write',
};

const OF_CALL: Partial<Record<FamilyName, Record<string, string>>> = {
  interactions: {
    query: 'scope interactions:read',
    detail: 'scopes interactions:read and recordings:read, and access to this interaction',
    customField: 'scope customfields:write, and a custom field that may be written',
  },
  dataDownload: {
    submit:
      'scope data:download:write (Data > Download > Create; filters by segment or skill need Reporting > CDR > Read; ' +
      'custom attributes, WEM scores and speech tags need the Insights or WEM add-on)',
    status: 'scope data:download:read (Data > Download > Read)',
    part: 'scope data:download:read (Data > Download > Read)',
  },
  dataActions: {
    list: 'scope dataactions:read',
    read: 'scope dataactions:read',
    replace: 'scope dataactions:write',
  },
};

/** The scope that a call needs and the permissions behind it, as words for an error. */
export function permissionFor(family: FamilyName, call: string): string {
  return OF_CALL[family]?.[call] ?? OF_FAMILY[family];
}
