import { type Family, resolveFamily } from '../lambdas/model/families.ts';
import { FAMILY_OF } from '../lambdas/model/pipelines.ts';
import { kindOf, type Problem } from '../lambdas/model/refusal.ts';
import type { ConfiguredTenant } from './configuration-file.ts';

/** From a function's environment one family may take so many bytes: Lambda allows 4 KiB for all variables of a function. */
const FAMILY_BYTES = 2_500;

/** Bytes of JSON that Lambda allows for all variables of a function: it measures them so when it refuses them. */
const ENVIRONMENT_BYTES = 4_096;

/** Bytes that variables take of which the configuration says nothing: names of table and bucket, the key, the proxy, `NODE_OPTIONS`. */
const DEPLOYED_BYTES = 700;

/** What is wrong with the families that a tenant's pipelines call, each for itself and all together. */
export function familiesProblems({ tenant, families, pipelines }: ConfiguredTenant, path: string): Problem[] {
  const called = Object.fromEntries(
    pipelines.map((pipeline) => [FAMILY_OF[pipeline], families[FAMILY_OF[pipeline]]]),
  );
  const own = Object.values(called).flatMap((family) => [
    ...sizeProblems(family, `${path}.families.${family.name}`),
    ...endpointProblems(family, `${path}.families.${family.name}`),
  ]);
  // The token function has all of them; the doctor has the names of the secrets, too.
  const variables = {
    TENANT: tenant.id,
    FAMILIES: JSON.stringify(called),
    CREDENTIALS_SECRET: tenant.secret,
    HASH_KEY_SECRET: tenant.hashKey?.secret,
    HASH_KEY_VERSION: tenant.hashKey?.version,
  };
  const bytes = Buffer.byteLength(JSON.stringify(variables));
  const most = ENVIRONMENT_BYTES - DEPLOYED_BYTES;
  if (own.length > 0 || bytes <= most) return own;
  const expected = `must be at most ${most} bytes of JSON together, with defaults and names of secrets: they are variables of a Lambda function. Shorten scopes, hosts and paths`;
  return [{ path: `${path}.families`, found: `settings of ${bytes} bytes`, expected }];
}

function sizeProblems(family: Family, path: string): Problem[] {
  const bytes = Buffer.byteLength(JSON.stringify(family));
  if (bytes <= FAMILY_BYTES) return [];
  const expected = `must be at most ${FAMILY_BYTES} bytes of JSON with its defaults: they are variables of a Lambda function`;
  return [{ path, found: `settings of ${bytes} bytes`, expected }];
}

/** Paths of calls that the family does not have, and paths that leave out what the call has to say, the id of a job say. */
function endpointProblems({ name, baseUrl, endpoints }: Family, path: string): Problem[] {
  const known = new Map(Object.entries(resolveFamily(name, baseUrl).endpoints));
  return Object.entries(endpoints).flatMap(([call, template]): Problem[] => {
    const at = `${path}.endpoints.${call}`;
    const usual = known.get(call);
    if (usual === undefined)
      return [
        {
          path: at,
          found: kindOf(template),
          expected: `must be one of the calls ${[...known.keys()].join(', ')}`,
        },
      ];
    const missing = (usual.match(/\{\w+\}/g) ?? []).filter((place) => !template.includes(place));
    if (missing.length === 0) return [];
    return [
      { path: at, found: kindOf(template), expected: `must hold ${missing.join(' and ')}, as ${usual} does` },
    ];
  });
}
