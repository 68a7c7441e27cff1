"""The watch: a Lambda function that turns what happens to ticks into a ledger and alerts.

Standard library, boto3, and `cadence` with tzdata, which travel in its archive. Pure but for `aws`, `ledger`,
`enrichment`, `publishing` and `handler`.
"""
