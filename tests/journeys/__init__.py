"""The suite as real processes, called through the gateway as its users call it."""
