"""Holds: what keeps schedules disabled for a while, whatever config wants.

`hold` is one hold and `standing` what all holds ask of the schedules. `storage` reads and writes holds in SSM, and
`switching` disables and enables schedules. The callers pass boto3's clients.
"""
