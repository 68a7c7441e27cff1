"""What every request passes: the door of the address, the service's own model, then moto or what does its work."""
