"""DynamoDB: the keys that policies know, isolated requests, and queries that read one partition."""
