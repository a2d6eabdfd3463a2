"""The law of the archive as pure functions: filing plan, numbers, retention, lending, destruction, search terms."""
