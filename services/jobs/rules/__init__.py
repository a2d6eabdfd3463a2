"""The law of employment services as pure functions: standard library only."""
