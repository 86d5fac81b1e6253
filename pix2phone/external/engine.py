"""A network's session seen from its picture: its input, its output, and the values of the other inputs."""

import numpy as np

from pix2phone.external.convention import Convention
from pix2phone.external.inputs import choose_output, share
from pix2phone.runtimes.session import Session, Shape

NOTHING_SAID = Convention()


class Engine:
    """A picture in the network's own layout and numbers in, and the same out; `said` settles other inputs and outputs.

    A quantised file takes real numbers and gives such. UserError, without the file's name, where `said` leaves open
    which input or output is the picture.
    """

    def __init__(self, session: Session, said: Convention = NOTHING_SAID) -> None:
        self.session = session
        self.picture, self.given = share(session.inputs, said)
        self.result = session.outputs[choose_output(session.outputs, said)].name
        session.wanted = [self.result]

    @property
    def shape(self) -> Shape:
        """The shape of the picture's input, no number where that is free."""
        return self.picture.shape

    @property
    def dtype(self) -> str:
        """numpy's name of the type of the picture's input."""
        return self.picture.dtype

    @property
    def span(self) -> tuple[float, float] | None:
        """The real numbers between which a quantised picture's input holds all that it can; None for any other."""
        return self.session.span(self.picture.name)

    def feed(self, image: np.ndarray) -> None:
        """Put `image` in, of the network's own layout and `dtype`."""
        self.session.feed({**self.given, self.picture.name: image})

    def run(self) -> None:
        """Run the network and nothing else, so that this can be timed."""
        self.session.run()

    def read(self) -> np.ndarray:
        """The output that is the picture."""
        return self.session.read(self.result)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Feed, run, read."""
        self.feed(image)
        self.run()
        return self.read()
