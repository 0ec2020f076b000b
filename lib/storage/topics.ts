import { Aws } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { LakeKey } from './lake-key.ts';

/** Props of `Topics`. */
export interface TopicsProps {
  key: LakeKey;
  /** Subscribed to the alarms. AWS asks the address for its consent. */
  alarmEmail?: string | undefined;
}

/** Where people hear of the lake: notices of runs that failed, and alarms. Encrypted with the lake's key, TLS only. */
export class Topics extends Construct {
  readonly notices: Topic;
  readonly alarms: Topic;
  private readonly key: LakeKey;

  constructor(scope: Construct, id: string, props: TopicsProps) {
    super(scope, id);
    this.key = props.key;
    const settings = { masterKey: props.key.key, enforceSSL: true };
    this.notices = new Topic(this, 'Notices', { displayName: 'CXone export: notices', ...settings });
    this.alarms = new Topic(this, 'Alarms', { displayName: 'CXone export: alarms', ...settings });
    // A topic with a policy of its own has lost the one that let its account's alarms publish.
    this.alarms.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.alarms.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    if (props.alarmEmail !== undefined) this.alarms.addSubscription(new EmailSubscription(props.alarmEmail));
  }

  /** Lets the grantee send notices. */
  grantNotify(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['sns:Publish'], resources: [this.notices.topicArn] }),
    );
    this.key.grantThrough(grantee, 'sns');
  }
}
