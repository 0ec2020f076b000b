/** An instant as the wall clock of an IANA zone shows it, without an offset: the hour that is doubled in autumn is written twice. */
export function localText(instant: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
    hourCycle: 'h23',
  });
  const [date = '', time = ''] = parts.format(instant).split(', ');
  return `${date.split('/').reverse().join('-')}T${time}.000`;
}

/** Whether there is such a zone. */
export function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false;
  }
}
