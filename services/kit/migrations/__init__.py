"""Alembic for every service: one env.py and one template; the versions lie with their service."""
