"""What a student should learn by, with and from: one small student, many settings."""
