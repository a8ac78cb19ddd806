// A program as a partner would write it: what it may ask and what it gets is known before it runs.
import createClient from "openapi-fetch";
import type { components, paths } from "./description.js";

const api = createClient<paths>({ baseUrl: "http://127.0.0.1:8080" });

export async function centres(): Promise<string[]> {
  const { data, error } = await api.GET("/v1/centres", { params: { query: { limit: 10 } } });
  if (error) throw new Error(error.code);
  if (typeof data === "string") throw new Error("a table, which nobody asked for");
  return data.items.map((centre) => centre.id);
}

export async function register(
  enterprise: components["schemas"]["RegisterEnterprise"], key: string,
): Promise<string> {
  const { data, error } = await api.POST("/v1/enterprises", {
    params: { header: { "Idempotency-Key": key } },
    body: enterprise,
  });
  if (error) throw new Error(`${error.code}: ${error.errors?.map((one) => one.field).join(", ") ?? ""}`);
  return data.id;
}

export async function apply(centre: string): Promise<string> {
  const { data, error } = await api.POST("/v1/grants", {
    body: { centre_id: centre, fiscal_year: 2019, amount: "200000.00", plan: [] },
  });
  if (error) throw new Error(error.title);
  return data.no;
}
