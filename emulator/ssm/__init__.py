"""SSM: checks of parameters that moto lacks."""
