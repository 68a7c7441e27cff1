"""The folder that is put on PYTHONPATH of processes that run by the sandbox's clock."""
