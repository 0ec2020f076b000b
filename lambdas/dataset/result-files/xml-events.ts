import type { Readable } from 'node:stream';
import sax from 'sax';
import { catalogued } from '../../model/errors.ts';

/** Characters that one element's text may have: a cell of a spreadsheet holds 32,767. */
const TEXT_CHARACTERS = 2_000_000;

/** What a reader of XML is told, in the order of the text. Names come without their prefix. */
export interface XmlReader {
  begin(name: string, attributes: Readonly<Record<string, string>>): void;
  text(text: string): void;
  end(name: string): void;
}

/**
 * Reads XML as it comes, and pauses after every chunk, so that what was read of it can be handed on. Throws `PartMalformed` for what is no
 * XML. Entities beside the five of XML itself are not known: nothing can be made to grow by them.
 */
export async function* readXml(source: Readable, reader: XmlReader): AsyncGenerator<void> {
  const parser = sax.parser(true, {});
  const found: { error?: Error } = {};
  let characters = 0;
  parser.onopentag = ({ name, attributes }) => {
    characters = 0;
    const given = Object.entries(attributes).map(([key, value]) => [key, String(value)]);
    reader.begin(withoutPrefix(name), Object.fromEntries(given));
  };
  const take = (text: string) => {
    characters += text.length;
    if (characters <= TEXT_CHARACTERS) reader.text(text);
    else found.error ??= new Error('An element has more text than a cell can have.');
  };
  parser.ontext = take;
  parser.oncdata = take;
  parser.onclosetag = (name) => reader.end(withoutPrefix(name));
  parser.onerror = (error) => {
    found.error ??= error;
  };
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of source) {
      parser.write(decoder.decode(chunk, { stream: true }));
      if (found.error !== undefined) throw found.error;
      yield;
    }
    parser.close();
    if (found.error !== undefined) throw found.error;
  } catch (error) {
    throw catalogued('PartMalformed', 'A sheet of the workbook is not well-formed.', {}, error);
  }
  yield;
}

function withoutPrefix(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
