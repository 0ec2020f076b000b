import type { Stack } from 'aws-cdk-lib';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { LakeSettings } from '../lambdas/model/configuration.ts';
import type { CdrPipeline, PipelineName } from '../lambdas/model/pipelines.ts';
import type { ConfiguredTenant } from './configuration-file.ts';
import type { TenantFunctions } from './functions/tenant-functions.ts';
import { ANALYTICS_EXPORT_FUNCTIONS, AnalyticsExportWorkflow } from './workflows/analytics-export.ts';
import { CDR_EXPORT_FUNCTIONS, CdrExportWorkflow } from './workflows/cdr-export.ts';
import { DATA_ACTION_FUNCTIONS, DataActionDatesWorkflow } from './workflows/data-action-dates.ts';
import type { WorkflowProps } from './workflows/fragments/machine.ts';
import {
  INTERACTION_ARCHIVE_FUNCTIONS,
  InteractionArchiveWorkflow,
} from './workflows/interaction-archive.ts';
import { REPORT_SYNC_FUNCTIONS, ReportSyncWorkflow } from './workflows/report-sync.ts';

/** A pipeline as it is deployed: what makes its machine, and when it starts by itself. */
export interface DeployedPipeline {
  id: string;
  workflow: (id: string, common: WorkflowProps) => { stateMachine: StateMachine };
  /** Absent: started on demand only. */
  nightly?: Pick<CdrPipeline, 'schedule' | 'enabled'>;
}

/** Every pipeline of a tenant, made in `stack`. A pipeline that the configuration leaves out is absent. */
export function tenantPipelines(
  stack: Stack,
  settings: LakeSettings,
  configured: ConfiguredTenant,
  functions: TenantFunctions,
): Partial<Record<PipelineName, DeployedPipeline>> {
  const { cdr, analytics, reports, archive, dataActions } = configured;
  const { rawDays } = settings.retention;
  return {
    'cdr-export': {
      id: 'CdrExport',
      workflow: (id, common) =>
        new CdrExportWorkflow(stack, id, {
          ...common,
          ...cdr,
          functions: functions.of(CDR_EXPORT_FUNCTIONS),
        }),
      nightly: cdr.settings,
    },
    ...(analytics && {
      'analytics-export': {
        id: 'AnalyticsExport',
        workflow: (id: string, common: WorkflowProps) =>
          new AnalyticsExportWorkflow(stack, id, {
            ...common,
            ...analytics,
            rawDays,
            functions: functions.of(ANALYTICS_EXPORT_FUNCTIONS),
          }),
        nightly: analytics.settings,
      },
    }),
    ...(reports && {
      'report-sync': {
        id: 'ReportSync',
        workflow: (id: string, common: WorkflowProps) =>
          new ReportSyncWorkflow(stack, id, {
            ...common,
            ...reports,
            functions: functions.of(REPORT_SYNC_FUNCTIONS),
          }),
        nightly: reports.settings,
      },
    }),
    ...(archive && {
      'interaction-archive': {
        id: 'InteractionArchive',
        workflow: (id: string, common: WorkflowProps) =>
          new InteractionArchiveWorkflow(stack, id, {
            ...common,
            settings: archive,
            functions: functions.of(INTERACTION_ARCHIVE_FUNCTIONS),
            ...(archive.media && { storeMedia: functions.of(['store-media'])['store-media'] }),
          }),
        nightly: archive,
      },
    }),
    ...(dataActions && {
      'data-action-dates': {
        id: 'DataActionDates',
        workflow: (id: string, common: WorkflowProps) =>
          new DataActionDatesWorkflow(stack, id, {
            ...common,
            settings: dataActions,
            functions: functions.of(DATA_ACTION_FUNCTIONS),
          }),
        ...(dataActions.schedule && { nightly: { ...dataActions, schedule: dataActions.schedule } }),
      },
    }),
  };
}
