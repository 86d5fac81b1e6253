"""Systems: a network in a runtime, opened and run in its own process."""
