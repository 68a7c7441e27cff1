"""The report: what became of every tick, by the ledger, as one HTML page that needs nothing else."""
