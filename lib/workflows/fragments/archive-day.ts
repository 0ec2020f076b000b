import { Choice, Condition, type IChainable, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { ArchivePipeline } from '../../../lambdas/model/archive-pipeline.ts';
import type { FunctionName } from '../../../lambdas/model/environment.ts';
import type { PipelineName } from '../../../lambdas/model/pipelines.ts';
import type { PipelineFunction } from '../../functions/pipeline-function.ts';
import type { FunctionsByName } from '../../functions/tenant-functions.ts';
import { jsonata, RESULT } from './expressions.ts';
import { invoke } from './invoke.ts';
import { storeMedia } from './store-media.ts';
import { callWithToken, freshCall } from './with-token.ts';

/** What an invocation's note is filed under: the variables `run`, `dataset` and `day`. */
const NOTED = { run: jsonata('$run'), dataset: jsonata('$dataset'), day: jsonata('$day') };

/** The functions that the chain calls. */
export const ARCHIVE_DAY_FUNCTIONS = [
  'token',
  'claim',
  'seal-archive-day',
  'mark-archive-day',
  'audit',
] as const satisfies readonly FunctionName[];

/** Props of `archiveDay`. */
export interface ArchiveDayProps {
  functions: FunctionsByName<(typeof ARCHIVE_DAY_FUNCTIONS)[number]>;
  settings: ArchivePipeline;
  pipeline: PipelineName;
  /** What stores recordings and transcripts, where they are to be stored. */
  storeMedia?: PipelineFunction;
}

/**
 * The child execution of an archive day: claimed, its media stored where wanted, sealed, recorded in the audit chain, marked, and
 * the marks recorded. Its input has `run`, `round`, `day` and `dataset`.
 */
export function archiveDay(scope: Construct, props: ArchiveDayProps): IChainable {
  const { functions, settings } = props;
  const is = (condition: string) => Condition.jsonata(jsonata(condition));
  const claimed = { ...NOTED, epoch: jsonata('$epoch'), round: jsonata('$round'), value: settings.value };
  const claim = invoke(scope, 'Claim', {
    function: functions.claim,
    payload: {
      run: jsonata('$states.input.run'),
      dataset: jsonata('$states.input.dataset'),
      day: jsonata('$states.input.day'),
      task: 'export',
    },
    assign: {
      run: jsonata('$states.input.run'),
      dataset: jsonata('$states.input.dataset'),
      day: jsonata('$states.input.day'),
      round: jsonata('$states.input.round'),
      epoch: jsonata(`$exists(${RESULT}.epoch) ? ${RESULT}.epoch : 0`),
      after: '',
      mediaThrough: -1,
      ...freshCall(),
    },
  });
  const seal = invoke(scope, 'SealDay', { function: functions['seal-archive-day'], payload: claimed });
  const mark = callWithToken(scope, 'MarkDay', {
    family: 'interactions',
    function: functions['mark-archive-day'],
    token: functions.token,
    payload: { ...claimed, field: settings.field, after: jsonata('$after') },
    faults: [],
    assign: { after: jsonata(`$exists(${RESULT}.after) ? ${RESULT}.after : ''`) },
  });
  // Before sealing: what is archived is not looked up again, and its media would be forgotten if the run stopped in between.
  const media =
    props.storeMedia &&
    settings.media &&
    storeMedia(scope, {
      function: props.storeMedia,
      token: functions.token,
      settings: settings.media,
    });
  media?.next(Choice.jsonata(scope, 'MediaStored').when(is('$states.input.more'), media).otherwise(seal));
  const audit = (id: string) =>
    invoke(scope, id, {
      function: functions.audit,
      payload: { ...NOTED, epoch: jsonata('$epoch'), pipeline: props.pipeline, delivers: false },
    });
  const sealingAudited = audit('AuditSealing');
  const marksAudited = audit('AuditMarks');
  seal.next(
    Choice.jsonata(scope, 'DaySealed').when(is('$states.input.more'), seal).otherwise(sealingAudited),
  );
  // Marking takes hours and may be refused: what is sealed is recorded before.
  sealingAudited.next(mark);
  mark.next(Choice.jsonata(scope, 'DayMarked').when(is('$states.input.more'), mark).otherwise(marksAudited));
  marksAudited.next(Succeed.jsonata(scope, 'DayArchived'));
  return claim.next(
    Choice.jsonata(scope, 'DayFree')
      .when(is("$states.input.outcome = 'alreadyRunning'"), Succeed.jsonata(scope, 'AlreadyRunning'))
      .otherwise(media ?? seal),
  );
}
