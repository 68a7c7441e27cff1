"""Makes and ends holds, and keeps schedules disabled."""
