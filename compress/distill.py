"""Distillation: a student, trained to paint what the pairs show or what a big network paints."""

from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

from compress.load import Compressed
from compress.steps import Context, Step
from pix2phone.errors import UserError
from train.config import Recipe
from train.models import STUDENTS
from train.run import train_model


@dataclass(frozen=True)
class Distill(Step):
    """Train the student `recipe.model`. UserError for an unknown student."""

    recipe: Recipe
    name: ClassVar[str] = "distill"

    def __post_init__(self) -> None:
        if self.recipe.model not in STUDENTS:
            raise UserError(f"--distill: {self.recipe.model!r}: unknown; use one of {', '.join(STUDENTS)}")

    def take(self, before: Compressed, context: Context) -> tuple[Compressed, dict[str, Any]]:
        trained = train_model(self.recipe, context.source, context.out, pretrained=False)
        history = [*before.card.history, {self.name: asdict(self)}]
        card = replace(before.card, model=self.recipe.model, history=history, metrics=trained.report["metrics"])
        return Compressed(trained.model.eval(), card), trained.report
