"""The training loop and what it needs. It knows no loss and no network by name: those are a task's (`train.tasks`)."""
