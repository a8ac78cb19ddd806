// Redocly's own reader and rules judge the description named on the command line; says the errors as JSON.
import { createConfig, lint } from "@redocly/openapi-core";

const rules = {
  struct: "error", "no-unresolved-refs": "error", "operation-operationId-unique": "error",
  "operation-parameters-unique": "error", "path-parameters-defined": "error", "no-identical-paths": "error",
  "path-declaration-must-exist": "error", "no-duplicated-tag-names": "error", "operation-tag-defined": "error",
  "tag-description": "error", "security-defined": "error", "operation-4xx-response": "error",
  "no-invalid-media-type-examples": "error",
};
const config = await createConfig({ rules });
const problems = await lint({ ref: process.argv[2], config });
const said = problems.filter((one) => one.severity === "error")
  .map((one) => ({ rule: one.ruleId, message: one.message, where: one.location?.[0]?.pointer ?? "" }));
process.stdout.write(JSON.stringify(said));
