"""Distillation: a student is trained on the pairs' targets or on a big network's output."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from compress.load import Compressed
from compress.steps import JUDGED, Context, Step
from compress.teacher import Teacher, paint_photos, teacher_pairs
from pix2phone.errors import UserError
from pix2phone.pictures import list_pictures
from train.config import Recipe
from train.data.paired import Pair, train_pairs
from train.data.source import Painted, Pairs
from train.models import STUDENTS, is_student
from train.run import TrainingData, train_model


@dataclass(frozen=True)
class Distill(Step):
    """Train the student `recipe.model` on the targets that `learn` names (docs/distillation.md compares them).

    "targets": the pairs' own pictures; "outputs": the output of `teacher` for these photos and those in the folders
    `unpaired`; "features": beside either, its last features. UserError for options that exclude each other.
    """

    recipe: Recipe
    learn: tuple[str, ...] = ("targets",)
    teacher: Teacher | None = None
    unpaired: tuple[str, ...] = ()
    name: ClassVar[str] = "distill"

    def __post_init__(self) -> None:
        if not is_student(self.recipe.model):
            known = f"{', '.join(STUDENTS)} or student-WIDTHxDETAILxTRUNK"
            raise UserError(f"--distill: {self.recipe.model!r}: unknown; use one of {known}")
        if not {"targets", "outputs"} & set(self.learn):
            raise UserError("--learn: features: no pictures to learn; add targets or outputs")
        if self.unpaired and "outputs" not in self.learn:
            raise UserError(f"--unpaired: {' '.join(self.unpaired)}: no targets there; add --learn outputs")
        if self.teacher:
            self._check_teacher(self.teacher)

    def _check_teacher(self, teacher: Teacher) -> None:
        if not {"outputs", "features"} & set(self.learn):
            raise UserError(f"--teacher: {teacher.path}: goes with --learn outputs or features; add one of them")
        # Beside the targets, or on photos it has not seen, an equal can still teach (Furlanello et al. 2018).
        if teacher.model == self.recipe.model and "targets" not in self.learn and not self.unpaired:
            raise UserError(f"--teacher: {teacher.path}: is a {teacher.model} itself; name a bigger network")

    def check(self, context: Context) -> None:
        for folder in self.unpaired:
            list_pictures(Path(folder))

    def take(self, before: Compressed, context: Context) -> tuple[Compressed, dict[str, Any]]:
        data = self._data(self.teacher, context.source) if self.teacher else None
        trained = train_model(self.recipe, context.source, context.out, pretrained=False, data=data)
        history = [*before.card.history, {self.name: asdict(self)}]
        judged = {**before.card.data, JUDGED: self.recipe.judged}
        made = {"model": self.recipe.model, "history": history, "data": judged, "metrics": trained.report["metrics"]}
        card = replace(before.card, **made)
        return Compressed(trained.model.eval(), card), trained.report

    def _data(self, teacher: Teacher, source: Pairs) -> TrainingData:
        pairs: list[Pair] = []
        if "targets" in self.learn:
            pairs += train_pairs(source, self.recipe.scales)
        if "outputs" in self.learn:
            pairs += teacher_pairs(teacher, source, self.recipe.scales)
        if self.unpaired:
            longest = source.longest if isinstance(source, Painted) else self.recipe.longest
            photos = Painted(self.unpaired, longest=longest, skip_bad=source.skip_bad)
            pairs += paint_photos(teacher, photos, self.recipe.scales)
        origin = {"learn": self.learn, "teacher": teacher.weights, "unpaired": self.unpaired}
        network = teacher.network() if "features" in self.learn else None
        return TrainingData(pairs, {"distill": origin}, network)
