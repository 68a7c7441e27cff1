"""What every resource type of the provider has: its life, its properties, its messages."""
