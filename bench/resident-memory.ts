import { readFileSync } from 'node:fs';

/** The most resident memory of this process so far, in bytes: the kernel's own mark where there is one. */
export function peakResidentBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const mark = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Number(mark ?? 0) * 1024;
}
