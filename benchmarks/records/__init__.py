"""The records of a run, and rows joined by system for tables and profiles."""
