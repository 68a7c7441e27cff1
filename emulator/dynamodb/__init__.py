"""DynamoDB: the keys that policies know, transactions, isolated requests, and quick queries and answers."""
