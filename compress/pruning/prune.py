"""Pruning: whole channels taken from a trained network, in rounds with fine-tuning after each.

The network is folded first: it is pruned, trained on and kept with plain weights, without weight norm.
`compress.load` builds it again from the numbers of channels in the history.
"""

import math
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from torch.utils.data import DataLoader, Subset

from compress.budget import Budget, where_it_holds
from compress.load import Compressed, load
from compress.macs import gmacs
from compress.pruning.channels import Channels, cut, sizes
from compress.pruning.selection import BLOCK, estimate_harm, least_gmacs, least_harmful, widths
from compress.steps import Context, Step, judged_pairs
from pix2phone.console import say
from pix2phone.errors import UserError
from train.checkpoint import save
from train.config import Recipe
from train.data.augment import Augmentation
from train.data.crops import Crops
from train.data.paired import held_out_pairs, train_pairs
from train.data.source import to_data
from train.engine.resume import resume_path
from train.fit import fit
from train.losses import training_loss
from train.models.generator import Generator
from train.run import judge
from train.tasks.supervised import Supervised

BATCHES = 16  # that the harm is estimated on
TRIALS = 6  # networks timed in search of a budget in milliseconds
RATE = 1 / 3  # of the recipe's learning rate: the weights are nearly right already


@dataclass(frozen=True)
class Prune(Step):
    """Leave `budget` of the network, in `rounds` that each take an equal part and then train by `recipe`.

    A share is met as nearly as whole blocks of channels allow, to either side; milliseconds are never exceeded. The
    final widths of the layers are decided first, and their cost is printed; each round selects the channels anew.
    """

    recipe: Recipe
    budget: Budget
    rounds: int = 5
    name: ClassVar[str] = "prune"

    def take(self, before: Compressed, context: Context) -> tuple[Compressed, dict[str, Any]]:
        """A network that meets the budget stays as it is. Raises UserError for one that cannot be made to."""
        if self.budget.ms:
            say(where_it_holds(self.budget))
        if self.budget.ms and context.cost(before, self.budget.side).ms <= self.budget.ms:
            say(f"prune: {before.card.model} meets {self.budget} as it is")
            return before, {}
        recipe = replace(self.recipe, model=before.card.model, optimiser="adamw", lr=self.recipe.lr * RATE)
        tuning = _FineTuning(recipe, context)
        after = self._prune(replace(before, model=deepcopy(before.folded)), context, tuning)
        card = replace(after.card, metrics=judge(after.model, judged_pairs(before.card, context.source)))
        found = {"before": gmacs(before.folded), "after": gmacs(after.model)}
        taken = {"asked": self.budget.share and 1 - self.budget.share, "taken": _taken(found["after"], found["before"])}
        return Compressed(after.model, card), {"gmacs": found} | taken

    def _prune(self, whole: Compressed, context: Context, tuning: "_FineTuning") -> Compressed:
        """All rounds. Each one's result is kept until the next one's is: an interrupted step goes on there."""
        paths = [context.out.with_stem(f"{context.out.stem}-round{turn}") for turn in range(1, self.rounds)]
        paths.append(context.out)
        end, left = self._plan(whole, context, tuning)
        done = max((turn for turn, path in enumerate(paths, 1) if path.exists()), default=0)
        current, total = load(paths[done - 1]) if done else whole, gmacs(whole.model)
        for turn in range(done, self.rounds):
            channels = Channels(current.model)
            harm, now = tuning.harm(current.model, channels), channels.gmacs(channels.full)
            goal = now * (left / now) ** (1 / (self.rounds - turn))
            kept = widths(channels, harm, goal, end) if turn < self.rounds - 1 else end
            cut(current.model, channels.without(least_harmful(channels, harm, kept)))
            say(f"prune: round {turn + 1} of {self.rounds}: {gmacs(current.model):.2f} of {total:.2f} GMACs left")
            settings = asdict(self) | {"taken": _taken(left, total), "sizes": sizes(current.model, channels.sides)}
            card = replace(whole.card, history=[*whole.card.history, {self.name: settings}])
            current = Compressed(tuning.train(current.model, context.out, settings), card)
            save(paths[turn], current.model, card)
            resume_path(context.out).unlink(missing_ok=True)
            if turn:
                paths[turn - 1].unlink(missing_ok=True)
        return current

    def _plan(self, whole: Compressed, context: Context, tuning: "_FineTuning") -> tuple[list[int], float]:
        """The number of channels that each group keeps, and the GMACs left, which are printed beside the budget."""
        channels = Channels(whole.model)
        harm, total = tuning.harm(whole.model, channels), channels.gmacs(channels.full)
        end = widths(channels, harm, self._goal(whole, channels, harm, context))
        left = channels.gmacs(end)
        if self.budget.share and end == channels.full:
            raise UserError(
                f"prune: to {self.budget}: the nearest that blocks of {BLOCK} channels allow is all of it; ask for more"
            )
        asked = f"{1 - self.budget.share:.1%}" if self.budget.share else f"enough for {self.budget}"
        taken = f"takes {_taken(left, total):.1%} of the multiply-accumulates, {total:.2f} to {left:.2f} GMACs"
        say(f"prune: asked to take {asked}: {taken} (layers keep multiples of {BLOCK} channels)")
        return end, left

    def _goal(self, whole: Compressed, channels: Channels, harm: np.ndarray, context: Context) -> float:
        """The GMACs that meet the budget; those of a time are searched for by timing pruned copies."""
        low, high = least_gmacs(channels), channels.gmacs(channels.full)
        if self.budget.share is not None:
            if low > self.budget.share * high:
                raise UserError(self._unreachable(whole, f"{math.ceil(100 * low / high)}%"))
            return self.budget.share * high

        def milliseconds(goal: float) -> float:
            trial = deepcopy(whole.model)
            cut(trial, channels.without(least_harmful(channels, harm, widths(channels, harm, goal))))
            return context.cost(replace(whole, model=trial), self.budget.side).ms

        assert self.budget.ms is not None
        if (least := milliseconds(low)) > self.budget.ms:
            raise UserError(self._unreachable(whole, f"{least:.2g}ms@{self.budget.side}"))
        for _ in range(TRIALS):
            middle = math.sqrt(low * high)
            low, high = (middle, high) if milliseconds(middle) <= self.budget.ms else (low, middle)
        return low

    def _unreachable(self, current: Compressed, least: str) -> str:
        model = current.card.model
        return f"prune: to {self.budget}: {model} can be pruned to {least} at the least; distil a smaller student first"


