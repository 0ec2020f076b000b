import { z } from 'zod';

const answer = z.object({
  QueueUrl: z.string().optional(),
  Messages: z.array(z.object({ Body: z.string() })).optional(),
});

/** Calls embedded SQS in its own protocol: the project has no SQS client. */
export async function callQueue(url: string, operation: string, input: Record<string, unknown>) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` },
    body: JSON.stringify(input),
  });
  return answer.parse(await response.json());
}
