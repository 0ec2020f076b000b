import { readCredentials } from '../aws/credentials-secret.ts';
import { kmsCipher } from '../aws/kms-cipher.ts';
import { tokenPorts } from '../cxone/connection.ts';
import { obtainToken } from '../cxone/tokens.ts';
import type { CallReport } from '../cxone/transport.ts';
import { isoInstant } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import { TokenPayload, TokenResult } from '../model/payloads.ts';
import { lambdaHandler } from './handler.ts';
import { tellsAge } from './secret-age.ts';

/** Sees to it that the ledger holds an access token of the family that is good for a while. */
export const handler = lambdaHandler(
  { name: 'token', payload: TokenPayload, result: TokenResult },
  async (payload, invocation) => {
    const { environment, tenant, clients } = invocation;
    const family = environment.FAMILIES[payload.family];
    if (!family)
      throw catalogued('SettingsRefused', `The token function does not know the family ${payload.family}.`);
    const connection = {
      ...invocation,
      family,
      cipher: kmsCipher(clients.kms, environment.KEY_ARN),
      proxy: environment.EGRESS_PROXY,
      onCall: (report: CallReport) => invocation.calls.add(report),
    };
    const credentials = () =>
      readCredentials(clients.secrets, environment.CREDENTIALS_SECRET, tellsAge(invocation, 'credentials'));
    const token = await obtainToken(
      { tenant, family: family.name, rejected: payload.rejected },
      tokenPorts(connection, credentials),
    );
    return { expiresAt: isoInstant(token.expiresAt), fingerprint: token.fingerprint };
  },
);
