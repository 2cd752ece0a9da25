// Copies of a report that others have added to, as a bank does that keeps what proves it (ISO 32000-2, 12.8.4.3), or as a forger does.

const last = (text, pattern) => [...text.matchAll(pattern)].at(-1)[1];

/** The text of an object as it stands last in a file. */
function object(text, number) {
  const from = text.lastIndexOf(`\n${number} 0 obj\n`) + 1;
  return text.slice(from, text.indexOf("endobj", from)).replace(/^\d+ 0 obj\n/, "").trimEnd();
}

/** The file with an update behind it: these objects (number, text), with a cross-reference stream as the file itself has. */
function updated(pdf, objects) {
  const text = pdf.toString("latin1");
  const [root, info, size, id] = [/\/Root (\d+) 0 R/g, /\/Info (\d+) 0 R/g, /\/Size (\d+)/g, /\/ID\[<([0-9A-F]+)>/g].map((pattern) => last(text, pattern));
  const previous = last(text, /startxref\n(\d+)/g);
  const own = Math.max(Number(size), ...objects.map(([number]) => number + 1));
  let added = "";
  const entries = [];
  const place = (number, body) => { entries.push([number, pdf.length + added.length]); added += `${number} 0 obj\n${body}\nendobj\n`; };
  for (const [number, body] of [...objects].sort((one, other) => one[0] - other[0])) place(number, body);
  const at = pdf.length + added.length;
  entries.push([own, at]);
  const table = Buffer.concat(entries.map(([, offset]) => { const entry = Buffer.alloc(6); entry[0] = 1; entry.writeUInt32BE(offset, 1); return entry; }));
  const head = `<</Type/XRef/W[1 4 1]/Index[${entries.map(([number]) => `${number} 1`).join(" ")}]/Size ${own + 1}/Root ${root} 0 R/Info ${info} 0 R`
    + `/ID[<${id}><${"0".repeat(32)}>]/Prev ${previous}/Length ${table.length}>>`;
  const begin = Buffer.from(`${added}${own} 0 obj\n${head}\nstream\n`, "latin1");
  return Buffer.concat([pdf, begin, table, Buffer.from(`\nendstream\nendobj\nstartxref\n${at}\n%%EOF\n`)]);
}

/** A copy with a store of evidence of its own behind it, and nothing else. */
export function proven(pdf) {
  const text = pdf.toString("latin1");
  const [root, size] = [/\/Root (\d+) 0 R/g, /\/Size (\d+)/g].map((pattern) => Number(last(text, pattern)));
  const catalog = object(text, root);
  const store = catalog.match(/\/DSS (\d+) 0 R/)[1];
  return updated(pdf, [[root, catalog.replace(/\/DSS \d+ 0 R/, `/DSS ${size} 0 R`)], [size, object(text, store)]]);
}

/** A copy whose first page says something else. */
export function forged(pdf) {
  const text = pdf.toString("latin1");
  const page = last(text, /\n(\d+) 0 obj\n<<\/Type \/Page\n/g);
  return updated(pdf, [[Number(page), object(text, page).replace(/\/Contents \d+ 0 R/, "")]]);
}
