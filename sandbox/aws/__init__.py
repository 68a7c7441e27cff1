"""What the embedded AWS adds to moto: strictness, policies, events and time."""
