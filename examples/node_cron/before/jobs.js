// Three jobs inside the service. Each of its containers has the timers, and a lock in Redis lets one of them go on.
const cron = require("node-cron");
const Redis = require("ioredis");
const { cleanSessions, sendDigest, syncRates } = require("./work");

const redis = new Redis(process.env.REDIS_URL);
const zone = { timezone: "Europe/Berlin" };

function locked(name, seconds, work) {
  return async () => {
    if ((await redis.set(`lock:${name}`, process.pid, "EX", seconds, "NX")) !== "OK") return;
    try {
      await work();
    } catch (error) {
      console.error(`${name} failed`, error);
    } finally {
      await redis.del(`lock:${name}`);
    }
  };
}

cron.schedule("*/5 * * * *", locked("sync", 240, syncRates), zone);
cron.schedule("0 2 * * *", locked("sessions", 3600, cleanSessions), zone);
cron.schedule("0 9 * * 1", locked("digest", 3600, sendDigest), zone);
