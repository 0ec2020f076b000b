import { drawNumber, seedOf, uuidOf } from './random.ts';

/** Name of the n-th data action, from 1. */
export function actionName(number: number): string {
  return `Date_Action_${String(number).padStart(5, '0')}`;
}

/** Id of the n-th data action; a second one of the same name has another. */
export function actionId(seed: string, number: number, twin: boolean): string {
  return uuidOf(seed, 'action', String(number), twin ? 'twin' : '');
}

/**
 * A data action as an administrator has made it: with fields that no document names, numbers beyond what a program's own numbers
 * hold, names that mean something to a language, and spelling of its own. Whoever writes it back from values loses some of it.
 */
export function actionText(
  seed: string,
  number: number,
  options: { versioned: boolean; twin: boolean },
): string {
  const drawn = drawNumber(seedOf(seed, 'action'), number);
  const version = options.versioned ? `"version":${1 + (drawn % 40)}, ` : '';
  const processing =
    number % 5 === 0
      ? ''
      : `"dateProcessing" : {"sourceField":"input_datetime","targetField":"processed_datetime",` +
        `"computedValue":"2020-01-0${1 + (drawn % 9)}T00:00:00.000Z","timezone":"Etc/UTC","dstAdjustment":false,` +
        `"precision":3,"legacy":{"keep":${drawn}.0}}, `;
  return (
    `{"id":"${actionId(seed, number, options.twin)}","name":"${actionName(number)}","type":"custom","enabled":${drawn % 3 > 0}, ` +
    `${version}"contract":{"input":${drawn}00000000000000001,"schema":"http:\\/\\/example\\u002ecom"},` +
    `"configuration":{ "revision":0, ${processing}"limits":[1.0,-0.0,1E3,12345678901234567890.123456789],` +
    `"10":"ten","2":"two","__proto__":{"polluted":true},"constructor":"${drawn}",` +
    `"note":"Ünïcode \\ud83d\\ude00 \\"quoted\\" ${drawn}","empty":{},"nothing":null,"deep":[[[{"x":[]}]]] } }`
  );
}
