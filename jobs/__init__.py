"""The jobs of this program: one file each. A new file joins by its name in `JOBS`."""

JOBS = (
    "cleanup",
    "drift_check",
    "export_orders",
    "import_rates",
    "nightly_report",
    "refresh_cache",
)
