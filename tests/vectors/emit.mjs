// One JSON object a line; the reader counts them by kind.
import fs from 'node:fs';

export const emit = (line) => {
  const bytes = Buffer.from(`${JSON.stringify(line, (_, value) => typeof value === 'bigint' ? value.toString() : value)}\n`);
  for (let at = 0; at < bytes.length;) {
    try {
      at += fs.writeSync(1, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error; // a pipe takes only part at times
    }
  }
};
