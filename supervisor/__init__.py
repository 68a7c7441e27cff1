"""The function that launches the ticks of supervised jobs and stops their tasks. No other one does that."""
