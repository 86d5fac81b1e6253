"""The Android app; check.py runs the checks that need no Android tools."""
