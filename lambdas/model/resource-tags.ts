import { z } from 'zod';

/** What a tag's key and value consist of, of all resources that we make: IAM takes the fewest letters (its API, `Tag`). */
const LETTERS = String.raw`[\p{L}\p{Z}\p{N}_.:/=+\-@]`;

/** Tags that a resource may have are 50; a machine has two of our own beside these. */
const MOST_TAGS = 48;

/** Tags that are put on every resource. */
export const ResourceTags = z
  .record(
    z
      .string()
      .regex(
        new RegExp(`^(?![Aa][Ww][Ss]:)${LETTERS}{1,128}$`, 'u'),
        'must be named by 1 to 128 letters, digits, spaces and _.:/=+-@, and not begin with aws:',
      ),
    z
      .string()
      .regex(
        new RegExp(`^${LETTERS}{0,256}$`, 'u'),
        'must be at most 256 letters, digits, spaces and _.:/=+-@',
      ),
  )
  .refine((tags) => Object.keys(tags).length <= MOST_TAGS, `must be at most ${MOST_TAGS} tags`)
  .refine((tags) => {
    const keys = Object.keys(tags).map((key) => key.toLowerCase());
    return new Set(keys).size === keys.length;
  }, 'must not have keys that differ in capitals alone: IAM takes them for one');
