import { isHashed, type Mapping } from '../../../lambdas/model/mapping.ts';

/** What a transform's settings say of the tenant's hash key: its version, where the mapping has a column that is hashed. */
export function hashKeyFor(mapping: Mapping, version: string | undefined): { hashKey?: string } {
  return version !== undefined && isHashed(mapping) ? { hashKey: version } : {};
}
