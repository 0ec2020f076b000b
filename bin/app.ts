import { App } from 'aws-cdk-lib';
import { problemSentence, Refusal } from '../lambdas/model/refusal.ts';
import { buildApp } from '../lib/app.ts';
import { type LoadedConfiguration, loadConfiguration } from '../lib/configuration-file.ts';
import { checkAwsSolutions } from '../lib/operations/aws-solutions.ts';

/** The configuration that `-c config=…` names. The throw-away app does nothing but read the command's context. */
function configurationFile(): string {
  const named: unknown = new App({ autoSynth: false }).node.tryGetContext('config');
  return typeof named === 'string' ? named : 'config/example.json';
}

/** The configuration, or undefined after every problem of it has been printed. */
function loadedOrRefused(): LoadedConfiguration | undefined {
  try {
    return loadConfiguration(configurationFile());
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.error(`${error.subject} is refused:`);
    for (const problem of error.problems) console.error(`  ${problemSentence(problem)}`);
    return undefined;
  }
}

const loaded = loadedOrRefused();
if (loaded === undefined) process.exitCode = 1;
else {
  const app = buildApp(loaded);
  checkAwsSolutions(app);
  app.synth();
}
