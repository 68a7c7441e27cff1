"""An AWS on this machine: moto, held to what AWS does, with tasks that run, schedules that fire and roles that count.

One folder a service. It knows AWS and not the program that is deployed on it: what it must know of that is handed in.
"""
