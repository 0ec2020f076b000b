import { catalogued } from '../model/errors.ts';
import type { Family } from '../model/families.ts';

/** The address of a family's call by its name, with an id in its place. Throws `SettingsRefused` for a name that the family lacks. */
export function familyEndpoint(family: Family, name: string, id = ''): URL {
  const path = family.endpoints[name];
  if (path === undefined)
    throw catalogued('SettingsRefused', `The family ${family.name} has no endpoint called ${name}.`);
  return new URL(`${family.baseUrl}${path.replaceAll('{id}', encodeURIComponent(id))}`);
}
