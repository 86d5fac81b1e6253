"""The Android app; check.py proves here what can be proven without Android's own tools."""
