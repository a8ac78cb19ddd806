// node intruder.mjs config.json attempts.json: tries what a bureau may not do, and prints what came of each attempt.
import { readFileSync } from "node:fs";
import { connect, nkeyAuthenticator } from "nats";

const [config, attempts] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, "utf8")));
const connection = await connect({
  servers: config.nats.url,
  authenticator: nkeyAuthenticator(new TextEncoder().encode(config.nats.seed)),
  inboxPrefix: config.nats.inbox_prefix,
  reconnect: false,
});

const refused = [];
(async () => {
  for await (const status of connection.status()) {
    if (status.type === "error") refused.push(status.permissionContext ?? { error: status.data });
  }
})();

const heard = [];
for (const subject of attempts.subscribe) {
  connection.subscribe(subject, {
    callback: (error, message) => {
      if (!error) heard.push({ via: subject, subject: message.subject, text: message.string() });
    },
  });
}
for (const subject of attempts.publish) connection.publish(subject, "intruder", { reply: `${config.nats.inbox_prefix}.1` });
await connection.flush();
await new Promise((resolve) => setTimeout(resolve, attempts.wait ?? 500));
const of = (operation) => refused.filter((one) => one.operation === operation).map((one) => one.subject);
console.log(JSON.stringify({ subscribe: of("subscription"), publish: of("publish"), heard, others: refused.filter((one) => one.error) }));
await connection.close();
