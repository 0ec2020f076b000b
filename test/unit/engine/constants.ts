/** The instant at which every test begins. */
export const START = Date.parse('2024-05-15T03:00:00.000Z');

/** The ARN of the machine under test. */
export const MACHINE = 'arn:aws:states:eu-west-1:000000000000:stateMachine:nightly';
