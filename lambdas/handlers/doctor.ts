import { readCredentials } from '../aws/credentials-secret.ts';
import { kmsCipher } from '../aws/kms-cipher.ts';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { tokenTransport } from '../cxone/connection.ts';
import { probeFamily } from '../cxone/probe.ts';
import type { CallReport } from '../cxone/transport.ts';
import { Examination } from '../model/doctor.ts';
import { DoctorPayload } from '../model/operations.ts';
import { examine } from '../operations/doctor.ts';
import { lambdaHandler } from './handler.ts';
import { hashKeyCheck } from './hash-key.ts';

/** Examines a tenant's set-up: everything that a run needs, without running one. */
export const handler = lambdaHandler(
  { name: 'doctor', payload: DoctorPayload, result: Examination },
  (_, invocation) => {
    const { environment, clients } = invocation;
    const credentials = () => readCredentials(clients.secrets, environment.CREDENTIALS_SECRET);
    const connection = {
      ...invocation,
      cipher: kmsCipher(clients.kms, environment.KEY_ARN),
      proxy: environment.EGRESS_PROXY,
      onCall: (report: CallReport) => invocation.calls.add(report),
    };
    const ports = {
      ledger: invocation,
      objects: s3ObjectStore(clients.s3, environment.LAKE_BUCKET),
      readSecret: credentials,
      checkHashKey: hashKeyCheck(invocation),
      probe: async (family: (typeof families)[number]) =>
        probeFamily(family, tokenTransport({ ...connection, family }), await credentials()),
    };
    const families = Object.values(environment.FAMILIES);
    return examine(ports, families);
  },
);
