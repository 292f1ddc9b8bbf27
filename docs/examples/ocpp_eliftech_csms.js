// The example Central System of the npm package ocpp-eliftech, unchanged, and a way to have it send what a test case asks for, by the
// package's own commands: POST /api/octt/1.6/{station}/{action-in-kebab-case}. PORT is where it listens; NODE_PATH names node_modules.
const http = require("http");
const { OCPPCommands } = require("ocpp-eliftech");
const { createServer } = require("ocpp-eliftech/examples-dist/centralSystem.js");

// As in the package's own server.js: what nobody catches does not end the process.
process.on("uncaughtException", () => {});
process.on("unhandledRejection", () => {});

const answer = (response, status, error) => response.writeHead(status).end(JSON.stringify(error ? { error } : {}));

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const [, , , , station, order] = request.url.split("/");
    if (!order) return answer(response, 200);
    const letters = order.replace(/-/g, "");
    const name = Object.keys(OCPPCommands).find((one) => one.toLowerCase() === letters);
    if (!name) return answer(response, 404, `the package has no command ${order}`);
    const client = centralSystem.clients.filter((one) => one.connection.url.endsWith(`/${station}`)).pop();
    if (!client) return answer(response, 409, `${station} is not connected`);
    try {
      // What the charge point answers is not waited for.
      client.connection.send(new OCPPCommands[name](JSON.parse(Buffer.concat(chunks)))).catch(() => {});
      answer(response, 200);
    } catch (error) {
      answer(response, 500, error.message);
    }
  });
});
const centralSystem = createServer(server);
server.listen(Number(process.env.PORT), "127.0.0.1");
