"""What a run holds: its records, and the same by system as tables and profiles need them."""
