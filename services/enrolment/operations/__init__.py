"""The verbs of enrolment: they write, publish and flush, and never commit."""