def _taken(left: float, total: float) -> float:
    """The share of the multiply-accumulates that is gone, to four digits."""
    return round(1 - left / total, 4)


class _FineTuning:
    """The inputs of every round: crops to estimate harm on and to train on, and the loss."""

    def __init__(self, recipe: Recipe, context: Context) -> None:
        self.recipe, self.source = recipe, context.source
        self.pairs, self.val = train_pairs(context.source, recipe.scales), held_out_pairs(context.source, "val")
        self.loss = training_loss(recipe.loss, pretrained=False)[0]

    def harm(self, model: Generator, channels: Channels) -> np.ndarray:
        """See estimate_harm; on the same crops whenever it is asked."""
        augmentation = Augmentation(self.recipe.degrees, self.recipe.zoom)
        crops = Crops(self.pairs, self.recipe.crop, augmentation, self.recipe.seed)
        few = Subset(crops, range(BATCHES * self.recipe.batch))
        return estimate_harm(model, channels, DataLoader(few, self.recipe.batch), self.loss)

    def train(self, model: Generator, out: Path, settings: dict[str, Any]) -> Generator:
        """Train `model` in place; gives its averaged weights."""
        fingerprint = {"recipe": asdict(self.recipe), "source": to_data(self.source), "prune": settings}
        task = Supervised(model, self.loss, self.recipe.optimiser, self.recipe.lr)
        average, _ = fit(task, self.recipe, self.pairs, self.val, out, fingerprint)
        return average.cpu()
