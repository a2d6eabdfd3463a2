"""Verbs of the archive that write; none commits."""
