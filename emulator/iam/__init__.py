"""Who calls, and what the policies of roles and resources let them do."""
