/*
 * `npm run bench -- cdr [--quick]`, `npm run bench -- analytics [--quick]`, `npm run bench -- reports [--quick]`, `npm run bench -- seal`,
 * `npm run bench -- archive`: measures on this machine; asserts nothing.
 */
const benches: Readonly<Record<string, (words: readonly string[]) => Promise<void>>> = {
  cdr: async (words) => (await import('./cdr.ts')).benchCdr(words),
  analytics: async (words) => (await import('./analytics.ts')).benchAnalytics(words),
  archive: async () => (await import('./archive.ts')).benchArchive(),
  reports: async (words) => (await import('./reports.ts')).benchReports(words),
  seal: async () => (await import('./seal.ts')).benchSeal(),
};

const [name = '', ...words] = process.argv.slice(2);
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench === undefined) {
  console.error(`There is no bench "${name}". There are: ${Object.keys(benches).join(', ')}.`);
  process.exitCode = 2;
} else await bench(words);
