"""The watch: a Lambda function that records the outcome of every tick in a ledger and sends alerts.

It uses the standard library, boto3, and `cadence` with tzdata. Its archive contains `cadence` and tzdata. Every module
is pure except those that call AWS, such as `watched_account`, `ledger`, `enrichment`, `publishing` and `handler`.
"""
