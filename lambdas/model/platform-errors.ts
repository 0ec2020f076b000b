/** Who can end an error. `nobody` means that the pipeline goes on by itself. */
export type WhoActs = 'nobody' | 'operator' | 'platform engineer' | 'CXone administrator' | 'NICE support';

/** What docs/errors.md says of an error. */
export interface CatalogueEntry {
  meaning: string;
  acts: WhoActs;
  remedy: string;
}

/** What Step Functions, Lambda and a function's runtime throw by themselves. Part of the catalogue. */
export const PLATFORM_ERRORS = {
  'States.Timeout': {
    meaning: 'A state, or the machine, took longer than its time-out.',
    acts: 'operator',
    remedy:
      'Redrive: the state goes on from the ledger. If it repeats, look at the log of the function that the state calls.',
  },
  'States.TaskFailed': {
    meaning: 'A task failed in a way that the platform does not name.',
    acts: 'operator',
    remedy: 'Look at the cause in the execution’s history, then redrive.',
  },
  'States.Permissions': {
    meaning: 'The machine’s role may not do what the state asks.',
    acts: 'platform engineer',
    remedy:
      'Compare the deployed role with the stack (drift, service control policy, boundary), then redrive.',
  },
  'States.Runtime': {
    meaning: 'The platform could not process the execution; AWS does not retry it and it cannot be redriven.',
    acts: 'platform engineer',
    remedy: 'Start the same input again: the ledger keeps what was done. Report it with the cause.',
  },
  'States.QueryEvaluationError': {
    meaning: 'A JSONata expression of the machine failed or gave nothing.',
    acts: 'platform engineer',
    remedy: 'This is a defect of ours: report it with the state’s name and the cause.',
  },
  'States.NoChoiceMatched': {
    meaning: 'A Choice of the machine met a value that none of its rules is for.',
    acts: 'platform engineer',
    remedy: 'This is a defect of ours: report it with the state’s name and the state’s input.',
  },
  'States.DataLimitExceeded': {
    meaning: 'A payload exceeded the 256 KiB that Step Functions allows.',
    acts: 'platform engineer',
    remedy: 'Start fewer windows at once; report it with the state’s name.',
  },
  'States.ItemReaderFailed': {
    meaning: 'The Map could not read the list of windows from S3.',
    acts: 'platform engineer',
    remedy: 'Check the object and the permissions on bucket and key, then redrive.',
  },
  'States.ResultWriterFailed': {
    meaning: 'The Map could not write its results to S3.',
    acts: 'platform engineer',
    remedy: 'Check the permissions on bucket and key, then redrive.',
  },
  'States.ExceedToleratedFailureThreshold': {
    meaning: 'More children of the Map failed than it tolerates.',
    acts: 'operator',
    remedy: 'Look at the failed children in the Map Run, then redrive.',
  },
  'States.HeartbeatTimeout': {
    meaning: 'A task stopped sending its heartbeat.',
    acts: 'operator',
    remedy: 'Redrive the execution.',
  },
  'States.Http.Socket': {
    meaning: 'A call of the platform over HTTP timed out.',
    acts: 'operator',
    remedy: 'Redrive the execution.',
  },
  'Lambda.Unknown': {
    meaning: 'Lambda ended a function without saying why: memory, a crash, or its time limit.',
    acts: 'platform engineer',
    remedy:
      'Look at the function’s log around the time; raise memory or the time limit, deploy, and start the same input again: a redrive would call the earlier version.',
  },
  'Lambda.ServiceException': {
    meaning: 'The Lambda service had a fault of its own, on every attempt.',
    acts: 'operator',
    remedy: 'Look at the AWS health dashboard, then redrive.',
  },
  'Lambda.AWSLambdaException': {
    meaning: 'The Lambda service refused or failed the call, on every attempt.',
    acts: 'operator',
    remedy: 'Mend what the cause names, then redrive.',
  },
  'Lambda.SdkClientException': {
    meaning: 'Step Functions could not reach Lambda, on every attempt.',
    acts: 'operator',
    remedy: 'Look at the AWS health dashboard, then redrive.',
  },
  'Lambda.TooManyRequestsException': {
    meaning: 'The account’s Lambda concurrency was used up at each of 31 calls in up to 53 minutes.',
    acts: 'platform engineer',
    remedy: 'Raise the concurrency quota or reserve some for these functions, then redrive.',
  },
  'Lambda.ClientExecutionTimeoutException': {
    meaning: 'Lambda did not answer Step Functions in time.',
    acts: 'operator',
    remedy: 'Redrive the execution.',
  },
  'Lambda.ResourceNotFoundException': {
    meaning: 'The function version that the machine calls no longer exists.',
    acts: 'platform engineer',
    remedy: 'Deploy the stack again and start the same input again; keep published versions for 14 days.',
  },
  'Lambda.RequestTooLargeException': {
    meaning: 'A state gave a function more than the 6 MB that Lambda takes.',
    acts: 'platform engineer',
    remedy: 'This is a defect of ours, states carry references: report it with the state’s name.',
  },
  'Function.ResponseSizeTooLarge': {
    meaning: 'A function answered with more than the 6 MB that Lambda passes on.',
    acts: 'platform engineer',
    remedy: 'This is a defect of ours, functions answer with counts: report it with the state’s name.',
  },
  'Sandbox.Timedout': {
    meaning: 'A function ran into its time limit.',
    acts: 'platform engineer',
    remedy:
      'Redrive: the work goes on from the ledger. If it repeats, raise the function’s time limit or memory.',
  },
  'Runtime.ExitError': {
    meaning: 'A function’s process died, most often out of memory.',
    acts: 'platform engineer',
    remedy:
      'Raise the function’s memory, deploy, and start the same input again: a redrive would call the earlier version.',
  },
  'Runtime.OutOfMemory': {
    meaning:
      'A function’s process took more memory than the function has; Lambda says so as `Runtime.ExitError`, too.',
    acts: 'platform engineer',
    remedy:
      'Raise the function’s memory, deploy, and start the same input again: a redrive would call the earlier version.',
  },
  'Runtime.HandlerNotFound': {
    meaning: 'A function’s bundle has no handler of the name that the function calls.',
    acts: 'platform engineer',
    remedy: 'Build and deploy the release again, and start the same input again.',
  },
  'Runtime.ImportModuleError': {
    meaning: 'A function’s bundle lacks a module.',
    acts: 'platform engineer',
    remedy:
      'Build and deploy the release again for the function’s architecture, and start the same input again.',
  },
} as const satisfies Record<string, CatalogueEntry>;
