"""Topics: who is sent what, and a mailbox."""
