import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** What is read back at once: three bytes are four characters of base64. */
const READ_BYTES = 3 * 65_536;

/**
 * Bytes that wait on the local disk until they can be sent, in their order. The file has no name once it is open: it ends with the
 * process, however that ends.
 */
export class Spool implements AsyncDisposable {
  readonly #file: FileHandle;
  #bytes = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @param folder on the local disk; made where it is missing */
  static async open(folder: string): Promise<Spool> {
    await mkdir(folder, { recursive: true });
    const path = join(folder, randomUUID());
    const file = await open(path, 'wx+', 0o600);
    await unlink(path);
    return new Spool(file);
  }

  /** Appends bytes. Their memory may be used again when it resolves; one call at a time. */
  async append(bytes: Buffer): Promise<void> {
    for (let from = 0; from < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, from, bytes.length - from, this.#bytes);
      from += bytesWritten;
      this.#bytes += bytesWritten;
    }
  }

  /** All that was appended, in pieces: what is done with one has to be done before the next is asked for. */
  async *read(): AsyncGenerator<Buffer> {
    const piece = Buffer.allocUnsafeSlow(READ_BYTES);
    for (let from = 0; from < this.#bytes; ) {
      const { bytesRead } = await this.#file.read(piece, 0, READ_BYTES, from);
      if (bytesRead === 0)
        throw new Error('What waits on the local disk is shorter than what was written there.');
      yield piece.subarray(0, bytesRead);
      from += bytesRead;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}
