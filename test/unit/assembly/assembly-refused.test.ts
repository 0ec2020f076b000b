import { Aws, CfnCondition, CfnResource, Duration, Fn, Stack, Token } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import { loadAssembly } from '../../../local/assembly/assembly.ts';
import { AssemblyRefused, Unresolvable } from '../../../local/assembly/refused.ts';
import { assemblyOf, synthesise, temporaryFolder } from './synthesised.ts';

describe('OPS-06 conditions and what is left out', () => {
  it('leaves out resources whose condition does not hold and takes the branch of Fn::If that does', () => {
    const { topics, queues } = assemblyOf((app) => {
      const stack = new Stack(app, 'S');
      const here = new CfnCondition(stack, 'Here', {
        expression: Fn.conditionEquals(Aws.REGION, 'eu-west-1'),
      });
      const elsewhere = new CfnCondition(stack, 'Elsewhere', { expression: Fn.conditionNot(here) });
      const both = new CfnCondition(stack, 'Both', { expression: Fn.conditionAnd(here, elsewhere) });
      const either = new CfnCondition(stack, 'Either', { expression: Fn.conditionOr(here, elsewhere) });
      for (const [name, condition] of Object.entries({ here, elsewhere, both, either })) {
        const topic = new CfnResource(stack, `Topic${name}`, {
          type: 'AWS::SNS::Topic',
          properties: { TopicName: name },
        });
        topic.cfnOptions.condition = condition;
      }
      new Queue(stack, 'Queue', {
        queueName: Token.asString(Fn.conditionIf(elsewhere.logicalId, 'no', 'yes')),
        deliveryDelay: Duration.seconds(Token.asNumber(Fn.conditionIf(elsewhere.logicalId, 5, Aws.NO_VALUE))),
      });
    });

    expect(topics.map((topic) => topic.name)).toEqual(['here', 'either']);
    expect(queues).toMatchObject([{ name: 'yes', attributes: {} }]);
  });

  it('shortens generated names to what AWS takes, the same every time and apart', () => {
    const long = 'x'.repeat(90);
    const build = () =>
      assemblyOf((app) => {
        const stack = new Stack(app, 'S', { stackName: 'a-stack' });
        new Bucket(stack, `${long}1`);
        new Bucket(stack, `${long}2`);
      }).buckets.map((bucket) => bucket.name);

    const [once, again] = [build(), build()];

    expect(once).toEqual(again);
    expect(new Set(once).size).toBe(2);
    expect(once.every((name) => name.length <= 63 && name === name.toLowerCase())).toBe(true);
  });
});

describe('OPS-06 what cannot be resolved', () => {
  const refusal = (build: Parameters<typeof synthesise>[0]) => {
    try {
      loadAssembly(synthesise(build));
    } catch (error) {
      if (error instanceof AssemblyRefused) return error.problems;
    }
    return [];
  };
  const topic = (stack: Stack, id: string, name: unknown) =>
    new CfnResource(stack, id, { type: 'AWS::SNS::Topic', properties: { TopicName: name } });

  it('reports every value that cannot be resolved, each with its path', () => {
    const problems = refusal((app) => {
      const stack = new Stack(app, 'S');
      new CfnResource(stack, 'Custom', { type: 'Custom::Thing' });
      topic(stack, 'A', Fn.getAtt('Custom', 'Name'));
      topic(stack, 'B', Fn.importValue('nobody'));
      topic(stack, 'C', Fn.cidr('10.0.0.0/16', 1));
      topic(stack, 'D', '{{resolve:ssm:/name}}');
      new CfnResource(stack, 'E', {
        type: 'AWS::SQS::Queue',
        properties: { DelaySeconds: Fn.ref('Nobody') },
      });
    });

    expect(problems).toEqual([
      expect.stringMatching(/^S\.A.*Custom::Thing Custom has no local identity$/),
      expect.stringMatching(/^S\.B.*no stack exports nobody$/),
      expect.stringMatching(/^S\.C.*Fn::Cidr is not embedded$/),
      expect.stringMatching(/^S\.D.*dynamic references are not embedded$/),
      expect.stringMatching(/^S\.E\.Properties\.DelaySeconds\.Ref: there is no resource Nobody in S$/),
    ]);
  });

  it('passes over resources that have no local counterpart, whatever they refer to', () => {
    const problems = refusal((app) => {
      const stack = new Stack(app, 'S');
      new CfnResource(stack, 'Custom', {
        type: 'Custom::Thing',
        properties: { Name: Fn.importValue('nobody') },
      });
    });

    expect(problems).toEqual([]);
  });

  it('names an output that is not there', () => {
    const { output } = assemblyOf((app) => new Stack(app, 'S'));

    const read = () => output('S', 'Nobody');

    expect(read).toThrow(Unresolvable);
    expect(read).toThrow('S.Outputs.Nobody');
  });

  it('refuses a folder that holds no cloud assembly', () => {
    const load = () => loadAssembly(temporaryFolder());

    expect(load).toThrow(/manifest\.json/);
  });
});
