"""Time, memory and load of one call, measured in processes of their own."""
