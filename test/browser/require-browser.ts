import { findBrowser } from './browser.ts';

if (findBrowser() === undefined) {
  console.error('No Chromium is installed, so the pages cannot be looked at.');
  console.error(
    'On Debian and Ubuntu: apt-get install chromium. Elsewhere: CXONE_EXPORT_BROWSER=/path/to/chrome npm run test:browser',
  );
  process.exitCode = 1;
}
