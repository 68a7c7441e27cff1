// Mails the digest of the week in which the tick lies: a run that comes late mails the same.
const tick = new Date(process.env.JOB_SCHEDULED_TIME);
console.log(`digest of the week of ${tick.toISOString().slice(0, 10)}`);
