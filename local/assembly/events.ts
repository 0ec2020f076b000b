import { z } from 'zod';
import { defined, looseNumber, looseText, type ResourceReader } from './resources.ts';
import type { Alarm, EventRule, Queue, Schedule, Topic, TopicSubscription } from './types.ts';

/** Reads a topic. */
export function readTopic(reader: ResourceReader): Topic {
  const { ref: arn, attributes } = reader.identity;
  return { ...reader.origin, name: attributes.TopicName ?? arn, arn };
}

const subscriptionProperties = z.object({
  TopicArn: z.string(),
  Protocol: z.string(),
  Endpoint: z.string(),
  RawMessageDelivery: looseText.optional(),
  FilterPolicy: z.record(z.string(), z.unknown()).optional(),
  FilterPolicyScope: z.string().optional(),
});

/** Reads a subscription. */
export function readSubscription(reader: ResourceReader): TopicSubscription {
  const { TopicArn, Protocol, Endpoint, ...rest } = reader.properties(subscriptionProperties);
  return {
    ...reader.origin,
    topicArn: TopicArn,
    protocol: Protocol,
    endpoint: Endpoint,
    attributes: defined({
      RawMessageDelivery: rest.RawMessageDelivery,
      FilterPolicy: rest.FilterPolicy && JSON.stringify(rest.FilterPolicy),
      FilterPolicyScope: rest.FilterPolicyScope,
    }),
  };
}

const queueProperties = z.object({
  DelaySeconds: looseText.optional(),
  MaximumMessageSize: looseText.optional(),
  MessageRetentionPeriod: looseText.optional(),
  ReceiveMessageWaitTimeSeconds: looseText.optional(),
  VisibilityTimeout: looseText.optional(),
  RedrivePolicy: z.record(z.string(), z.unknown()).optional(),
});

/** Reads a queue. */
export function readQueue(reader: ResourceReader): Queue {
  const { RedrivePolicy, ...attributes } = reader.properties(queueProperties);
  const { ref: url, attributes: identity } = reader.identity;
  return {
    ...reader.origin,
    name: identity.QueueName ?? url,
    arn: identity.Arn ?? url,
    url,
    attributes: defined({ ...attributes, RedrivePolicy: RedrivePolicy && JSON.stringify(RedrivePolicy) }),
  };
}

const deadLetter = z.object({ Arn: z.string().optional() }).optional();
const ruleProperties = z.object({
  EventBusName: z.string().default('default'),
  EventPattern: z.record(z.string(), z.unknown()).optional(),
  ScheduleExpression: z.string().optional(),
  State: z.string().default('ENABLED'),
  Targets: z
    .array(
      z.object({
        Id: z.string(),
        Arn: z.string(),
        Input: z.string().optional(),
        InputPath: z.string().optional(),
        InputTransformer: z
          .object({ InputPathsMap: z.record(z.string(), z.string()).default({}), InputTemplate: z.string() })
          .optional(),
        DeadLetterConfig: deadLetter,
      }),
    )
    .default([]),
});

/** Reads a rule. */
export function readRule(reader: ResourceReader): EventRule {
  const properties = reader.properties(ruleProperties);
  const { ref: name, attributes } = reader.identity;
  return defined({
    ...reader.origin,
    name,
    arn: attributes.Arn ?? name,
    enabled: properties.State !== 'DISABLED',
    bus: properties.EventBusName,
    pattern: properties.EventPattern,
    scheduleExpression: properties.ScheduleExpression,
    targets: properties.Targets.map((target) =>
      defined({
        id: target.Id,
        arn: target.Arn,
        input: target.Input,
        inputPath: target.InputPath,
        inputTransformer: target.InputTransformer && {
          paths: target.InputTransformer.InputPathsMap,
          template: target.InputTransformer.InputTemplate,
        },
        deadLetterArn: target.DeadLetterConfig?.Arn,
      }),
    ),
  });
}

const scheduleProperties = z.object({
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.string().default('UTC'),
  State: z.string().default('ENABLED'),
  Target: z.object({
    Arn: z.string(),
    Input: z.string().optional(),
    DeadLetterConfig: deadLetter,
    RetryPolicy: z
      .object({
        MaximumRetryAttempts: looseNumber.default(185),
        MaximumEventAgeInSeconds: looseNumber.default(86_400),
      })
      .default({ MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 }),
  }),
});

/** Reads a schedule; the defaults are EventBridge Scheduler's. */
export function readSchedule(reader: ResourceReader): Schedule {
  const properties = reader.properties(scheduleProperties);
  const { ref: name, attributes } = reader.identity;
  const { Target: target } = properties;
  return {
    ...reader.origin,
    name,
    arn: attributes.Arn ?? name,
    enabled: properties.State !== 'DISABLED',
    expression: properties.ScheduleExpression,
    timezone: properties.ScheduleExpressionTimezone,
    target: defined({
      arn: target.Arn,
      input: target.Input,
      deadLetterArn: target.DeadLetterConfig?.Arn,
      retries: {
        attempts: target.RetryPolicy.MaximumRetryAttempts,
        ageSeconds: target.RetryPolicy.MaximumEventAgeInSeconds,
      },
    }),
  };
}

const alarmProperties = z.object({
  AlarmActions: z.array(z.string()).default([]),
  AlarmDescription: z.string().optional(),
  ComparisonOperator: z.string().optional(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: looseText })).default([]),
  EvaluationPeriods: looseNumber.optional(),
  MetricName: z.string().optional(),
  Namespace: z.string().optional(),
  Period: looseNumber.optional(),
  Statistic: z.string().optional(),
  Threshold: looseNumber.optional(),
  TreatMissingData: z.string().optional(),
});

/** Reads an alarm. */
export function readAlarm(reader: ResourceReader): Alarm {
  const properties = reader.properties(alarmProperties);
  const { ref: name, attributes } = reader.identity;
  const { MetricName: metric, Namespace: namespace } = properties;
  return defined({
    ...reader.origin,
    name,
    arn: attributes.Arn ?? name,
    metric:
      metric === undefined || namespace === undefined
        ? undefined
        : defined({
            namespace,
            name: metric,
            dimensions: Object.fromEntries(properties.Dimensions.map(({ Name, Value }) => [Name, Value])),
            statistic: properties.Statistic,
          }),
    threshold: properties.Threshold,
    comparison: properties.ComparisonOperator,
    periodSeconds: properties.Period,
    periods: properties.EvaluationPeriods,
    missing: properties.TreatMissingData,
    description: properties.AlarmDescription,
    actions: properties.AlarmActions,
  });
}
