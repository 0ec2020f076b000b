/** Numbers from 0 up to 1 that are the same in every process (a linear congruential generator). */
export function steadyNumbers(): () => number {
  let state = 20_240_515;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}
