"""How far a run is, by steps or by wall clock."""

import time


class Clock:
    """Counts steps and seconds over all starts of a run, which ends after `goal` steps, or after `minutes` if given.

    Schedules follow `share`: a machine that slows down half-way takes fewer steps in the same minutes, and the
    learning rate still ends where it should.
    """

    def __init__(self, goal: int, minutes: float | None = None) -> None:
        self.goal, self.minutes = goal, minutes
        self.resume(steps=0, seconds=0.0)

    def resume(self, steps: int, seconds: float) -> None:
        """Go on from here."""
        self.steps, self.before, self.started = steps, seconds, time.monotonic()

    @property
    def seconds(self) -> float:
        """Wall-clock seconds of training, those of earlier starts included."""
        return self.before + time.monotonic() - self.started

    @property
    def share(self) -> float:
        """The share of the run that is over, from 0; 1 or more when it has ended."""
        return self.seconds / 60 / self.minutes if self.minutes else self.steps / self.goal
