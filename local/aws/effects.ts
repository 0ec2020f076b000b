/** A service that the embedded platform offers. */
export type ServiceName =
  | 's3'
  | 'dynamodb'
  | 'sns'
  | 'sqs'
  | 'secretsmanager'
  | 'kms'
  | 'glue'
  | 'stepfunctions';

/** One request to one service: what crash tests take their list of outside effects from. */
export interface Effect {
  /** Position in the order of arrival, from 1, unique within one start of the platform. */
  readonly sequence: number;
  readonly service: ServiceName;
  /** AWS's name of the operation, such as `PutObject`. */
  readonly operation: string;
  /** What it is done to: `bucket/key` or `bucket/prefix`, `table/key values`, a name or an ARN. */
  readonly resource: string;
  /** Who asks, by the access key that the request is signed with: see `tellCaller` of functions. */
  readonly caller?: string;
  /**
   * Units of reading or writing that a request to DynamoDB consumed; told `after` it, where it was not refused. A refused condition
   * consumes units too: AWS takes them by the size of the item that is there.
   */
  readonly capacityUnits?: number;
}

/** Before the service has seen the request, or after its effect and before the caller hears of it. */
export type EffectPhase = 'before' | 'after';

/**
 * Is told of every request. A promise holds the request until it settles; a rejection cuts the connection there, so that
 * `before` leaves no effect and `after` leaves an effect whose answer is lost. A caller that is gone when `before`
 * settles causes no effect either.
 */
export type EffectListener = (phase: EffectPhase, effect: Effect) => void | Promise<void>;

/** Listeners of one platform, told in the order in which they came. */
export class EffectListeners {
  #listeners = new Set<EffectListener>();
  #sequence = 0;

  /** Adds a listener; the function returned removes it. */
  add(listener: EffectListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Gives a request its place in the order of arrival. */
  number(effect: Omit<Effect, 'sequence'>): Effect {
    this.#sequence += 1;
    return { sequence: this.#sequence, ...effect };
  }

  async tell(phase: EffectPhase, effect: Effect): Promise<void> {
    for (const listener of [...this.#listeners]) await listener(phase, effect);
  }
}
