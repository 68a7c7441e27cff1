"""Exports orders to the warehouse, on weekdays and at the end of the year."""

from settings import Job

JOB = Job(
    name="export-orders",
    description="Export new orders to the warehouse",
    command=["python", "manage.py", "export_orders", "--format", "csv"],
    owner="data",
    cpu=512,
    memory=1024,
)
