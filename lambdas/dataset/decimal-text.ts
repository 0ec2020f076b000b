const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/** The largest exponent, of either sign, that is written out: that of a 64-bit floating-point number. */
const LARGEST_EXPONENT = 400;

/**
 * A number, given with or without an exponent, as plain digits without zeros that say nothing: `1.50E-3` is `0.0015`. No digit is
 * lost or made up. Undefined for what is no number, or has an exponent beyond ±400.
 */
export function plainDecimal(text: string): string | undefined {
  const match = NUMBER.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const shift = Number(exponent);
  if (whole + fraction === '' || Math.abs(shift) > LARGEST_EXPONENT) return undefined;
  const digits = whole + fraction;
  const point = whole.length + shift;
  const before = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '';
  const after = point > 0 ? digits.slice(point) : digits.padStart(digits.length - point, '0');
  const integer = before.replace(/^0+(?=\d)/, '') || '0';
  const decimals = after.replace(/0+$/, '');
  const plain = decimals === '' ? integer : `${integer}.${decimals}`;
  return sign === '-' && plain !== '0' ? `-${plain}` : plain;
}
