"""The callers of the embedded AWS, and the permissions that policies of roles and resources grant them."""
