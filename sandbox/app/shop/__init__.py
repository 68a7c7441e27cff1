"""A small shop: orders, sessions and exchange rates in SQLite."""
