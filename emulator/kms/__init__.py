"""The operations on keys of log groups and tables that moto lacks."""
