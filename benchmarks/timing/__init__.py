"""Time, memory and load of a call, measured in separate processes."""
