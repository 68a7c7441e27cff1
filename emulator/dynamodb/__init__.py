"""DynamoDB: the keys that policies know, and requests that cannot interfere with each other."""
