declare module 'asl-validator' {
  /** Checks a definition against the schema of Amazon States Language. */
  export default function aslValidator(definition: object): { isValid: boolean; errors: unknown[] };
}
