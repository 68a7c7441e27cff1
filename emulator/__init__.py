"""An AWS on this machine: moto with AWS's own checks, tasks that run, schedules that fire and roles that are enforced.

Each service has its folder. The emulator knows AWS, but not the program that is deployed on it. Its caller passes in
the few facts that it needs about that program.
"""
