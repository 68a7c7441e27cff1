"""SQS queues as the event sources of functions."""
