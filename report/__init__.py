"""The report shows the outcome of every tick in the ledgers, as one self-contained HTML page."""
