// The path of the service that runs a job. The balancer passes a request on to one of the containers.
const { createHmac, timingSafeEqual } = require("node:crypto");
const http = require("node:http");
const Redis = require("ioredis");

const redis = new Redis(process.env.REDIS_URL);
const keys = process.env.JOBS_SECRETS.split(" ").map((secret) => Buffer.from(secret.replace(/^whsec_/, ""), "base64"));
const jobs = { "sync-rates": async (order) => console.log(`rates of ${order.tick}`) };
const digest = (bytes) => createHmac("sha256", "equal lengths").update(bytes).digest();

function isProven(name, seconds, given, body) {
  const signed = Buffer.concat([Buffer.from(`${name}.${seconds}.`), body]);
  const known = keys.map((key) => "v1," + createHmac("sha256", key).update(signed).digest("base64"));
  const shown = given.split(" ").slice(0, 8);
  const equal = known.flatMap((one) => shown.map((other) => timingSafeEqual(digest(one), digest(other))));
  return /^[0-9]{1,12}$/.test(seconds) && Math.abs(Date.now() / 1000 - Number(seconds)) <= 300 && equal.includes(true);
}

async function bytes(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > 64 * 1024) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

async function answer(request) {
  if (request.method !== "POST" || request.url !== "/jobs") return [404, {}];
  const body = await bytes(request);
  if (body === null) return [413, {}];
  const [key, seconds, given] = ["id", "timestamp", "signature"].map((name) => request.headers[`webhook-${name}`] ?? "");
  if (!isProven(key, seconds, given, body)) return [401, {}];
  const order = JSON.parse(body);
  const unknown = order.jobs.filter((name) => !Object.hasOwn(jobs, name));
  if (unknown.length) return [404, { unknown, known: Object.keys(jobs) }];
  if ((await redis.set(`jobs:${key}`, 1, "EX", 86400, "NX")) !== "OK") return [409, {}];
  for (const name of order.jobs) await jobs[name](order);
  return [200, { jobs: order.jobs }];
}

const server = http.createServer((request, response) =>
  answer(request)
    .catch((error) => [500, { error: String(error) }])
    .then(([code, said]) => response.writeHead(code, { "Content-Type": "application/json" }).end(JSON.stringify(said))),
);
server.listen(Number(process.env.PORT), process.env.HOST);
