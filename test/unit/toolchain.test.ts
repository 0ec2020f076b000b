import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const Package = z.object({
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
  optionalDependencies: z.record(z.string(), z.string()),
});
const Lock = z.object({
  packages: z.record(z.string(), z.object({ resolved: z.string().optional(), license: z.unknown() })),
});
const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'));

describe('OPS-06 the toolchain', () => {
  it('runs the tests on Node 24, whatever the machine has', () => {
    expect(process.versions.node).toMatch(/^24\./);
  });

  it('runs scripts on Node 24 too', () => {
    const version = execFileSync('node', ['--version'], { encoding: 'utf8' });

    expect(version).toMatch(/^v24\./);
  });

  it('names every dependency by its exact version', () => {
    const { dependencies, devDependencies, optionalDependencies } = Package.parse(read('package.json'));

    for (const [name, version] of Object.entries({
      ...dependencies,
      ...devDependencies,
      ...optionalDependencies,
    }))
      expect(version, name).toMatch(/^\d+\.\d+\.\d+(-r\.\d+)?$/);
  });

  it('keeps download addresses out of the lock file', () => {
    const { packages } = Lock.parse(read('package-lock.json'));

    expect(Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });

  it('depends on permissive licences only', () => {
    const permissive =
      /^(MIT|MIT-0|Apache-2\.0|BSD-[23]-Clause|0BSD|ISC|BlueOak-1\.0\.0|CC0-1\.0|Python-2\.0|Unlicense|MPL-2\.0)$/;
    const { packages } = Lock.parse(read('package-lock.json'));
    const licences = Object.entries(packages).filter(([name]) => name !== '');

    const others = licences.filter(([, { license }]) => {
      const choices = String(license).replaceAll(/[()]/g, '').split(' OR ');
      return !choices.some((choice) => choice.split(' AND ').every((each) => permissive.test(each)));
    });

    expect(licences.length).toBeGreaterThan(100);
    expect(others.map(([name, { license }]) => `${name}: ${license}`)).toEqual([]);
  });
});
