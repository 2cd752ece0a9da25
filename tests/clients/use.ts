// A small use of the generated types: what is asked and answered by path, as openapi-fetch and others do.
import type { components, operations, paths } from "./xinzheng.ts";

type Answer<P extends keyof paths> = paths[P] extends { get: { responses: { 200: { content: { "application/json": infer T } } } } } ? T : never;

export async function standing(service: string, code: string): Promise<components["schemas"]["ReportStatus"] | "sample"> {
  const answer = await fetch(`${service}/verify/${encodeURIComponent(code)}`);
  if (!answer.ok) {
    const problem = (await answer.json()) as components["schemas"]["Problem"];
    throw new Error(`${problem.type}: ${problem.title}`);
  }
  const verification = (await answer.json()) as Answer<"/verify/{code}">;
  return verification.sample ? "sample" : verification.status;
}

export const wanted: operations["postReports"]["requestBody"]["content"]["application/json"] = {
  purpose: "financial",
  period: { from: "2024-01-01", to: "2025-10-31" },
  domains: ["市场监管", 25],
};
