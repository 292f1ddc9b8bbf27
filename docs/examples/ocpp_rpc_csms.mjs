// A CSMS in a few lines of the npm package ocpp-rpc, strict, for 1.6 and 2.0.1: node docs/examples/ocpp_rpc_csms.mjs 9442
// The package is looked for in node_modules of the folder where it is started.
import { createRequire } from "node:module";

const { RPCServer } = createRequire(`${process.cwd()}/`)("ocpp-rpc");

const now = () => new Date().toISOString();
const bad = { AABBCC07: "Blocked", AABBCC08: "Expired", AABBCC09: "Invalid", AABBCC99: "Invalid" };
let transactions = 0;

const server = new RPCServer({ protocols: ["ocpp1.6", "ocpp2.0.1"], strictMode: true });
server.auth((accept) => accept({}));
server.on("client", (client) => {
  client.handle("BootNotification", () => ({ currentTime: now(), interval: 300, status: "Accepted" }));
  client.handle("Heartbeat", () => ({ currentTime: now() }));
  for (const action of ["StatusNotification", "MeterValues", "NotifyEvent", "NotifyReport", "SecurityEventNotification"])
    client.handle(action, () => ({}));
  client.handle("Authorize", ({ params }) => {
    const token = params.idTag ?? params.idToken.idToken;
    const info = { status: bad[token] ?? "Accepted" };
    return "idTag" in params ? { idTagInfo: info } : { idTokenInfo: info };
  });
  client.handle("StartTransaction", ({ params }) => ({
    transactionId: ++transactions,
    idTagInfo: { status: bad[params.idTag] ?? "Accepted" },
  }));
  client.handle("StopTransaction", () => ({}));
  client.handle("TransactionEvent", ({ params }) =>
    params.idToken ? { idTokenInfo: { status: bad[params.idToken.idToken] ?? "Accepted" } } : {});
});
server.listen(Number(process.argv[2] ?? 9002), "127.0.0.1");
