"""The suite on one machine, on embedded PostgreSQL and NATS: for development, evaluation and tests."""
