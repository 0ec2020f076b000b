import type { Construct } from 'constructs';
import type { MediaSettings } from '../../../lambdas/model/media.ts';
import type { PipelineFunction } from '../../functions/pipeline-function.ts';
import { jsonata, RESULT } from './expressions.ts';
import { callWithToken } from './with-token.ts';

/** What storing the media of an archive day takes. */
export interface StoreMedia {
  function: PipelineFunction;
  token: PipelineFunction;
  settings: MediaSettings;
}

/**
 * The state that stores recordings and transcripts of a claimed archive day. It gives `more` where
 * it is to be entered again. Variables: those of the claim, `round`, and `mediaThrough`, -1 at first.
 */
export function storeMedia(scope: Construct, { function: stores, token, settings }: StoreMedia) {
  return callWithToken(scope, 'StoreMedia', {
    family: 'interactions',
    function: stores,
    token,
    payload: {
      run: jsonata('$run'),
      dataset: jsonata('$dataset'),
      day: jsonata('$day'),
      epoch: jsonata('$epoch'),
      round: jsonata('$round'),
      ...settings,
      after: jsonata('$mediaThrough'),
    },
    // The function repeats the calls themselves; what it cannot mend is left for a later run.
    faults: [],
    assign: { mediaThrough: jsonata(`${RESULT}.after`) },
  });
}
