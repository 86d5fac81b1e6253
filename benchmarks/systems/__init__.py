"""Systems: a network in a runtime, which a process of its own opens and runs."""
