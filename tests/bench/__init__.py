"""Benches: `make bench`. Ratios to controls of the same run; nothing is asserted, and nothing leaves 127.0.0.1."""
