#!/usr/bin/env node
import { outputTo } from '../local/command/output.ts';
import { main } from '../local/command/program.ts';

const outputs = { out: outputTo(process.stdout), err: outputTo(process.stderr) };
process.exitCode = await main(process.argv.slice(2), outputs);
