"""Every artefact in its own runtime."""
