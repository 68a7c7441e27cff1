"""SNS topics, their deliveries to subscriptions, and a mailbox."""
