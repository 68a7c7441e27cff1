"""The log streams of CloudWatch Logs."""
