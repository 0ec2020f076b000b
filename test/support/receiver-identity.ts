import { createPrivateKey } from 'node:crypto';

/*
 * Who the tests' webhook receivers are: a certificate for 127.0.0.1, localhost and receiver.test until 2120, which nobody outside
 * of tests trusts, and its key.
 */

export const RECEIVER_CERTIFICATE = [
  '-----BEGIN CERTIFICATE-----',
  'MIIBnTCCAUSgAwIBAgIBATAKBggqhkjOPQQDAjAoMSYwJAYDVQQDDB13ZWJob29r',
  'IHJlY2VpdmVyIG9mIHRoZSB0ZXN0czAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEw',
  'MTAwMDAwMFowKDEmMCQGA1UEAwwdd2ViaG9vayByZWNlaXZlciBvZiB0aGUgdGVz',
  'dHMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARVXBn6xBF4P7xS7oqh1AVka078',
  'Pl090iF2JZQD5FIBYBwD4TQ/DO0QK9gmVhPykegPh8aDmhVlfGZUxWjwvH0Bo10w',
  'WzApBgNVHREEIjAghwR/AAABgglsb2NhbGhvc3SCDXJlY2VpdmVyLnRlc3QwDwYD',
  'VR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQUhsHKKw5V5XmUDLjJ/f5klOdnFLkwCgYI',
  'KoZIzj0EAwIDRwAwRAIgZLMTlHgMh5lFytTGJaGVz7wJJOkmPn+vjMXP+hEg4LMC',
  'IFpNY4bgj8Tq+9Sk8X6tAywYYwHde6rGdvkcLmFOtz8o',
  '-----END CERTIFICATE-----',
].join('\n');

const KEY_DER =
  'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg3TtlNMt4sfaPkLP8NBxur2wlNzZfpsD3h8hd1S6ukb2h' +
  'RANCAARVXBn6xBF4P7xS7oqh1AVka078Pl090iF2JZQD5FIBYBwD4TQ/DO0QK9gmVhPykegPh8aDmhVlfGZUxWjwvH0B';

export const RECEIVER_KEY = createPrivateKey({
  key: Buffer.from(KEY_DER, 'base64'),
  format: 'der',
  type: 'pkcs8',
}).export({ format: 'pem', type: 'pkcs8' });
