import { z } from 'zod';

/** The CXone APIs. Each has its own host, token, scopes and rate. */
export const FamilyName = z.enum(['dataDownload', 'analytics', 'reporting', 'interactions', 'dataActions']);
export type FamilyName = z.infer<typeof FamilyName>;

const pathTemplate = z.string().regex(/^\/[^\s]*$/, 'must be a path that starts with /');

/** An address that our calls may go to: https, or http on this machine (a simulator). */
export const BaseUrl = z
  .string()
  .refine(
    isCallable,
    'must be an https address without user, query or fragment (http just for 127.0.0.1 and localhost)',
  )
  .transform((url) => url.replace(/\/+$/, ''));

function isCallable(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const local = url.hostname === '127.0.0.1' || url.hostname === 'localhost';
  return (
    (url.protocol === 'https:' || (url.protocol === 'http:' && local)) &&
    `${url.username}${url.password}${url.search}${url.hash}` === ''
  );
}

/** How often a family may be called: at most `requests` in any interval of `seconds`. */
export const Rate = z.strictObject({
  requests: z.int().min(1).max(10_000),
  seconds: z.int().min(1).max(3_600),
});

/** Time limits of one call, in seconds. */
export const Timeouts = z.strictObject({
  connectSeconds: z.int().min(1).max(60).default(10),
  responseSeconds: z.int().min(1).max(300).default(60).describe('Until the first byte of an answer'),
  idleSeconds: z.int().min(1).max(300).default(60).describe('Between two pieces of a body'),
});

/** What the configuration may say of a family; everything has a default. */
export const FamilyOverrides = z.strictObject({
  baseUrl: BaseUrl.optional().describe('Default: the tenant’s baseUrl'),
  tokenPath: pathTemplate.optional(),
  grant: z.enum(['client_credentials']).optional().describe('How the first token is got'),
  scopes: z.array(z.string().regex(/^\S+$/, 'must be one scope, without spaces')).max(20).optional(),
  endpoints: z
    .record(z.string(), pathTemplate)
    .optional()
    .describe('Paths by the name of the call, where the tenant’s differ'),
  rate: Rate.optional(),
  timeouts: Timeouts.optional(),
  downloadHosts: z
    .array(z.string().regex(/^[a-z0-9.-]+(:\d+)?$/, 'must be a host name'))
    .max(20)
    .optional()
    .describe('Other hosts that files may be fetched from, never with our token'),
});
export type FamilyOverrides = z.infer<typeof FamilyOverrides>;

/** A family as its functions are given it, whole. */
export const Family = z.strictObject({
  name: FamilyName,
  baseUrl: BaseUrl,
  tokenPath: pathTemplate,
  grant: z.enum(['client_credentials']),
  scopes: z.array(z.string()),
  endpoints: z.record(z.string(), pathTemplate),
  rate: Rate,
  timeouts: Timeouts,
  downloadHosts: z.array(z.string()),
});
export type Family = z.infer<typeof Family>;

type Defaults = Pick<Family, 'tokenPath' | 'scopes' | 'endpoints' | 'rate'>;

const DEFAULT_RATE = { requests: 60, seconds: 60 };

/** Paths, scopes and rates as the API notes give them; 60 requests a minute where nothing is documented. */
const DEFAULTS: Record<FamilyName, Defaults> = {
  dataDownload: {
    tokenPath: '/api/v2/oauth/token',
    scopes: ['data:download:read', 'data:download:write', 'offline'],
    endpoints: { submit: '/api/v2/data/download/requests', status: '/api/v2/data/download/requests/{id}' },
    rate: DEFAULT_RATE,
  },
  analytics: {
    tokenPath: '/oauth/token',
    scopes: ['analytics:export:read', 'analytics:export:write', 'reports:read'],
    endpoints: {
      submit: '/api/v2/analytics/data-exports',
      status: '/api/v2/analytics/data-exports/{id}',
      data: '/api/v2/analytics/data-exports/{id}/data',
    },
    rate: DEFAULT_RATE,
  },
  reporting: {
    tokenPath: '/oauth/token',
    scopes: ['data:reporting:read'],
    endpoints: { execute: '/v2/reports/execute' },
    rate: { requests: 100, seconds: 60 },
  },
  interactions: {
    tokenPath: '/oauth/token',
    scopes: ['interactions:read', 'recordings:read', 'customfields:write'],
    endpoints: {
      query: '/api/v2/interactions/query',
      detail: '/api/v2/interactions/{id}',
      customField: '/api/v2/interactions/{id}/custom-fields/{field}',
    },
    rate: { requests: 10, seconds: 1 },
  },
  dataActions: {
    tokenPath: '/api/v2/oauth2/token',
    scopes: ['dataactions:read', 'dataactions:write'],
    endpoints: { list: '/api/v2/dataactions', one: '/api/v2/dataactions/{id}' },
    rate: DEFAULT_RATE,
  },
};

/** A family with the defaults of the API notes where the configuration says nothing. */
export function resolveFamily(
  name: FamilyName,
  tenantBaseUrl: string,
  overrides: FamilyOverrides = {},
): Family {
  const defaults = DEFAULTS[name];
  return {
    name,
    baseUrl: overrides.baseUrl ?? tenantBaseUrl,
    tokenPath: overrides.tokenPath ?? defaults.tokenPath,
    grant: overrides.grant ?? 'client_credentials',
    scopes: overrides.scopes ?? defaults.scopes,
    endpoints: { ...defaults.endpoints, ...overrides.endpoints },
    rate: overrides.rate ?? defaults.rate,
    timeouts: overrides.timeouts ?? Timeouts.parse({}),
    downloadHosts: overrides.downloadHosts ?? [],
  };
}
