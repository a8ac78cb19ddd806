// node judge.mjs asyncapi.json: what AsyncAPI's own parser says of a document, as JSON.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const said = diagnostics.map(({ code, message, path, severity }) => ({ code, message, path: path.join("/"), severity }));
const found = document && {
  version: document.version(),
  servers: document.servers().all().map((server) => [server.id(), server.protocol(), server.security().length]),
  channels: document.channels().all().map((channel) => channel.id()),
  operations: document.operations().all().map((operation) => [operation.id(), operation.action()]),
  messages: document.components().messages().all().map((message) => message.id()),
};
console.log(JSON.stringify({ said, found }));
