"""How networks are trained, one file a task: its networks, their optimizers, and one step on one batch."""
