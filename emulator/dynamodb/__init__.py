"""DynamoDB: the keys that policies know, isolated requests, and quick queries and answers."""
