"""The sandbox runs the program against an embedded AWS, on a machine without an account."""
