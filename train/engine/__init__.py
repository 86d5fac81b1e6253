"""The training loop and its parts. It knows no loss and no network by name: those are a task's (`train.tasks`)."""
