import { Annotations, App, Tags } from 'aws-cdk-lib';
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import cdkSettings from '../cdk.json' with { type: 'json' };
import { type LoadedConfiguration, loadConfiguration } from './configuration-file.ts';
import { LakeStack } from './lake-stack.ts';
import { TenantAlarmsStack } from './tenant-alarms-stack.ts';
import { TenantStack } from './tenant-stack.ts';

/** How the app is built. */
export interface AppOptions {
  /** Folder of the cloud assembly. Default: the CDK command's, or a temporary one. */
  outdir?: string;
  /** Whether functions are bundled. Default: true. Without, assets refer to the sources and cannot be deployed. */
  bundling?: boolean;
  /** Whether CDK validates the templates at synth. Default: true. */
  validation?: boolean;
}

/**
 * Builds the app: one lake, and of each tenant a stack and one of its datasets' alarms. The caller synthesises it.
 * Throws `Refusal` with all problems when given a file that is no configuration.
 */
export function buildApp(configuration: string | LoadedConfiguration, options: AppOptions = {}): App {
  const loaded = typeof configuration === 'string' ? loadConfiguration(configuration) : configuration;
  const app = new App({
    // Strong: the lake's stack cannot lose what a tenant's stack still uses.
    context: { ...cdkSettings.context, '@aws-cdk/core:defaultCrossStackReferences': 'strong' },
    analyticsReporting: false,
    ...(options.outdir === undefined ? {} : { outdir: options.outdir }),
    ...(options.bundling === false ? { postCliContext: { 'aws:cdk:bundling-stacks': [] } } : {}),
    ...(options.validation === false ? { builtinCloudFormationValidation: false } : {}),
  });
  const { lake: settings } = loaded.configuration;
  const lake = new LakeStack(app, settings);
  for (const configured of loaded.tenants) {
    const alarms = new TenantAlarmsStack(app, { settings, configured, lake });
    new TenantStack(app, { settings, configured, lake }).addStackDependency(alarms);
  }
  for (const [key, value] of Object.entries(settings.tags)) Tags.of(app).add(key, value);
  if (settings.permissionsBoundaryArn !== undefined) {
    const boundary = ManagedPolicy.fromManagedPolicyArn(lake, 'Boundary', settings.permissionsBoundaryArn);
    PermissionsBoundary.of(app).apply(boundary);
  }
  for (const warning of loaded.warnings)
    Annotations.of(lake).addWarningV2('cxone-export:configuration', warning);
  return app;
}
