"""Every made file in its own runtime."""
