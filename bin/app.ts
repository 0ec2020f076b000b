import { App } from 'aws-cdk-lib';
import { problemSentence, Refusal } from '../lambdas/model/refusal.ts';
import { buildApp } from '../lib/app.ts';
import { loadConfiguration } from '../lib/configuration-file.ts';
import { checkAwsSolutions } from '../lib/operations/aws-solutions.ts';
import { requireTemplateLimits } from '../lib/template-limits.ts';

/** The configuration that `-c config=…` names. The throw-away app does nothing but read the command's context. */
function configurationFile(): string {
  const named: unknown = new App({ autoSynth: false }).node.tryGetContext('config');
  return typeof named === 'string' ? named : 'config/example.json';
}

try {
  const app = buildApp(loadConfiguration(configurationFile()));
  checkAwsSolutions(app);
  requireTemplateLimits(app.synth());
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(`${error.subject} is refused:`);
  for (const problem of error.problems) console.error(`  ${problemSentence(problem)}`);
  process.exitCode = 1;
}
