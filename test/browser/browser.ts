import { existsSync } from 'node:fs';

/** Where distributions put a Chromium; `CXONE_EXPORT_BROWSER` names another. */
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of a Chromium that is installed, or undefined. */
export function findBrowser(): string | undefined {
  return [process.env.CXONE_EXPORT_BROWSER ?? '', ...BROWSERS].find(
    (path) => path !== '' && existsSync(path),
  );
}
