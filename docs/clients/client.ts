// A client of the Xinzheng API in TypeScript. Its types: npx openapi-typescript SERVICE/openapi.json -o xinzheng.ts
//   node client.ts report SERVICE FOLDER   asks for a report about the subject of the client's token and keeps it in FOLDER;
//                                          CLIENT_ID and CLIENT_SECRET are the identity provider's
//   node client.ts verify SERVICE FOLDER   says of each PDF in FOLDER how it stands; the files stay where they are
import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { components } from "./xinzheng.ts";
type Schemas = components["schemas"];

async function ask<T>(address: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(address, init);
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function report(service: string, folder: string) {
  const description = await ask<{ components: { securitySchemes: { openId: { openIdConnectUrl: string } } } }>(`${service}/openapi.json`);
  const { token_endpoint } = await ask<{ token_endpoint: string }>(description.components.securitySchemes.openId.openIdConnectUrl);
  const { CLIENT_ID: client_id = "", CLIENT_SECRET: client_secret = "" } = process.env;
  const credentials = new URLSearchParams({ grant_type: "client_credentials", client_id, client_secret });
  const { access_token } = await ask<{ access_token: string }>(token_endpoint, { method: "POST", body: credentials });
  const wanted: Schemas["ReportRequest"] = { purpose: "financial" };
  const headers = { authorization: `Bearer ${access_token}`, "content-type": "application/json", "idempotency-key": randomUUID() };
  const issued = await ask<Schemas["NewReport"]>(`${service}/reports`, { method: "POST", headers, body: JSON.stringify(wanted) });
  if (!issued.download) throw new Error("there is nothing to download");
  const pdf = await fetch(issued.download.url);
  await writeFile(join(folder, `${issued.number}.pdf`), Buffer.from(await pdf.arrayBuffer()));
  const verified = await ask<Schemas["Verification"]>(`${service}/verify/${issued.code}`);
  console.log([verified.number, verified.status, verified.subject.name].join("\t"));
}

async function verify(service: string, folder: string) {
  const files: string[] = [];
  for (const entry of (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile())) {
    // What is a PDF is told by its bytes, not by its name.
    if ((await readFile(join(folder, entry.name))).subarray(0, 1024).includes("%PDF-")) files.push(entry.name);
  }
  if (!files.length) throw new Error(`there is no PDF in ${folder}`);
  files.sort();
  for (let start = 0; start < files.length; start += 100) {
    const some = files.slice(start, start + 100);
    const digest = async (name: string) => createHash("sha256").update(await readFile(join(folder, name))).digest("hex");
    const body: Schemas["BatchRequest"] = { sha256: await Promise.all(some.map(digest)) };
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const { results } = await ask<Schemas["BatchAnswers"]>(`${service}/verify`, init);
    results.forEach((result, index) => {
      // A sample is no report; `status` is also why there is none.
      const standing = "sample" in result && result.sample ? "sample" : result.status;
      if (standing !== "valid") process.exitCode = 1;
      console.log(`${some[index]}\t${standing}`);
    });
  }
}

const [what, service = "", folder = ""] = process.argv.slice(2);
await (what === "report" ? report : verify)(service, folder);
